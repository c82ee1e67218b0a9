/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EDF on a supply.
 *
 * Test: the demand of every interval, dbf(t) = sum (floor((t - D) / T) + 1) * C, is at most the
 * supply of it (Baruah, Rosier and Howell 1990; Shin and Lee 2003). Looked at backwards from the
 * end of the longest busy period, in the jumps of quick processor-demand analysis (Zhang and Burns
 * 2009) with the inverse of the supply in place of time: from t one may go on at the time u < t at
 * which the supply reaches dbf(t), for in between demand is less and supply more.
 *
 * Response: for a job released `a` after the start of a busy period, what is due no later than it
 * goes first (Spuri 1996, deadline busy periods); the worst over all `a` that can matter.
 */
#include "analyse_parts.h"

#define BUSY_STEPS     200000u
#define TEST_STEPS     2000000u
#define FORWARD_STEPS  1000000u
#define RESPONSE_STEPS 4000000u /* of one task, times tasks */

static uint64_t demand(const struct task *tasks, uint32_t count, uint64_t t)
{
	uint64_t work = 0;

	for (uint32_t i = 0; i < count; i++)
		if (t >= tasks[i].deadline)
			work = work_add(work,
					work_times((t - tasks[i].deadline) / tasks[i].period + 1,
						   tasks[i].wcet));
	return work;
}

/* The last deadline before t; 0: none. */
static uint64_t deadline_before(const struct task *tasks, uint32_t count, uint64_t t)
{
	uint64_t last = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t at;

		if (t <= tasks[i].deadline)
			continue;
		at = (t - tasks[i].deadline - 1) / tasks[i].period * tasks[i].period +
		     tasks[i].deadline;
		last = at > last ? at : last;
	}
	return last;
}

/* The first deadline after t, with all deadlines moved earlier by `shift`. */
static uint64_t deadline_after(const struct task *tasks, uint32_t count, uint64_t t, uint64_t shift)
{
	uint64_t first = TIME_NEVER;

	t += shift;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = tasks[i].deadline;

		if (t >= at)
			at += ((t - at) / tasks[i].period + 1) * tasks[i].period;
		first = at < first ? at : first;
	}
	return first - shift;
}

/* The longest time that released work can keep the supply busy; TIME_NEVER: not found. */
static uint64_t busy_period(const struct task *tasks, uint32_t count, const struct supply *s)
{
	uint64_t t = 1;

	for (uint32_t step = 0; step < BUSY_STEPS; step++) {
		uint64_t work = 0, next;

		for (uint32_t i = 0; i < count; i++)
			work = work_add(work,
					work_times(jobs_until(t, tasks[i].period), tasks[i].wcet));
		next = supply_time(s, work);
		if (next == t || next == TIME_NEVER)
			return next;
		t = next;
	}
	return TIME_NEVER;
}

/*
 * From here on demand cannot exceed supply: dbf(t) <= load * t + sum max(0, T - D) * C / T, and
 * sbf(t) >= rate * (t - delay). Rounded far enough up for the arithmetic in floating point.
 */
static uint64_t linear_bound(const struct task *tasks, uint32_t count, const struct supply *s)
{
	long double rate = (long double)s->capacity / (long double)s->period, load = 0;
	long double excess = rate * (long double)supply_delay(s), bound;

	for (uint32_t i = 0; i < count; i++) {
		long double share = (long double)tasks[i].wcet / (long double)tasks[i].period;

		load += share;
		if (tasks[i].period > tasks[i].deadline)
			excess += share * (long double)(tasks[i].period - tasks[i].deadline);
	}
	if (rate - load < 1e-12L)
		return TIME_NEVER;
	bound = excess / (rate - load) * 1.000001L + 1;
	return bound < (long double)WORK_MAX ? (uint64_t)bound : TIME_NEVER;
}

/* Demand exceeds supply at `last`: the shortest interval at which it does, if it is near. */
static uint64_t first_excess(const struct task *tasks, uint32_t count, const struct supply *s,
			     uint64_t last)
{
	uint64_t t = 0;

	for (uint32_t step = 0; step < FORWARD_STEPS; step++) {
		t = deadline_after(tasks, count, t, 0);
		if (t >= last)
			return last;
		if (supply_bound(s, t) < demand(tasks, count, t))
			return t;
	}
	return last;
}

/* More load than rate: a deadline is missed for certain, if far away. */
static enum edf_answer overloaded(const struct task *tasks, uint32_t count, const struct supply *s,
				  struct edf_miss *miss)
{
	uint64_t t = first_excess(tasks, count, s, TIME_NEVER);

