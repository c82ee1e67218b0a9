/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"
#include <stdlib.h>
#include <string.h>

#define LOOKS_AT_ONE_INSTANT 1000u

static void notify(struct sched_cpu *c)
{
	struct sim *s = container_of(c - c->index, struct sim, cpu);

	s->look[c->index] = true;
}

void sim_init_cpus(struct sim *s, uint32_t cpus, const struct sched_policy *policy)
{
	memset(s, 0, sizeof(*s));
	s->cpus = cpus;
	s->shared.notify = notify;
	for (uint32_t i = 0; i < cpus; i++) {
		sched_init(&s->cpu[i], &s->shared, i, s->slots[i], SIM_MAX, 1);
		s->cpu[i].policy = policy;
		s->cpu[i].busy = &s->busy[i];
	}
}

void sim_init(struct sim *s)
{
	sim_init_cpus(s, 1, &sched_edf);
}

struct sched_entity *sim_rt(struct sim *s, unsigned index, ns_t capacity, ns_t period,
			    ns_t deadline)
{
	s->e[index] = (struct sched_entity){
		.queue = SCHED_RT, .capacity = capacity, .period = period, .deadline = deadline};
	return &s->e[index];
}

struct sched_entity *sim_fp(struct sim *s, unsigned index, uint32_t priority,
			    enum sched_server server, ns_t capacity, ns_t period, ns_t deadline)
{
	struct sched_entity *e = sim_rt(s, index, capacity, period, deadline);

	e->priority = priority;
	e->server = server;
	e->refills = &s->refills[index];
	return e;
}

struct sched_entity *sim_be_on(struct sim *s, unsigned index, ns_t slice, uint32_t priority,
			       uint32_t cpus)
{
	struct sched_entity *e = &s->e[index];

	*e = (struct sched_entity){.queue = SCHED_BE,
				   .slice = slice,
				   .priority = priority,
				   .id = ++s->best_effort,
				   .cpus = cpus};
	sched_join(&s->shared, e);
	return e;
}

struct sched_entity *sim_be(struct sim *s, unsigned index, ns_t slice)
{
	return sim_be_on(s, index, slice, 4, 1);
}

struct sched_entity *sim_look(struct sim *s, uint32_t cpu)
{
	struct sched_entity *before = s->loaded[cpu], *who;

	s->look[cpu] = false;
	who = sched_pick(&s->cpu[cpu], s->now);
	if (!who || who == before)
		return who;
	if (before)
		sched_saved(&s->cpu[cpu], before);
	who->held = true;
	s->loaded[cpu] = who;
	return who;
}

void sim_settle(struct sim *s)
{
	bool again = true;

	for (uint32_t i = 0; i < s->cpus; i++)
		s->look[i] = true;
	for (unsigned looks = 0; again; looks++) {
		if (looks > LOOKS_AT_ONE_INSTANT)
			abort(); /* the comparator would fire for ever */
		again = false;
		for (uint32_t i = 0; i < s->cpus; i++)
			if (s->look[i] || s->cpu[i].event <= s->now) {
				sim_look(s, i);
				again = true;
			}
	}
}

void sim_run(struct sim *s, ns_t until)
{
	while (s->now < until) {
		ns_t next = until;

		sim_settle(s);
		for (uint32_t i = 0; i < s->cpus; i++)
			next = sched_earlier(next, s->cpu[i].event);
		for (uint32_t i = 0; s->ran && i < s->cpus; i++)
			s->ran(s, i, s->cpu[i].current, s->now, next);
		s->now = next;
	}
}

static void draw(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	for (ns_t t = from; t < to; t += s->lane_unit)
		s->lane[cpu][(t - s->lane_from) / s->lane_unit] =
			who ? (char)('0' + (who - s->e)) : '.';
}

const char *sim_draw(struct sim *s, ns_t until, ns_t unit)
{
	if ((until - s->now) / unit >= SIM_LANE)
		abort();
	memset(s->lane, 0, sizeof(s->lane));
	s->lane_from = s->now;
	s->lane_unit = unit;
	s->ran = draw;
	sim_run(s, until);
	return s->lane[0];
}
