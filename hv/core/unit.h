/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units: optional parts that register themselves through the linker section `units` and are linked
 * only into images whose system file needs them. cpu_init and vm_init run once, on the boot CPU, in
 * link order; nothing of a unit is ever taken away again. A restart clears a VM's devices
 * (core/restart.c).
 */
#ifndef HV_CORE_UNIT_H
#define HV_CORE_UNIT_H

#include "lib/types.h"

struct vm;
struct cpu;

struct unit {
	const char *name;
	/* Whether what the table says to this unit alone can be relied on. */
	bool (*table_is_sane)(void);
	/* Allocates and attaches what this VM needs of the unit; HV_OK when it needs nothing. */
	int (*vm_init)(struct vm *vm);
	/* Back to the state after vm_init, for a restart of the VM: no allocation. */
	void (*vm_reset)(struct vm *vm);
	/* Gives a CPU's scheduler its policy. */
	void (*cpu_init)(struct cpu *cpu);
};

#define UNIT(u)                                                                                    \
	static const struct unit *const unit_##u __attribute__((used, section("units"))) = &(u)

extern const struct unit *const __units_start[], *const __units_end[];

#define for_each_unit(u) for (const struct unit *const *u = __units_start; u < __units_end; u++)

#endif
