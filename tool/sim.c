/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"
#include "mem.h"

#include <time.h>

/* Decisions of all CPUs without the clock moving on. Each is a step to somewhere: two releases
 * handled, a claim lost. */
#define STILL_MOST 100000u

static struct sim *running; /* for sched_shared.notify, which knows only the CPU */

static void notify(struct sched_cpu *c)
{
	running->cpus[c->index].again = true;
}

static void build_entity(struct sim *sim, struct sim_vcpu *v, uint32_t *best_effort)
{
	const struct sys_vcpu *config = v->entry.vcpu;
	const struct sys_cpu *home = &sim->system->cpus[config->cpu];
	struct sched_entity *e = &v->e;

	e->priority = config->priority;
	v->on = home->index;
	if (!entry_is_rt(&v->entry)) {
		e->queue = SCHED_BE;
		e->slice = home->quantum_ns * config->weight;
		e->id = (*best_effort)++;
		for (uint32_t i = 0; i < sim->system->board->harts; i++)
			if (config->cpus & 1u << i && sim->system->cpus[i].used)
				e->cpus |= 1u << sim->system->cpus[i].index;
		sched_join(&sim->shared, e);
		return;
	}
	e->queue = SCHED_RT;
	e->capacity = config->capacity_ns;
	e->period = config->period_ns;
	e->deadline = config->deadline_ns;
	if (home->policy == POLICY_FP) {
		e->server = (enum sched_server)config->server;
		if (e->server == SCHED_SPORADIC)
			e->refills = &v->refills;
	} else if (home->policy == POLICY_EDF) {
		e->extra_time = config->extra_time;
	}
	v->has_jobs = home->policy != POLICY_TABLE && e->period;
}

static void build_gangs(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		struct sim_vcpu *v = &sim->vcpus[i];
		const struct sys_vm *vm = v->entry.vcpu->vm;

		if (sched_is_rt(&v->e) || !(vm->flags & VM_GANG))
			continue;
		for (uint32_t j = 0; j < sim->vcpu_count; j++)
			if (j != i && sim->vcpus[j].entry.vcpu->vm == vm &&
			    !sched_is_rt(&sim->vcpus[j].e))
				v->e.gang |= 1ull << sim->vcpus[j].e.id;
	}
}

static struct sched_entity *entity_of(struct sim *sim, const struct sys_vcpu *vcpu)
{
	for (uint32_t i = 0; i < sim->vcpu_count; i++)
		if (sim->vcpus[i].entry.vcpu == vcpu)
			return &sim->vcpus[i].e;
	return NULL;
}

static void build_plan(struct sim *sim, struct sim_cpu *cpu, uint32_t index)
{
	const struct sys_cpu *home = &sim->system->cpus[cpu->hart];
	const struct sys_plan *config = &home->plans[index];
	struct sched_slot *slots = mem_zero(config->slot_count * sizeof(*slots));

	for (uint32_t i = 0; i < config->slot_count; i++) {
		const struct sys_slot *slot = &config->slots[i];

		slots[i] = (struct sched_slot){.start = slot->offset_ns,
					       .end = slot->offset_ns + slot->length_ns,
					       .owner = entity_of(sim, slot->vcpu)};
	}
	cpu->plans[index] = (struct sched_plan){.frame = config->frame_ns,
						.slots = slots,
						.count = config->slot_count,
						.gaps_idle = home->gaps_idle};
	sched_link_plan(&cpu->plans[index], slots, index);
}

static void build_cpu(struct sim *sim, uint32_t hart)
{
	const struct sys_cpu *config = &sim->system->cpus[hart];
	struct sim_cpu *cpu = &sim->cpus[config->index];

	cpu->hart = hart;
	cpu->slots = mem_zero(SCHED_SLOTS(sim->vcpu_count) * sizeof(*cpu->slots));
	cpu->job_end = NS_NEVER;
	cpu->again = true;
	sched_init(&cpu->c, &sim->shared, config->index, cpu->slots, sim->vcpu_count, 1);
	cpu->c.observe = sim_observe;
	if (config->policy == POLICY_EDF)
		cpu->c.policy = &sched_edf;
	if (config->policy == POLICY_FP) {
		cpu->c.policy = &sched_fixed_priority;
		cpu->c.busy = mem_zero(sizeof(*cpu->c.busy));
	}
	if (config->policy == POLICY_TABLE)
		cpu->c.policy = &sched_time_table;
	sim->cpu_count++;
}

static void build_plans(struct sim *sim, struct sim_cpu *cpu)
{
	const struct sys_cpu *config = &sim->system->cpus[cpu->hart];

	if (config->policy != POLICY_TABLE)
		return;
	cpu->plans = mem_zero(config->plan_count * sizeof(*cpu->plans));
	for (uint32_t i = 0; i < config->plan_count; i++)
		build_plan(sim, cpu, i);
	cpu->c.plans = cpu->plans;
	cpu->c.plan_count = config->plan_count;
}

