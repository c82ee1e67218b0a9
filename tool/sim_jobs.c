/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs of the simulated load: when they are done, and whether in time. */
#include "mem.h"
#include "sim.h"

#include <string.h>

#define WAITS_FOR_PERIOD 2 /* enum vcpu_wait of hv/core/vcpu.h: detail of a BLOCK record */

static void *grow(void *old, uint32_t count, uint32_t *room, size_t bytes)
{
	void *more;

	if (count < *room)
		return old;
	*room = *room ? 2 * *room : 256;
	more = mem_zero(*room * bytes);
	if (count)
		memcpy(more, old, count * bytes);
	return more;
}

void sim_keep_stretch(struct sim *sim, uint32_t cpu, const struct sim_vcpu *who, ns_t from, ns_t to)
{
	if (to <= sim->keep_from || from >= sim->keep_to)
		return;
	sim->stretches = grow(sim->stretches, sim->stretch_count, &sim->stretch_room,
			      sizeof(*sim->stretches));
	sim->stretches[sim->stretch_count++] = (struct sim_stretch){from, to, who, cpu};
}

static void keep_mark(struct sim *sim, enum sim_mark_kind kind, const struct sim_vcpu *who,
		      uint32_t cpu, ns_t at)
{
	if (at < sim->keep_from || at > sim->keep_to)
		return;
	sim->marks = grow(sim->marks, sim->mark_count, &sim->mark_room, sizeof(*sim->marks));
	sim->marks[sim->mark_count++] = (struct sim_mark){at, who, kind, cpu};
}

static void mark_period(struct sim *sim, const struct sim_vcpu *v, ns_t release)
{
	keep_mark(sim, SIM_RELEASE, v, v->on, release);
	keep_mark(sim, SIM_DUE, v, v->on, release + v->e.deadline);
}

static void begin_job(struct sim *sim, struct sim_vcpu *v, ns_t release)
{
	v->release = release;
	v->left = v->e.capacity;
	mark_period(sim, v, release);
}

static void miss(struct sim *sim, struct sim_vcpu *v, ns_t due)
{
	if (!v->misses++)
		v->missed_first = due;
	keep_mark(sim, SIM_MISS, v, v->on, due);
}

static void end_job(struct sim *sim, struct sim_vcpu *v, ns_t release)
{
	ns_t response = sim->now - release;

	sim_keep_stretch(sim, SIM_PENDING, v, release, sim->now);
	if (response > v->worst) {
		v->worst = response;
		v->worst_job = v->jobs;
	}
	v->jobs++;
	if (response > v->e.deadline)
		miss(sim, v, release + v->e.deadline);
}

void sim_first_job(struct sim *sim, struct sim_vcpu *v)
{
	begin_job(sim, v, v->e.grid);
}

void sim_ran(struct sim *sim, struct sim_vcpu *v, ns_t ran)
{
	(void)sim;
	if (v->left)
		v->left -= ran < v->left ? ran : v->left;
}

void sim_job_done(struct sim *sim, struct sim_cpu *cpu, struct sim_vcpu *v)
{
	uint32_t overruns = v->e.overruns;
	ns_t next;

	end_job(sim, v, v->release);
	next = sched_wait_period(&cpu->c, &v->e, sim->now);
	/* Done just as the budget ends is no overrun. */
	v->e.overruns = overruns;
	if (sim->log)
		sim_log_add(sim, cpu->c.index, v, TRACE_BLOCK, WAITS_FOR_PERIOD, next - sim->base);
	for (ns_t skipped = v->release + v->e.period; skipped < next; skipped += v->e.period) {
		mark_period(sim, v, skipped);
		miss(sim, v, skipped + v->e.deadline);
	}
	begin_job(sim, v, next);
}

/* Jobs whose deadline has passed and that are not done. */
void sim_last_jobs(struct sim *sim)
{
	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		struct sim_vcpu *v = &sim->vcpus[i];

		v->overruns = sched_is_rt(&v->e) ? v->e.overruns : 0;
		if (!v->has_jobs || sim->load != SIM_FULL)
			continue;
		sim_keep_stretch(sim, SIM_PENDING, v, v->release, sim->end);
		for (; v->release + v->e.deadline < sim->end; v->release += v->e.period)
			miss(sim, v, v->release + v->e.deadline);
	}
}

/* Under "spin" a job is one server period's budget. */
static void observe_spin(struct sim *sim, struct sim_vcpu *v, enum sched_event what, ns_t when)
{
	if (what == SCHED_EV_RELEASE) {
		v->release = when;
		mark_period(sim, v, when);
	} else if (what == SCHED_EV_BUDGET) {
		end_job(sim, v, v->release);
	}
}

void sim_observe(struct sched_cpu *c, struct sched_entity *e, enum sched_event what, ns_t when)
{
	static const uint8_t kinds[] = {[SCHED_EV_RELEASE] = TRACE_RELEASE,
					[SCHED_EV_BUDGET] = TRACE_BUDGET,
					[SCHED_EV_MISS] = TRACE_MISS,
					[SCHED_EV_WAKE] = TRACE_WAKE,
					[SCHED_EV_PLAN] = TRACE_PLAN};
	struct sim_cpu *cpu = container_of(c, struct sim_cpu, c);
	struct sim *sim = container_of(cpu - c->index, struct sim, cpus[0]);
	struct sim_vcpu *v = sim_of(e);

	if (what == SCHED_EV_PLAN)
		keep_mark(sim, SIM_PLAN, NULL, c->index, when);
	if (v && v->has_jobs && sim->load == SIM_SPIN)
		observe_spin(sim, v, what, when);
	if (!sim->log)
		return;
	sim_log_add(sim, c->index, v, kinds[what],
		    what == SCHED_EV_MISS   ? e->late
		    : what == SCHED_EV_PLAN ? c->plan
					    : 0,
		    when - sim->base);
	if (what == SCHED_EV_RELEASE)
		sim_log_add(sim, c->index, v, TRACE_DEADLINE, 0, e->due - sim->base);
}
