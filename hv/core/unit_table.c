/* SPDX-License-Identifier: Apache-2.0 */
/* Unit: time tables on every CPU that has plans. */
#include "core/cpu.h"
#include "core/pool.h"
#include "core/table.h"
#include "core/unit.h"
#include "core/vcpu.h"

static void build_plan(struct sched_plan *plan, uint32_t index, const struct table_plan *from)
{
	struct sched_slot *slots = pool_take(from->slot_count * sizeof(*slots), 8);

	for (uint32_t i = 0; i < from->slot_count; i++) {
		const struct table_slot *slot = table_slot(from->slot_first + i);

		slots[i].start = slot->offset_ns;
		slots[i].end = slot->offset_ns + slot->length_ns;
		slots[i].owner = &vcpus[slot->vcpu].entity;
	}
	plan->frame = from->frame_ns;
	plan->slots = slots;
	plan->count = from->slot_count;
	sched_link_plan(plan, slots, index);
}

static void cpu_init(struct cpu *cpu)
{
	const struct table_cpu *c = table_cpu(cpu->index);
	struct sched_plan *plans;

	if (c->policy != POLICY_TABLE)
		return;
	plans = pool_take(c->plan_count * sizeof(*plans), 8);
	for (uint32_t i = 0; i < c->plan_count; i++) {
		plans[i].gaps_idle = c->flags & CPU_GAPS_IDLE;
		build_plan(&plans[i], i, table_plan(c->plan_first + i));
	}
	cpu->sched.policy = &sched_time_table;
	cpu->sched.plans = plans;
	cpu->sched.plan_count = c->plan_count;
}

static const struct unit time_table = {.name = "table", .cpu_init = cpu_init};
UNIT(time_table);