	miss->interval = t == TIME_NEVER ? 0 : t;
	return EDF_MISSES;
}

enum edf_answer edf_test(const struct task *tasks, uint32_t count, const struct supply *s,
			 struct edf_miss *miss)
{
	uint64_t t, linear;

	miss->interval = 0;
	if (!count)
		return EDF_HOLDS;
	if (load_against_rate(tasks, count, UINT32_MAX, s) > 0)
		return overloaded(tasks, count, s, miss);
	t = busy_period(tasks, count, s);
	linear = linear_bound(tasks, count, s);
	t = t < linear ? t : linear;
	if (t == TIME_NEVER)
		return EDF_UNKNOWN;
	t = deadline_before(tasks, count, t + 1);
	for (uint32_t step = 0; step < TEST_STEPS; step++) {
		uint64_t work = t ? demand(tasks, count, t) : 0, done;

		if (!work)
			return EDF_HOLDS;
		done = supply_time(s, work);
		if (done > t) {
			miss->interval = first_excess(tasks, count, s, t);
			return EDF_MISSES;
		}
		t = done < t ? done : deadline_before(tasks, count, t);
	}
	return EDF_UNKNOWN;
}

/* Work due no later than `a + D of me`, released in [0, t), me first at `phase`. */
static uint64_t due_work(const struct task *tasks, uint32_t count, uint32_t me, uint64_t a,
			 uint64_t t)
{
	uint64_t due = a + tasks[me].deadline, phase = a % tasks[me].period, work = 0;

	for (uint32_t j = 0; j < count; j++) {
		uint64_t from = j == me ? phase : 0, released, counted;

		if (due < from + tasks[j].deadline || t <= from)
			continue;
		released = jobs_until(t - from, tasks[j].period);
		counted = (due - from - tasks[j].deadline) / tasks[j].period + 1;
		work = work_add(work,
				work_times(released < counted ? released : counted, tasks[j].wcet));
	}
	return work;
}

/* When the busy period of work due by then ends; 0 if there is none at its start. */
static uint64_t due_busy(const struct task *tasks, uint32_t count, uint32_t me, uint64_t a,
			 const struct supply *s, uint64_t *steps)
{
	uint64_t t = 1;

	while (*steps) {
		uint64_t next = supply_time(s, due_work(tasks, count, me, a, t));

		--*steps;
		if (next == t || !next || next == TIME_NEVER)
			return next;
		t = next;
	}
	return TIME_NEVER;
}

/* Candidates for `a`: with each of them some job is due at the same time as the one looked at. */
static uint64_t edf_response(const struct task *tasks, uint32_t count, uint32_t me, uint64_t busy,
			     const struct supply *s)
{
	uint64_t worst = 0, steps = RESPONSE_STEPS / count + 1000;

	for (uint64_t a = 0; a < busy; a = deadline_after(tasks, count, a, tasks[me].deadline)) {
		uint64_t end = due_busy(tasks, count, me, a, s, &steps);

		if (!steps || end == TIME_NEVER)
			return TIME_NEVER;
		if (end > a && end - a > worst)
			worst = end - a;
	}
	return worst;
}

struct task_verdict edf_analyse(struct task *tasks, uint32_t count, const struct supply *s)
{
	struct edf_miss miss;
	enum edf_answer answer = edf_test(tasks, count, s, &miss);
	struct task_verdict verdict = {.hold = answer == EDF_HOLDS,
				       .known = answer != EDF_UNKNOWN,
				       .first = count,
				       .interval = miss.interval};
	bool bounded = count && load_against_rate(tasks, count, UINT32_MAX, s) <= 0;
	uint64_t busy = bounded ? busy_period(tasks, count, s) : TIME_NEVER;

	for (uint32_t i = 0; i < count; i++) {
		struct task *task = &tasks[i];

		task->response =
			busy == TIME_NEVER ? TIME_NEVER : edf_response(tasks, count, i, busy, s);
		task->exact = task->response != TIME_NEVER;
		if (!task->exact && verdict.hold)
			task->response = task->deadline;
		task->holds = task->response <= task->deadline;
		if (!task->holds && verdict.first == count)
			verdict.first = i;
	}
	if (verdict.interval) {
		verdict.demand = demand(tasks, count, verdict.interval);
		verdict.supply = supply_bound(s, verdict.interval);
	}
	return verdict;
}
