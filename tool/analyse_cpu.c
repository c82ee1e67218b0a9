/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One CPU: the verdict is admission's own (hv/sched/admit.h), asked as the hypervisor asks it; the
 * responses are worked out beside it.
 */
#include "analyse.h"
#include "analyse_parts.h"
#include "mem.h"

#define GRAIN_NS     1000u /* of what is proposed */
#define CAPACITY_MIN 10000u
#define PERIOD_MAX   1000000000u
#define POINTS       1000000u /* there is time here; the hypervisor has ADMIT_POINTS at run time */

bool analyse_admit(struct analysis *a, uint32_t hart, struct admit_run *run)
{
	admit_begin_cpu(run, &a->admission.system, hart);
	run->points_most = POINTS;
	return admit_finish(run);
}

struct admit_task *analyse_admit_task(struct analysis *a, const struct sys_vcpu *vcpu)
{
	for (uint32_t i = 0; i < a->admission.system.task_count; i++)
		if (a->admission.vcpus[i] == vcpu)
			return &a->admission.tasks[i];
	return NULL;
}

/* The largest capacity, in whole microseconds, with which task t is admitted; 0: none. */
static uint64_t most_capacity(struct analysis *a, struct admit_task *t)
{
	struct admit_task before;
	uint64_t low = CAPACITY_MIN / GRAIN_NS - 1, high;
	struct admit_run run;

	if (!t)
		return 0;
	before = *t;
	high = t->deadline / GRAIN_NS + 1;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		t->capacity = middle * GRAIN_NS;
		if (analyse_admit(a, t->cpu, &run))
			low = middle;
		else
			high = middle;
	}
	*t = before;
	return low < CAPACITY_MIN / GRAIN_NS ? 0 : low * GRAIN_NS;
}

/* One reservation more, with deadline = period. */
static struct analysed_room room_for(struct analysis *a, const struct analysed_cpu *cpu,
				     uint64_t period)
{
	uint32_t priorities = cpu->config->policy == POLICY_FP ? 32 : 1;
	struct admit_task *t = &a->admission.tasks[a->admission.system.task_count];
	struct analysed_room room = {.period = period};

	a->admission.system.task_count++;
	for (uint32_t p = priorities; p >= 1; p--) {
		uint64_t most;

		*t = (struct admit_task){.period = period,
					 .deadline = period,
					 .priority = p,
					 .cpu = cpu->hart,
					 .cpus = 1u << cpu->hart};
		most = most_capacity(a, t);
		if (most > room.capacity) {
			room.capacity = most;
			room.priority = p;
		}
	}
	a->admission.system.task_count--;
	return room;
}

static void add_period(struct analysed_cpu *cpu, uint64_t period)
{
	uint32_t i = 0;

	while (i < cpu->room_count && cpu->room[i].period < period)
		i++;
	if (cpu->room_count == ROOM_PERIODS ||
	    (i < cpu->room_count && cpu->room[i].period == period))
		return;
	for (uint32_t j = cpu->room_count++; j > i; j--)
		cpu->room[j] = cpu->room[j - 1];
	cpu->room[i] = (struct analysed_room){.period = period};
}

static void find_room(struct analysis *a, struct analysed_cpu *cpu)
{
	static const uint64_t common[] = {1000000, 10000000, 100000000};

	for (unsigned i = 0; i < 3; i++)
		add_period(cpu, common[i]);
	for (uint32_t i = 0; i < cpu->rt_count; i++)
		add_period(cpu, cpu->rts[i].entry.vcpu->period_ns);
	for (uint32_t i = 0; i < cpu->room_count; i++)
		cpu->room[i] = room_for(a, cpu, cpu->room[i].period);
}

