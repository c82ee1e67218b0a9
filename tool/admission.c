/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement of reservations by first-fit decreasing, and the verdict on every CPU with what would
 * fit instead. What is asked is the hypervisor's own code: what is accepted here is accepted at its
 * start.
 */
#include "admission.h"
#include "mem.h"
#include "parts.h"
#include "rational.h"
#include "units.h"

#define CAPACITY_LEAST_NS 10000u

static bool counts(const struct sys_vcpu *vcpu)
{
	return vcpu_is_reserved(vcpu) && !vcpu->bad && vcpu->period_ns;
}

static void collect_one(struct admission *a, struct sys_vcpu *vcpu)
{
	uint32_t at = a->system.task_count;

	if (!counts(vcpu) || at == ADMIT_MAX_TASKS)
		return;
	a->vcpus[at] = vcpu;
	a->tasks[at] = (struct admit_task){
		.capacity = vcpu->capacity_ns,
		.period = vcpu->period_ns,
		.deadline = vcpu->deadline_ns,
		.priority = vcpu->priority,
		.server = vcpu->server,
		.cpu = vcpu->cpu,
		.cpus = vcpu->cpus,
	};
	a->system.task_count++;
}

static bool is_pinned(const struct sys_vcpu *vcpu)
{
	return vcpu->pinned || vcpu->has_slot;
}

/* Whether a takes a larger share of a CPU than b. */
static bool is_larger(const struct sys_vcpu *a, const struct sys_vcpu *b, uint64_t overhead)
{
	return (a->capacity_ns + overhead) * b->period_ns >
	       (b->capacity_ns + overhead) * a->period_ns;
}

/* Insertion keeps the file's order among equals. */
static void sort_from(struct admission *a, uint32_t first)
{
	for (uint32_t i = first + 1; i < a->system.task_count; i++)
		for (uint32_t j = i;
		     j > first && is_larger(a->vcpus[j], a->vcpus[j - 1], a->system.overhead);
		     j--) {
			struct sys_vcpu *vcpu = a->vcpus[j];
			struct admit_task task = a->tasks[j];

			a->vcpus[j] = a->vcpus[j - 1];
			a->tasks[j] = a->tasks[j - 1];
			a->vcpus[j - 1] = vcpu;
			a->tasks[j - 1] = task;
		}
}

static void collect_those(struct admission *a, struct system *system, bool pinned)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < vm_entries(&system->vms[i]); j++)
			if (is_pinned(&system->vms[i].vcpus[j]) == pinned)
				collect_one(a, &system->vms[i].vcpus[j]);
}

void admission_collect(struct admission *a, struct system *system)
{
	uint32_t pinned;

	a->system = (struct admit_system){.cpus = a->cpus,
					  .tasks = a->tasks,
					  .cpu_count = system->board->harts,
					  .overhead = system->overhead_ns};
	for (uint32_t i = 0; i < system->board->harts; i++)
		a->cpus[i] =
			(struct admit_cpu){system->cpus[i].policy, system->cpus[i].best_effort_ppm};
	collect_those(a, system, true);
	pinned = a->system.task_count;
	collect_those(a, system, false);
	sort_from(a, pinned);
}

/* Sum of capacity / period, without overhead. */
static struct rational cpu_demand(const struct system *system, uint32_t cpu, uint64_t overhead)
{
	struct rational sum = rational(0, 1);

	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < vm_entries(&system->vms[i]); j++) {
			const struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];

			if (vcpu->cpu == cpu && counts(vcpu))
				sum = rational_add(sum, rational(vcpu->capacity_ns + overhead,
								 vcpu->period_ns));
		}
	return sum;
}

uint64_t cpu_demand_ppm(const struct system *system, uint32_t cpu)
{
	return rational_ppm(cpu_demand(system, cpu, 0));
}

static bool needs_file(const struct sys_vcpu *vcpu)
{
	return vcpu->vm->vic == VIC_AIA && !vcpu->is_service;
}

/* Where no CPU has room: the one with the least, for the refusal to speak of. */
static uint32_t least_busy(const struct system *system, uint32_t mask)
{
	uint32_t best = CPU_NONE;
	uint64_t least = 0;

	for (uint32_t i = 0; i < system->board->harts; i++) {
		uint64_t taken = cpu_demand_ppm(system, i) + system->cpus[i].best_effort_ppm;

		if (mask >> i & 1 && (best == CPU_NONE || taken < least)) {
			best = i;
			least = taken;
		}
	}
	return best;
}

static uint32_t with_files(const struct system *system, const struct sys_vcpu *vcpu)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < system->board->harts; i++)
		if (vcpu->cpus >> i & 1 && files_on(system, i) < system->board->guest_files)
			mask |= 1u << i;
	return needs_file(vcpu) && mask ? mask : vcpu->cpus;
}

