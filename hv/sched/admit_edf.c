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
 * From there downwards: let d be the last deadline up to t; h(t) = h(d) must be at most d. If it is
 * less, nothing between h(d) and d can be wrong; go on at h(d). If it is d, go on before d. Below
 * the first deadline there is no demand.
 */
#include "sched/admit.h"

enum { GATHER, BUSY, DEMAND };

static enum admit_answer next_pass(struct admit_run *r, uint8_t phase, ns_t t)
{
	r->phase = phase;
	r->t = t;
	r->sum = 0;
	r->edf.before = 0;
	return ADMIT_MORE;
}

static void begin(struct admit_run *r)
{
	r->edf.first = NS_NEVER;
	next_pass(r, GATHER, 0);
}

static void gather(struct admit_run *r, const struct admit_task *t, ns_t cost)
{
	ns_t early = t->period - t->deadline;

	r->t += cost;
	r->sum += (early * cost + t->period - 1) / t->period;
	if (t->deadline < r->edf.first)
		r->edf.first = t->deadline;
}

/* BUSY asks for releases before r->t, DEMAND for deadlines up to it. */
static void look(struct admit_run *r, const struct admit_task *t, ns_t cost)
{
	ns_t early = t->period - (r->phase == BUSY ? 1 : t->deadline);
	ns_t jobs = (r->t + early) / t->period;
	int64_t last = (int64_t)(jobs * t->period - early); /* negative: none */

	r->sum += jobs * cost;
	if (last > r->edf.before)
		r->edf.before = last;
}

static void pass(struct admit_run *r, uint32_t first, uint32_t end)
{
	for (; first < end; first++) {
		const struct admit_task *t = admit_member(r, first);
		ns_t cost = t->capacity + r->system->overhead;

		if (!t->period) /* gone since: the caller begins again */
			continue;
		if (r->phase == GATHER)
			gather(r, t, cost);
		else
			look(r, t, cost);
	}
}

static enum admit_answer decide(struct admit_run *r)
{
	int64_t slack = (1ll << 32) - (int64_t)r->share - r->count; /* at least so much is free */
	ns_t sum = r->sum, before = (ns_t)r->edf.before;

	if (r->phase == GATHER) {
		if (!sum)
			return ADMIT_YES;
		r->edf.bound = slack > 0 ? (sum << 32) / (uint64_t)slack + 1 : NS_NEVER;
		return next_pass(r, BUSY, r->t);
	}
	if (r->phase == BUSY) {
		if (sum >= r->edf.bound)
			return next_pass(r, DEMAND, r->edf.bound);
		return next_pass(r, sum == r->t ? DEMAND : BUSY, sum);
	}
	if (sum > before)
		return admit_refuse(r, ADMIT_DEADLINE, before);
	if (sum <= r->edf.first)
		return ADMIT_YES;
	return next_pass(r, DEMAND, sum < before ? sum : before - 1);
}

const struct admit_test admit_test_edf = {begin, pass, decide};
