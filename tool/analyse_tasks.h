/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worst-case response of sporadic tasks that share a supply (analyse_supply.h), under fixed
 * priority or EDF, and whether all hold. The same code serves the reservations of a CPU, whose
 * supply is the whole CPU, and the tasks of a guest inside its reservation. docs/analysis.md has
 * the formulas.
 */
#ifndef TOOL_ANALYSE_TASKS_H
#define TOOL_ANALYSE_TASKS_H

#include "analyse_supply.h"

enum task_order { ORDER_FIXED_PRIORITY, ORDER_EDF };

struct task {
	const char *name;
	uint64_t wcet, period, deadline; /* 1 <= wcet, deadline; no order among them is needed */
	uint64_t jitter; /* fixed priority: how much later than its release it may begin to disturb
			  * those below it */
	uint32_t priority; /* fixed priority: 1 is the highest; equal ones wait for each other */
	/* Result. */
	uint64_t response; /* worst case, at most; TIME_NEVER: no bound */
	bool exact;        /* else response is a bound that was not worked out further */
	bool holds;        /* response <= deadline */
};

struct task_verdict {
	bool hold;      /* all of them, certainly */
	bool known;     /* false: the limit of the analysis was reached */
	uint32_t first; /* if not: the first task that does not hold, in the order of the list */
	/* EDF: the shortest interval with more demand than supply */
	uint64_t interval, demand, supply;
};

/* Fills in the results of every task. */
struct task_verdict tasks_analyse(struct task *tasks, uint32_t count, enum task_order order,
				  const struct supply *supply);

/* Only whether all hold: for searching. */
bool tasks_hold(const struct task *tasks, uint32_t count, enum task_order order,
		const struct supply *supply);

/* Sum of wcet / period in parts per million, rounded up (unless it is larger by less than 2^-57).
 */
uint64_t tasks_load_ppm(const struct task *tasks, uint32_t count);

#endif
