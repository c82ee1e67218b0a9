/* SPDX-License-Identifier: Apache-2.0 */
/* The reservations of a system as the hypervisor's own admission (hv/sched/admit.h) sees them. */
#ifndef TOOL_ADMISSION_H
#define TOOL_ADMISSION_H

#include "sched/admit.h"
#include "system.h"

/* CPUs by hart number. */
struct admission {
	struct admit_system system;
	struct admit_cpu cpus[TABLE_MAX_CPUS];
	struct admit_task tasks[ADMIT_MAX_TASKS];
	struct sys_vcpu *vcpus[ADMIT_MAX_TASKS];
};

/* Those with a CPU of their own in file order, then the others, the largest share first. */
void admission_collect(struct admission *a, struct system *system);

/* Chooses homes for reservations that name no CPU. */
void admission_place(struct system *system);

/* How many harts of VMs with interrupt controller AIA have their home on that CPU. */
uint32_t files_on(const struct system *system, uint32_t cpu);

#endif
