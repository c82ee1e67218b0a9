/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_IMAGE_H
#define TOOL_IMAGE_H

#include "plan.h"

/*
 * Writes the boot image: hypervisor, table, guests, pristine copies; sparse, ending at the last
 * byte that is not zero. It appears under its name only when it is complete. False with a message
 * printed.
 */
bool image_write(const struct plan *plan, const struct system *system, const char *path);

#endif
