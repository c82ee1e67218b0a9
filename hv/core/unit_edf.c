/* SPDX-License-Identifier: Apache-2.0 */
/* Unit: EDF reservations on every CPU that has one. */
#include "core/cpu.h"
#include "core/unit.h"

static void cpu_init(struct cpu *cpu)
{
	cpu->sched.queues[SCHED_RT].policy = &sched_edf;
}

static const struct unit edf = {.name = "edf", .cpu_init = cpu_init};
UNIT(edf);
