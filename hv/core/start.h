/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_CORE_START_H
#define HV_CORE_START_H

#include "core/cpu.h"

/* The whole start, on the boot CPU, from the firmware's entry to the first guest. */
void start(uint32_t hart_id, const void *dtb) __attribute__((noreturn));
/* Each CPU, when it runs on its own stack: its vCPUs become known to its scheduler. */
void cpu_start(struct cpu *cpu);

#endif
