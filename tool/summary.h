/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SUMMARY_H
#define TOOL_SUMMARY_H

#include "plan.h"

#include <stdio.h>

/* What a good system will be: memory map, CPUs, VMs. */
void summary_print(const struct plan *plan, const struct system *system, FILE *out);

#endif
