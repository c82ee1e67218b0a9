/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse_tasks.h"
#include "analyse_parts.h"

#define FP_STEPS 4000000u /* steps of all fixpoints of one task */

typedef unsigned __int128 wide;

uint64_t work_times(uint64_t count, uint64_t wcet)
{
	wide sum = (wide)count * wcet;

	return sum < WORK_MAX ? (uint64_t)sum : WORK_MAX;
}

uint64_t work_add(uint64_t a, uint64_t b)
{
	return a + b < WORK_MAX ? a + b : WORK_MAX;
}

uint64_t jobs_until(uint64_t t, uint64_t period)
{
	return t / period + (t % period != 0);
}

uint64_t tasks_load_ppm(const struct task *tasks, uint32_t count)
{
	wide sum = 0; /* times 2^64, each rounded down: too little by less than 2^-57 in all */

	for (uint32_t i = 0; i < count; i++)
		sum += ((wide)tasks[i].wcet << 64) / tasks[i].period;
	return (uint64_t)((sum * 1000000 + (((wide)1 << 64) - 1)) >> 64);
}

int load_against_rate(const struct task *tasks, uint32_t count, uint32_t priority,
		      const struct supply *s)
{
	wide load = 0, rate; /* both times 2^64 and rounded down */

	if (s->kind == SUPPLY_NONE || !s->capacity)
		return 1;
	rate = ((wide)s->capacity << 64) / s->period;
	for (uint32_t i = 0; i < count; i++)
		if (priority == UINT32_MAX || tasks[i].priority <= priority)
			load += ((wide)tasks[i].wcet << 64) / tasks[i].period;
	if (load > rate)
		return 1;
	return load + count <= rate ? -1 : 0;
}

static uint64_t disturbance(const struct task *tasks, uint32_t count, uint32_t me, uint64_t t)
{
	uint64_t work = 0;

	for (uint32_t j = 0; j < count; j++)
		if (j != me && tasks[j].priority <= tasks[me].priority)
			work = work_add(work,
					work_times(jobs_until(t + tasks[j].jitter, tasks[j].period),
						   tasks[j].wcet));
	return work;
}

/* When the q-th job of a busy period is done, counted from its start; TIME_NEVER: beyond limit. */
static uint64_t fp_done(const struct task *tasks, uint32_t count, uint32_t me, uint64_t own,
			uint64_t from, uint64_t limit, const struct supply *s, uint32_t *steps)
{
	uint64_t t = from;

	while (*steps) {
		uint64_t next = supply_time(s, work_add(own, disturbance(tasks, count, me, t)));

		--*steps;
		if (next == t)
			return t;
		if (next > limit)
			return TIME_NEVER;
		t = next;
	}
	return TIME_NEVER;
}

/*
 * Response-time analysis (Joseph and Pandya 1986) over a whole busy period (Lehoczky 1990), so that
 * a response beyond the period is right too; time is replaced by the least supply (Shin and Lee
 * 2003).
 */
static uint64_t fp_response(const struct task *tasks, uint32_t count, uint32_t me, uint64_t limit,
			    const struct supply *s)
{
	const struct task *task = &tasks[me];
	uint64_t worst = 0, done = 1;
	uint32_t steps = FP_STEPS;

	for (uint64_t q = 1;; q++) {
		uint64_t release = (q - 1) * task->period;

		done = fp_done(tasks, count, me, work_times(q, task->wcet), done,
			       limit == TIME_NEVER ? WORK_MAX : release + limit, s, &steps);
		if (done == TIME_NEVER)
			return TIME_NEVER;
		if (done - release > worst)
			worst = done - release;
		if (done <= release + task->period || worst > limit)
			return worst;
	}
}

static bool fp_hold(const struct task *tasks, uint32_t count, const struct supply *s)
{
	for (uint32_t i = 0; i < count; i++)
		if (fp_response(tasks, count, i, tasks[i].deadline, s) > tasks[i].deadline)
			return false;
	return true;
}

static struct task_verdict fp_analyse(struct task *tasks, uint32_t count, const struct supply *s)
{
	struct task_verdict verdict = {.hold = true, .known = true};

	for (uint32_t i = 0; i < count; i++) {
		struct task *task = &tasks[i];

		task->response = load_against_rate(tasks, count, task->priority, s) > 0
					 ? TIME_NEVER
					 : fp_response(tasks, count, i, TIME_NEVER, s);
		task->exact = true;
		task->holds = task->response <= task->deadline;
		if (!task->holds && verdict.hold) {
			verdict.hold = false;
			verdict.first = i;
		}
	}
	return verdict;
}

struct task_verdict tasks_analyse(struct task *tasks, uint32_t count, enum task_order order,
				  const struct supply *supply)
{
	return order == ORDER_EDF ? edf_analyse(tasks, count, supply)
				  : fp_analyse(tasks, count, supply);
}

bool tasks_hold(const struct task *tasks, uint32_t count, enum task_order order,
		const struct supply *supply)
{
	struct edf_miss miss;

	if (order == ORDER_EDF)
		return edf_test(tasks, count, supply, &miss) == EDF_HOLDS;
	return fp_hold(tasks, count, supply);
}
