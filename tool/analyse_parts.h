/* SPDX-License-Identifier: Apache-2.0 */
/* What analyse_tasks.c and analyse_edf.c share. */
#ifndef TOOL_ANALYSE_PARTS_H
#define TOOL_ANALYSE_PARTS_H

#include "analyse_tasks.h"

#define WORK_MAX (1ull << 61) /* more work than that counts as for ever */

/* count * wcet and a + b, at most WORK_MAX. */
uint64_t work_times(uint64_t count, uint64_t wcet);
uint64_t work_add(uint64_t a, uint64_t b);
/* Releases of a task in [0, t) if the first one is at 0. */
uint64_t jobs_until(uint64_t t, uint64_t period);

/*
 * The load of the tasks of a priority (or better) against the supply's rate: -1 surely less, 1
 * surely more, 0 equal or nearer than 2^-57. UINT32_MAX: all tasks.
 */
int load_against_rate(const struct task *tasks, uint32_t count, uint32_t priority,
		      const struct supply *s);

enum edf_answer { EDF_HOLDS, EDF_MISSES, EDF_UNKNOWN };

struct edf_miss {
	uint64_t interval; /* an interval with more demand than supply; 0: only the load says so */
};

enum edf_answer edf_test(const struct task *tasks, uint32_t count, const struct supply *s,
			 struct edf_miss *miss);
struct task_verdict edf_analyse(struct task *tasks, uint32_t count, const struct supply *s);

#endif
