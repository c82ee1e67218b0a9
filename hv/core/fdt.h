/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_CORE_FDT_H
#define HV_CORE_FDT_H

#include "lib/types.h"

/*
 * Compares the firmware's device tree with the system table: memory, reserved memory, harts,
 * timebase, ISA. Returns NULL, or what does not match. Reads every byte at most once; bounded by
 * FDT_MAX_BYTES.
 */
const char *fdt_check(const void *dtb);

#endif
