/* SPDX-License-Identifier: Apache-2.0 */
/* Unit: round-robin best effort; housekeeping on CPU 0 runs under it too. */
#include "core/cpu.h"
#include "core/unit.h"

static void cpu_init(struct cpu *cpu)
{
	cpu->sched.queues[SCHED_BE].policy = &sched_round_robin;
}

static const struct unit round_robin = {.name = "round-robin", .cpu_init = cpu_init};
UNIT(round_robin);