static ns_t gcd(ns_t a, ns_t b)
{
	while (b) {
		ns_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* A common multiple of all periods and frames, at least a second; without one that is small enough
 * the clock just starts at some time. */
static void set_base(struct sim *sim)
{
	ns_t common = 1000000000;

	sim->together = true;
	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		ns_t period = sim->vcpus[i].e.queue == SCHED_RT ? sim->vcpus[i].e.period : 0;

		if (period && __builtin_mul_overflow(common, period / gcd(common, period), &common))
			common = NS_NEVER;
	}
	for (uint32_t i = 0; i < sim->cpu_count; i++)
		for (uint32_t p = 0; p < sim->cpus[i].c.plan_count; p++) {
			ns_t frame = sim->cpus[i].plans[p].frame;

			if (__builtin_mul_overflow(common, frame / gcd(common, frame), &common))
				common = NS_NEVER;
		}
	if (common > 1ull << 60) {
		common = 1000000000;
		sim->together = false;
	}
	sim->base = common;
}

void sim_prepare(struct sim *sim, const struct system *system, enum sim_load load, ns_t duration)
{
	struct entry entries[TABLE_MAX_VCPUS];
	uint32_t best_effort = 0;

	*sim = (struct sim){.system = system, .load = load};
	running = sim;
	sim->shared.notify = notify;
	sim->vcpu_count = entries_of(system, entries);
	sim->vcpus = mem_zero(sim->vcpu_count * sizeof(*sim->vcpus));
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (system->cpus[i].used)
			build_cpu(sim, i);
	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		sim->vcpus[i].entry = entries[i];
		build_entity(sim, &sim->vcpus[i], &best_effort);
	}
	build_gangs(sim);
	for (uint32_t i = 0; i < sim->cpu_count; i++)
		build_plans(sim, &sim->cpus[i]);
	set_base(sim);
	sim->end = sim->base + duration;
}

/* Reservations start just before time 0, so that this is their first release. */
static void start_all(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		struct sim_vcpu *v = &sim->vcpus[i];
		bool rt = sched_is_rt(&v->e);

		sched_start(&sim->cpus[v->on].c, &v->e, rt ? sim->base - 1 : sim->base);
		if (v->has_jobs && sim->load == SIM_FULL)
			sim_first_job(sim, v);
	}
}

static void account(struct sim *sim, struct sim_cpu *cpu, ns_t from)
{
	struct sim_vcpu *v = sim_of(cpu->c.current);
	ns_t ran = sim->now - from;

	if (!ran)
		return;
	if (!v)
		cpu->idle += ran;
	else if (sched_is_rt(&v->e))
		cpu->real_time += ran;
	else
		cpu->best_effort += ran;
	if (v)
		sim_ran(sim, v, ran);
	sim_keep_stretch(sim, cpu->c.index, v, from, sim->now);
}

static void change_loaded(struct sim *sim, struct sim_cpu *cpu, struct sched_entity *e)
{
	struct sim_vcpu *v = sim_of(e);

	if (cpu->loaded)
		sched_saved(&cpu->c, cpu->loaded);
	cpu->loaded = e;
	e->held = true;
	cpu->switches++;
	if (v->on != cpu->c.index) {
		v->moves++;
		if (sim->log)
			sim_log_add(sim, v->on, v, TRACE_MOVE, cpu->c.index, 0);
		v->on = cpu->c.index;
	}
}

/* One decision of a CPU at now. */
static void decide(struct sim *sim, struct sim_cpu *cpu)
{
	struct sched_entity *before = cpu->c.current, *e;
	struct sim_vcpu *v;

	account(sim, cpu, cpu->c.since > sim->base ? cpu->c.since : sim->base);
	if (cpu->job_end <= sim->now)
		sim_job_done(sim, cpu, sim_of(before));
	cpu->again = false;
	e = sched_pick(&cpu->c, sim->now);
	cpu->decisions++;
	sim->decisions++;
	v = sim_of(e);
	if (e != before) {
		cpu->preemptions += before && before->state == SCHED_READY;
		if (sim->log)
			sim_log_switch(sim, cpu->c.index, sim_of(before), v);
	}
	if (e && e != cpu->loaded)
		change_loaded(sim, cpu, e);
	cpu->job_end = v && v->left ? sim->now + v->left : NS_NEVER;
}

static ns_t due_at(const struct sim *sim, const struct sim_cpu *cpu)
{
	if (cpu->again)
		return sim->now;
	return sched_earlier(cpu->c.event, cpu->job_end);
}

static double host_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void sim_run(struct sim *sim)
{
	double begin = host_seconds();
	uint32_t still = 0;

	sim->now = sim->base;
	start_all(sim);
	for (;;) {
		ns_t next = NS_NEVER;

		for (uint32_t i = 0; i < sim->cpu_count; i++) {
			if (due_at(sim, &sim->cpus[i]) <= sim->now)
				decide(sim, &sim->cpus[i]);
			next = sched_earlier(next, due_at(sim, &sim->cpus[i]));
		}
		/* A CPU that was asked to choose anew by a later one. */
		for (uint32_t i = 0; i < sim->cpu_count; i++)
			next = sched_earlier(next, due_at(sim, &sim->cpus[i]));
		if (next > sim->now)
			still = 0;
		else if (++still > STILL_MOST) {
			sim->stuck = mem_printf("no end of decisions at one moment");
			break;
		}
		if (next >= sim->end)
			break;
		sim->now = next > sim->now ? next : sim->now;
	}
	sim->now = sim->end;
	for (uint32_t i = 0; i < sim->cpu_count; i++)
		decide(sim, &sim->cpus[i]);
	sim_last_jobs(sim);
	sim->seconds = host_seconds() - begin;
}
