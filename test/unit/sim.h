/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedulers of some CPUs with a clock of their own: who ran where from when to when. A CPU looks
 * when its comparator says so, or when another CPU has something for it; it loads whom it chose as
 * core/cpu.c does.
 */
#ifndef UNIT_SIM_H
#define UNIT_SIM_H

#include "sched/sched.h"

#define SIM_MAX  80u
#define SIM_CPUS 4u
#define SIM_LANE 4096u

struct sim {
	struct sched_cpu cpu[SIM_CPUS]; /* most tests have one */
	uint32_t cpus;
	struct sched_shared shared;
	struct sched_entity e[SIM_MAX];
	struct heap_slot slots[SIM_CPUS][SCHED_SLOTS(SIM_MAX)];
	struct sched_busy busy[SIM_CPUS];
	struct sched_refills refills[SIM_MAX];
	struct sched_entity *loaded[SIM_CPUS];
	bool look[SIM_CPUS];
	uint32_t best_effort; /* ids given out */
	ns_t now;
	/* called for every stretch of execution; who is NULL for idle */
	void (*ran)(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to);
	char lane[SIM_CPUS][SIM_LANE]; /* sim_draw() */
	ns_t lane_from, lane_unit;
};

/* One CPU with EDF. */
void sim_init(struct sim *s);
void sim_init_cpus(struct sim *s, uint32_t cpus, const struct sched_policy *policy);
/* e[index] becomes a reservation, not started. */
struct sched_entity *sim_rt(struct sim *s, unsigned index, ns_t capacity, ns_t period,
			    ns_t deadline);
/* The same under fixed priority. */
struct sched_entity *sim_fp(struct sim *s, unsigned index, uint32_t priority,
			    enum sched_server server, ns_t capacity, ns_t period, ns_t deadline);
/* Best effort on CPU 0 alone, or on any of `cpus`. */
struct sched_entity *sim_be(struct sim *s, unsigned index, ns_t slice);
struct sched_entity *sim_be_on(struct sim *s, unsigned index, ns_t slice, uint32_t priority,
			       uint32_t cpus);
/* CPU i looks now. */
struct sched_entity *sim_look(struct sim *s, uint32_t cpu);
/* All CPUs look, and look again as long as others have something for them. */
void sim_settle(struct sim *s);
/* Lets time pass until `until`. */
void sim_run(struct sim *s, ns_t until);
/* The same; who ran on each CPU in each unit of time: '0'.., '.' idle. Returns CPU 0's lane. */
const char *sim_draw(struct sim *s, ns_t until, ns_t unit);

#endif
