/* SPDX-License-Identifier: Apache-2.0 */
/* Unit: time tables on every CPU that has plans. */
#include "core/cpu.h"
#include "core/pool.h"
#include "core/table.h"
#include "core/unit.h"
#include "core/vcpu.h"

#define FRAME_MIN_NS 100000ull
#define FRAME_MAX_NS 10000000000ull
#define SLOT_MIN_NS  10000ull

/* Slots in order, apart, inside the frame, each of a vCPU of that CPU; they go on at *next. */
static bool plan_is_sane(const struct table_plan *p, uint32_t cpu, uint32_t *next)
{
	uint64_t end = 0;

	if (p->slot_first != *next || p->slot_count < 1 || p->slot_count > TABLE_MAX_SLOTS ||
	    p->slot_count > table->slots.count - *next || p->frame_ns < FRAME_MIN_NS ||
	    p->frame_ns > FRAME_MAX_NS)
		return false;
	*next += p->slot_count;
	for (uint32_t i = p->slot_first; i < *next; i++) {
		const struct table_slot *s = table_slot(i);

		if (s->offset_ns < end || s->length_ns < SLOT_MIN_NS ||
		    s->length_ns > p->frame_ns || s->offset_ns > p->frame_ns - s->length_ns ||
		    s->vcpu >= table->vcpus.count || !table_vcpu(s->vcpu)->period_ns ||
		    table_vcpu(s->vcpu)->cpu != cpu)
			return false;
		end = s->offset_ns + s->length_ns;
	}
	return true;
}

static bool table_is_sane(void)
{
	uint32_t plan = 0, slot = 0;

	for (uint32_t i = 0; i < table->cpus.count; i++) {
		const struct table_cpu *c = table_cpu(i);

		if ((c->policy == POLICY_TABLE) != (c->plan_count > 0) ||
		    c->plan_count > TABLE_MAX_PLANS || (c->plan_count && c->plan_first != plan) ||
		    c->plan_count > table->plans.count - plan)
			return false;
		for (uint32_t end = plan + c->plan_count; plan < end; plan++)
			if (!plan_is_sane(table_plan(plan), i, &slot))
				return false;
	}
	return true;
}

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

static const struct unit time_table = {
	.name = "table", .table_is_sane = table_is_sane, .cpu_init = cpu_init};
UNIT(time_table);
