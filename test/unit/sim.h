/* SPDX-License-Identifier: Apache-2.0 */
/* One CPU's scheduler with a clock of its own: who ran from when to when. */
#ifndef UNIT_SIM_H
#define UNIT_SIM_H

#include "sched/sched.h"

#define SIM_MAX 80u

struct sim {
	struct sched_cpu cpu;
	struct sched_entity e[SIM_MAX];
	struct heap_node *slots[2 * SCHED_QUEUES * SIM_MAX];
	ns_t now;
	/* called for every stretch of execution; who is NULL for idle */
	void (*ran)(struct sim *s, struct sched_entity *who, ns_t from, ns_t to);
	void *user;
};

void sim_init(struct sim *s);
/* e[index] becomes a reservation, not started. */
struct sched_entity *sim_rt(struct sim *s, unsigned index, ns_t capacity, ns_t period,
			    ns_t deadline);
struct sched_entity *sim_be(struct sim *s, unsigned index, ns_t slice);
/* Lets time pass until `until` or until the scheduler has been asked `picks` times. */
void sim_run(struct sim *s, ns_t until);

#endif