static void place_one(struct system *system, struct admission *a, uint32_t index)
{
	struct sys_vcpu *vcpu = a->vcpus[index];
	struct admit_task *task = &a->tasks[index], wanted = *task;
	struct admit_run run;

	wanted.cpus = with_files(system, vcpu);
	task->period = 0; /* not there yet */
	admit_begin_place(&run, &a->system, &wanted);
	if (!admit_finish(&run)) {
		run.cpu = least_busy(system, wanted.cpus);
	} else if (run.move_task != ADMIT_NOBODY) {
		a->tasks[run.move_task].cpu = run.move_to;
		a->vcpus[run.move_task]->cpu = run.move_to;
	}
	*task = wanted;
	task->movable = !needs_file(vcpu);
	task->cpu = vcpu->cpu = run.cpu;
}

void admission_place(struct system *system)
{
	struct admission *a = mem_zero(sizeof(*a));

	admission_collect(a, system);
	for (uint32_t i = 0; i < a->system.task_count; i++)
		if (a->vcpus[i]->cpu == CPU_NONE && a->vcpus[i]->cpus)
			place_one(system, a, i);
}

static bool fits(struct admission *a, uint32_t cpu, struct admit_run *run)
{
	admit_begin_cpu(run, &a->system, cpu);
	return admit_finish(run);
}

/* The first that no longer fits beside those before it. */
static uint32_t first_too_many(struct admission *a, uint32_t cpu, struct admit_run *run)
{
	uint32_t all = a->system.task_count, i;

	for (i = 0; i < all; i++) {
		a->system.task_count = i + 1;
		if (a->tasks[i].cpu == cpu && !fits(a, cpu, run))
			break;
	}
	a->system.task_count = all;
	return i < all ? i : 0;
}

/* What would be right: a capacity for this one that fits beside all others, in whole microseconds.
 */
static const char *remedy(struct admission *a, uint32_t index)
{
	const char *name = vcpu_name(a->vcpus[index]);
	struct admit_task *task = &a->tasks[index], before = *task;
	uint64_t low = 0, high = task->capacity / 1000 + 1; /* low fits (or is 0), high does not */
	struct admit_run run;

	while (high - low > 1) {
		task->capacity = (low + (high - low) / 2) * 1000;
		if (fits(a, task->cpu, &run))
			low = task->capacity / 1000;
		else
			high = task->capacity / 1000;
	}
	*task = before;
	if (low * 1000 >= CAPACITY_LEAST_NS)
		return mem_printf("%s would fit with capacity <= %s", name, show_time(low * 1000));
	return mem_printf("%s would not fit with any capacity: lower the other reservations or "
			  "best-effort, or move it to another CPU",
			  name);
}

static const char *sums(const struct system *system, uint32_t cpu)
{
	uint64_t demand = cpu_demand_ppm(system, cpu), share = system->cpus[cpu].best_effort_ppm;
	uint64_t charged = rational_ppm(cpu_demand(system, cpu, system->overhead_ns));
	const char *text = mem_printf("real-time demand %s + best effort %s", show_share(demand),
				      show_share(share));

	if (demand + share > 1000000)
		return text;
	return mem_printf("%s + overhead %s", text, show_share(charged - demand));
}

static const char *what_is_wrong(const struct system *system, const struct admission *a,
				 const struct admit_run *run, uint32_t cpu)
{
	const struct admit_task *late;

	switch (run->reason) {
	case ADMIT_CPU:
		return mem_printf("CPU %u is over-committed: %s > 100 %%", cpu, sums(system, cpu));
	case ADMIT_LIMIT:
		return mem_printf("CPU %u: whether all deadlines are kept is not known after %u "
				  "points of the analysis",
				  cpu, run->points);
	default:
		break;
	}
	if (system->cpus[cpu].policy != POLICY_FP)
		return mem_printf("CPU %u cannot keep every deadline: what is due within %s takes "
				  "longer than that",
				  cpu, show_time(run->figure));
	late = admit_member(run, run->fp.subject);
	return mem_printf("CPU %u cannot keep every deadline: the worst response of %s is %s or "
			  "more, its deadline %s",
			  cpu, vcpu_name(a->vcpus[late - a->tasks]), show_time(run->figure),
			  show_time(late->deadline));
}

void cpus_admit(struct system *system)
{
	struct admission *a = mem_zero(sizeof(*a));
	struct admit_run run;

	admission_collect(a, system);
	for (uint32_t cpu = 0; cpu < system->board->harts; cpu++) {
		const struct sys_vcpu *vcpu;
		const char *wrong;
		uint32_t index;

		if (fits(a, cpu, &run))
			continue;
		wrong = what_is_wrong(system, a, &run, cpu);
		index = first_too_many(a, cpu, &run);
		vcpu = a->vcpus[index];
		diag_error(&system->diag, vcpu->capacity_at, "%s%s%s%s; %s",
			   is_pinned(vcpu) ? "" : "no CPU has room for ",
			   is_pinned(vcpu) ? "" : vcpu_name(vcpu), is_pinned(vcpu) ? "" : ": ",
			   wrong, remedy(a, index));
	}
}
