/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An oracle for admission: task sets are played tick by tick, straight from the definitions of the
 * policies. Nothing here is shared with hv/sched; only ask.c knows of the code under test.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#define MOST_TASKS 8u
#define MOST_CPUS  4u

enum kind { PERIODIC, POLLING, DEFERRABLE, SPORADIC };

/* All times in ticks. c is what it costs, c - overhead what it was promised. */
struct task {
	unsigned c, d, p;
	unsigned priority; /* 1 is the highest */
	enum kind kind;
	unsigned cpu, cpus; /* placement: home; mask */
	bool movable;
};

struct set {
	struct task task[MOST_TASKS];
	unsigned n;
	unsigned hyper; /* hyperperiod: all periods divide it */
	bool fixed_priority;
	unsigned overhead;        /* ticks, contained in every c */
	unsigned best_effort_ppm; /* share that the tasks must leave */
};

/* dice.c */
extern uint64_t dice_state;
unsigned dice(unsigned below);
static inline bool one_in(unsigned n)
{
	return dice(n) == 0;
}

/* sets.c */
struct set random_set(bool fixed_priority, bool implicit_deadlines);
struct task random_task(unsigned hyper, unsigned percent);

/* edf.c, fixed.c: whether somebody misses. */
bool edf_misses(const struct set *s);
bool fixed_misses_in_step(const struct set *s);   /* all released at 0, all always busy */
bool fixed_misses_at_random(const struct set *s); /* sleepers, any phases, back-to-back servers */
bool fixed_misses_somewhere(const struct set *s); /* every phase of up to two deferrable ones */
bool fits_share(const struct set *s);             /* exact */

/* ask.c: the code under test. */
struct answer {
	bool yes, limit;
	unsigned cpu, move_task, move_to;
	unsigned points, most_steps;
};
#define NOBODY 0xffffffffu
struct answer ask_cpu(const struct set *s, unsigned ns_per_tick, bool unlimited);

struct computer {
	struct set cpu[MOST_CPUS]; /* only policy and shares count; tasks in `all` */
	struct set all;
	unsigned cpus;
};
struct answer ask_place(const struct computer *m, const struct task *wanted, unsigned ns_per_tick);

/* place.c */
bool place_agrees(unsigned *direct, unsigned *moved, unsigned *refused);

/* played.c: the hypervisor's own scheduler plays the set; whether somebody who is busy gets less
 * than was promised. calm: all are busy; else some sleep and wake as they like. */
bool scheduler_misses(const struct set *s, bool calm);

void show(const struct set *s);

#endif
