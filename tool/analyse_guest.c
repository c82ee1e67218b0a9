/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks inside a guest: whether they hold in what it gets, and the least in which they would. */
#include "analyse.h"

#define GRAIN_NS     1000u
#define CAPACITY_MIN 10000u
#define PERIOD_MIN   100000u
#define PERIOD_MAX   1000000000u
#define PERIOD_GRAIN 10000u
#define DIVISORS     20u /* of each period and deadline that are tried as period */

static enum task_order order_of(const struct sys_vm *vm)
{
	return vm->tasks_by_edf ? ORDER_EDF : ORDER_FIXED_PRIORITY;
}

/* The plan in which it gets on worst: the first in which a task does not hold, else the one with
 * the longest wait. */
static uint32_t worst_plan(struct analysis *a, struct analysed_guest *guest)
{
	const struct sys_cpu *cpu = &a->system->cpus[guest->vm->vcpus[0].cpu];
	uint64_t longest = 0;
	uint32_t worst = 0;

	if (cpu->policy != POLICY_TABLE)
		return 0;
	for (uint32_t p = 0; p < cpu->plan_count; p++) {
		analyse_supplier(a, guest, p);
		if (guest->without || !tasks_hold(guest->tasks, guest->task_count,
						  order_of(guest->vm), &guest->supply))
			return p;
		if (guest->supply.blackout > longest) {
			longest = guest->supply.blackout;
			worst = p;
		}
	}
	return worst;
}

static uint64_t cost_ppm(const struct analysis *a, uint64_t capacity, uint64_t period)
{
	struct task task = {.wcet = capacity + a->system->overhead_ns, .period = period};

	return tasks_load_ppm(&task, 1);
}

static bool would_hold(const struct analysed_guest *guest, uint64_t capacity,
		       const struct proposal *p, bool gives_up)
{
	struct supply supply = supply_reservation(capacity, p->period, p->deadline);

	if (gives_up)
		supply.blackout += capacity;
	return tasks_hold(guest->tasks, guest->task_count, order_of(guest->vm), &supply);
}

static bool is_giver_up(const struct analysis *a, const struct sys_vcpu *vcpu)
{
	return vcpu_is_reserved(vcpu) && a->system->cpus[vcpu->cpu].policy == POLICY_FP &&
	       (vcpu->server == SERVER_POLLING || vcpu->server == SERVER_SPORADIC);
}

/* More capacity never supplies less, so the least one is found by halving. */
static void least_capacity(const struct analysis *a, const struct analysed_guest *guest,
			   struct proposal *p)
{
	bool gives_up = is_giver_up(a, &guest->vm->vcpus[0]);
	uint64_t low = CAPACITY_MIN / GRAIN_NS - 1, high = p->deadline / GRAIN_NS;

	p->capacity = 0;
	if (high <= low || !would_hold(guest, high * GRAIN_NS, p, gives_up))
		return;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (would_hold(guest, middle * GRAIN_NS, p, gives_up))
			high = middle;
		else
			low = middle;
	}
	p->capacity = high * GRAIN_NS;
	p->cost_ppm = cost_ppm(a, p->capacity, p->period);
}

static void try_period(const struct analysis *a, const struct analysed_guest *guest,
		       uint64_t period, struct proposal *best)
{
	struct proposal p = {.period = period / PERIOD_GRAIN * PERIOD_GRAIN};

	p.deadline = p.period;
	if (p.period < PERIOD_MIN || p.period > PERIOD_MAX)
		return;
	/* Not even the load would have room for less than what was found already. */
	if (best->capacity && guest->load_ppm > best->cost_ppm)
		return;
	least_capacity(a, guest, &p);
	if (!p.capacity)
		return;
	if (!best->capacity || p.cost_ppm < best->cost_ppm ||
	    (p.cost_ppm == best->cost_ppm && p.period > best->period))
		*best = p;
}

static void find_best(const struct analysis *a, struct analysed_guest *guest)
{
	for (uint32_t i = 0; i < guest->task_count; i++)
		for (uint64_t k = 1; k <= DIVISORS; k++) {
			try_period(a, guest, guest->tasks[i].period / k, &guest->best);
			try_period(a, guest, guest->tasks[i].deadline / k, &guest->best);
		}
	try_period(a, guest, guest->same.period, &guest->best);
}

/* In place of the VM's present reservation, or as its first one, on the same CPU. */
static void ask_admission(struct analysis *a, const struct sys_vcpu *vcpu, struct proposal *p)
{
	struct admit_task *t = analyse_admit_task(a, vcpu), before;
	uint32_t *count = &a->admission.system.task_count;
	bool fresh = !t;
	struct admit_run run;

	if (!p->capacity || (fresh && *count == ADMIT_MAX_TASKS))
		return;
	if (fresh)
		t = &a->admission.tasks[(*count)++];
	before = *t;
	*t = (struct admit_task){.capacity = p->capacity,
				 .period = p->period,
				 .deadline = p->deadline,
				 .priority = fresh ? 1 : vcpu->priority,
				 .server = vcpu->server,
				 .cpu = vcpu->cpu,
				 .cpus = 1u << vcpu->cpu};
	p->fits = analyse_admit(a, vcpu->cpu, &run);
	*t = before;
	*count -= fresh;
}

static void propose(struct analysis *a, struct analysed_guest *guest)
{
	const struct sys_vcpu *vcpu = &guest->vm->vcpus[0];
	const struct sys_cpu *cpu = &a->system->cpus[vcpu->cpu];

	if (guest->vm->vcpu_count > 1 || cpu->dedicated || cpu->policy == POLICY_TABLE)
		return;
	if (vcpu_is_reserved(vcpu)) {
		guest->same =
			(struct proposal){.period = vcpu->period_ns, .deadline = vcpu->deadline_ns};
		least_capacity(a, guest, &guest->same);
		ask_admission(a, vcpu, &guest->same);
	}
	find_best(a, guest);
	ask_admission(a, vcpu, &guest->best);
}

void analyse_guest(struct analysis *a, struct analysed_guest *guest)
{
	analyse_supplier(a, guest, worst_plan(a, guest));
	guest->load_ppm = tasks_load_ppm(guest->tasks, guest->task_count);
	guest->rate_ppm = guest->supply.capacity * 1000000 / guest->supply.period;
	guest->verdict =
		tasks_analyse(guest->tasks, guest->task_count, order_of(guest->vm), &guest->supply);
	propose(a, guest);
}
