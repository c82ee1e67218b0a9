/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission under EDF with D <= P: exact, by quick processor-demand analysis (Zhang and Burns 2009,
 * "Schedulability Analysis for Real-Time Systems with EDF Scheduling"). The sum of shares is known
 * to be at most 1; with D = P everywhere there is nothing more to ask.
 *
 * The demand h(t) of all jobs released from 0 on with deadlines up to t must never be more than t.
 * It need not be looked at beyond
 *  - the bound sum((P - D) * C'/P) / (1 - sum(C'/P)), since h(t) <= t * sum(C'/P) + sum((P - D) *
 *    C'/P), and
 *  - the first time at which the synchronous release of all has been worked off.
 * From there downwards: if h(t) < t, nothing between h(t) and t can be wrong; go on at h(t). If
 * h(t) = t, go on at the deadline before t. Below the first deadline there is no demand.
 */
#include "sched/admit.h"

enum { GATHER, BUSY, DEMAND };

static void next_pass(struct admit_run *r, uint8_t phase, ns_t t)
{
	r->phase = phase;
	r->t = t;
	r->sum = 0;
	r->edf.before = 0;
}

static void begin(struct admit_run *r)
{
	r->edf.first = NS_NEVER;
	next_pass(r, GATHER, 0);
}

static void add(struct admit_run *r, uint32_t i, const struct admit_task *t, ns_t cost)
{
	const ns_t period = t->period, deadline = t->deadline;
	ns_t jobs, last;

	(void)i;
	if (r->phase == GATHER) {
		r->t += cost;
		r->sum += ((period - deadline) * cost + period - 1) / period;
		if (deadline < r->edf.first)
			r->edf.first = deadline;
		return;
	}
	if (r->phase == BUSY) {
		r->sum += (r->t + period - 1) / period * cost;
		return;
	}
	jobs = (r->t + period - deadline) / period;
	r->sum += jobs * cost;
	last = jobs * period + deadline; /* the first deadline after t is this */
	if (jobs && last - period == r->t) {
		jobs--;
		last -= period;
	}
	if (jobs && last - period > r->edf.before)
		r->edf.before = last - period;
}

static enum admit_answer decide(struct admit_run *r)
{
	int64_t slack = (1ll << 32) - (int64_t)r->share - r->count; /* at least so much is free */

	switch (r->phase) {
	case GATHER:
		if (!r->sum)
			return ADMIT_YES;
		r->edf.bound = slack > 0 ? (r->sum << 32) / (uint64_t)slack + 1 : NS_NEVER;
		next_pass(r, BUSY, r->t);
		return ADMIT_MORE;
	case BUSY:
		if (r->sum >= r->edf.bound)
			next_pass(r, DEMAND, r->edf.bound);
		else
			next_pass(r, r->sum == r->t ? DEMAND : BUSY, r->sum);
		return ADMIT_MORE;
	default:
		if (r->sum > r->t)
			return admit_refuse(r, ADMIT_DEADLINE, r->t);
		if (r->sum <= r->edf.first)
			return ADMIT_YES;
		next_pass(r, DEMAND, r->sum < r->t ? r->sum : r->edf.before);
		return ADMIT_MORE;
	}
}

const struct admit_test admit_test_edf = {begin, add, decide};