/* Reservations as sporadic tasks on a CPU of their own. */
static void find_responses(struct analysis *a, struct analysed_cpu *cpu)
{
	struct task *tasks = mem_zero(cpu->rt_count * sizeof(*tasks));
	struct supply whole = supply_whole();

	for (uint32_t i = 0; i < cpu->rt_count; i++) {
		const struct sys_vcpu *vcpu = cpu->rts[i].entry.vcpu;

		tasks[i] = (struct task){.name = cpu->rts[i].entry.name,
					 .wcet = vcpu->capacity_ns + a->system->overhead_ns,
					 .period = vcpu->period_ns,
					 .deadline = vcpu->deadline_ns,
					 .priority = vcpu->priority};
		if (vcpu->server == SERVER_DEFERRABLE)
			tasks[i].jitter = vcpu->period_ns - vcpu->capacity_ns;
	}
	tasks_analyse(tasks, cpu->rt_count,
		      cpu->config->policy == POLICY_FP ? ORDER_FIXED_PRIORITY : ORDER_EDF, &whole);
	for (uint32_t i = 0; i < cpu->rt_count; i++) {
		cpu->rts[i].task = tasks[i];
		cpu->rts[i].charged = tasks[i].wcet;
		cpu->rts[i].has_response = true;
	}
}

static uint64_t sum_ppm(const struct analysed_cpu *cpu, uint64_t overhead)
{
	struct task tasks[TABLE_MAX_VCPUS];

	for (uint32_t i = 0; i < cpu->rt_count; i++)
		tasks[i] = (struct task){.wcet = cpu->rts[i].entry.vcpu->capacity_ns + overhead,
					 .period = cpu->rts[i].entry.vcpu->period_ns};
	return tasks_load_ppm(tasks, cpu->rt_count);
}

/* The least over all plans of what the slots give, and the longest time without. */
static void find_slots(const struct analysed_cpu *cpu, struct analysed_rt *rt)
{
	struct supply_slot slots[TABLE_MAX_SLOTS];

	rt->supplied_ppm = UINT64_MAX;
	for (uint32_t p = 0; p < cpu->config->plan_count; p++) {
		const struct sys_plan *plan = &cpu->config->plans[p];
		struct supply supply;
		uint64_t ppm;
		uint32_t count = 0;

		for (uint32_t i = 0; i < plan->slot_count; i++)
			if (plan->slots[i].vcpu == rt->entry.vcpu)
				slots[count++] = (struct supply_slot){
					plan->slots[i].offset_ns,
					plan->slots[i].offset_ns + plan->slots[i].length_ns};
		supply = supply_slots(slots, count, plan->frame_ns);
		ppm = supply.capacity * 1000000 / plan->frame_ns;
		if (ppm < rt->supplied_ppm)
			rt->supplied_ppm = ppm;
		if (supply.blackout > rt->gap)
			rt->gap = supply.blackout;
	}
}

/* A table is right by construction: slots do not overlap. */
static void analyse_table(struct analysed_cpu *cpu)
{
	cpu->fits = true;
	for (uint32_t p = 0; p < cpu->config->plan_count; p++) {
		const struct sys_plan *plan = &cpu->config->plans[p];
		uint64_t sum = 0;

		for (uint32_t i = 0; i < plan->slot_count; i++)
			sum += plan->slots[i].length_ns;
		sum = sum * 1000000 / plan->frame_ns;
		if (sum > cpu->reserved_ppm)
			cpu->reserved_ppm = sum;
	}
	cpu->charged_ppm = cpu->reserved_ppm;
	cpu->slack_ppm = 1000000 - cpu->reserved_ppm;
	for (uint32_t i = 0; i < cpu->rt_count; i++)
		find_slots(cpu, &cpu->rts[i]);
}

void analyse_cpu(struct analysis *a, struct analysed_cpu *cpu)
{
	uint64_t taken;
	struct admit_run run;

	if (cpu->config->policy == POLICY_TABLE) {
		analyse_table(cpu);
		return;
	}
	cpu->reserved_ppm = sum_ppm(cpu, 0);
	cpu->charged_ppm = sum_ppm(cpu, a->system->overhead_ns);
	taken = cpu->charged_ppm + cpu->config->best_effort_ppm;
	cpu->slack_ppm = taken < 1000000 ? 1000000 - taken : 0;
	cpu->fits = analyse_admit(a, cpu->hart, &run);
	cpu->reason = cpu->fits ? ADMIT_FITS : run.reason;
	cpu->figure = run.figure;
	cpu->points = run.points;
	find_responses(a, cpu);
	for (uint32_t i = 0; i < cpu->rt_count; i++)
		cpu->rts[i].most = most_capacity(a, analyse_admit_task(a, cpu->rts[i].entry.vcpu));
	if (cpu->fits && !cpu->config->dedicated &&
	    a->admission.system.task_count < ADMIT_MAX_TASKS)
		find_room(a, cpu);
}
