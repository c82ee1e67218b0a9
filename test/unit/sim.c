/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"
#include <stdlib.h>
#include <string.h>

#define PICKS_AT_ONE_INSTANT 1000u

void sim_init(struct sim *s)
{
	memset(s, 0, sizeof(*s));
	sched_init(&s->cpu, s->slots, SIM_MAX, 1);
	s->cpu.queues[SCHED_RT].policy = &sched_edf;
	s->cpu.queues[SCHED_BE].policy = &sched_round_robin;
}

struct sched_entity *sim_rt(struct sim *s, unsigned index, ns_t capacity, ns_t period,
			    ns_t deadline)
{
	s->e[index] = (struct sched_entity){
		.queue = SCHED_RT, .capacity = capacity, .period = period, .deadline = deadline};
	return &s->e[index];
}

struct sched_entity *sim_be(struct sim *s, unsigned index, ns_t slice)
{
	s->e[index] = (struct sched_entity){.queue = SCHED_BE, .slice = slice};
	return &s->e[index];
}

void sim_run(struct sim *s, ns_t until)
{
	for (unsigned stuck = 0; s->now < until;) {
		struct sched_entity *who = sched_pick(&s->cpu, s->now);
		ns_t next = s->cpu.event < until ? s->cpu.event : until;

		if (next <= s->now) {
			if (++stuck > PICKS_AT_ONE_INSTANT)
				abort(); /* the comparator would fire for ever */
			continue;
		}
		stuck = 0;
		if (s->ran)
			s->ran(s, who, s->now, next);
		s->now = next;
	}
}
