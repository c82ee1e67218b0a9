/* SPDX-License-Identifier: Apache-2.0 */
/* Unit: EDF reservations on every CPU that has one. */
#include "core/cpu.h"
#include "core/table.h"
#include "core/unit.h"

static void cpu_init(struct cpu *cpu)
{
	if (table_cpu(cpu->index)->policy == POLICY_EDF)
		cpu->sched.policy = &sched_edf;
}

static const struct unit edf = {.name = "edf", .cpu_init = cpu_init};
UNIT(edf);
