/* SPDX-License-Identifier: Apache-2.0 */
/* Unit: fixed-priority servers on every CPU that asks for them. */
#include "core/cpu.h"
#include "core/pool.h"
#include "core/table.h"
#include "core/unit.h"
#include "core/vcpu.h"

static struct sched_busy busy[TABLE_MAX_CPUS];

/* Of the vCPUs that live here; who moves takes them along. */
static void give_refills(uint32_t cpu)
{
	for (uint32_t i = 0; i < vcpu_count; i++) {
		const struct table_vcpu *v = table_vcpu(i);

		if (v->cpu == cpu && v->server == SERVER_SPORADIC)
			vcpus[i].entity.refills = pool_take(sizeof(struct sched_refills), 8);
	}
}

static void cpu_init(struct cpu *cpu)
{
	if (table_cpu(cpu->index)->policy != POLICY_FP)
		return;
	cpu->sched.policy = &sched_fixed_priority;
	cpu->sched.busy = &busy[cpu->index];
	give_refills(cpu->index);
}

static const struct unit fixed_priority = {.name = "fixed-priority", .cpu_init = cpu_init};
UNIT(fixed_priority);
