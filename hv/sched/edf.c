/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Earliest deadline first with reservations (C, P, D).
 *
 * Design: a reservation is a hard constant-bandwidth server (Abeni and Buttazzo 1998): budget C per
 * period P, served by deadline release + D, throttled when used up until release + P. A sleeper
 * that wakes keeps budget and deadline only if what is left does not exceed its bandwidth until
 * that deadline; else a new server period starts at the wake-up, so sleeping and waking never
 * yields more than C/P. With D < P that rule would allow two budgets within one period; there the
 * left-over budget is cut to its bandwidth instead, and a wake-up after the deadline waits for
 * release + P. Releases are k*P for whoever waits for them (sched_wait_period) and are never
 * accumulated.
 *
 * Locking: none (sched.h).
 */
#include "sched/sched.h"

static void serve(struct sched_queue *q, struct sched_entity *e, ns_t release)
{
	e->release = release;
	e->due = release + e->deadline;
	/* Debt (an interrupt that came late) is paid from the new budget; it is far below C. */
	e->remaining = (int64_t)e->capacity + (e->remaining < 0 ? e->remaining : 0);
	sched_make_ready(q, e, e->due);
}

static void throttle(struct sched_queue *q, struct sched_entity *e)
{
	e->state = SCHED_THROTTLED;
	heap_insert(&q->timed, &e->node, e->release + e->period);
}

static void edf_replenish(struct sched_queue *q, struct sched_entity *e, ns_t now)
{
	ns_t release = e->release + e->period;

	if (unlikely(release + e->period <= now)) /* far behind: CPU was halted, not overloaded */
		release = now;
	serve(q, e, release);
}

/* Products stay below 2^60: remaining, period and (due - now) are at most 1 s. */
static void edf_wake(struct sched_queue *q, struct sched_entity *e, ns_t now)
{
	uint64_t left, share;

	if (now >= e->release + e->period) {
		serve(q, e, now);
		return;
	}
	if (e->remaining <= 0 || now >= e->due) {
		throttle(q, e);
		return;
	}
	left = (uint64_t)e->remaining * e->deadline;
	share = (e->due - now) * e->capacity;
	if (left > share) {
		if (e->deadline == e->period) {
			serve(q, e, now);
			return;
		}
		e->remaining = (int64_t)(share / e->deadline);
	}
	sched_make_ready(q, e, e->due);
}

static void edf_charge(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now)
{
	struct sched_queue *q = &c->queues[SCHED_RT];

	if (unlikely(now > e->due) && e->late_due != e->due) {
		e->late_due = e->due;
		e->late++;
	}
	e->remaining -= (int64_t)ran;
	if (e->remaining >= (int64_t)c->grain)
		return;
	e->overruns++;
	heap_remove(&q->ready, &e->node);
	throttle(q, e);
}

/* With a new deadline, or with the one it fell asleep with. */
static bool edf_may_preempt(const struct sched_entity *s, const struct sched_entity *r)
{
	return s->node.key + s->deadline < r->due || (s->due > s->node.key && s->due < r->due);
}

const struct sched_policy sched_edf = {
	.name = "edf",
	.wake = edf_wake,
	.replenish = edf_replenish,
	.may_preempt = edf_may_preempt,
	.charge = edf_charge,
};
