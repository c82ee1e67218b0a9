/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_BUILD_H
#define TOOL_BUILD_H

#include "plan.h"

/* System file to boot image, with the hypervisor's ELF as IMAGE.elf; messages printed; an exit
 * code. */
int build_image(struct plan *plan, struct system *system, const char *path, const char *image,
		bool verbose);

#endif
