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
 * With extra time, who is throttled also waits in `extra` and runs there, uncharged, while neither
 * a reservation nor best effort wants the CPU.
 *
 * Locking: none (sched.h).
 */
#include "sched/sched.h"

static void serve(struct sched_cpu *c, struct sched_entity *e, ns_t release)
{
	e->release = release;
	e->due = release + e->deadline;
	/* Debt (an interrupt that came late) is paid from the new budget; it is far below C. */
	e->remaining = (int64_t)e->capacity + (e->remaining < 0 ? e->remaining : 0);
	sched_make_ready(c, e, e->due);
	sched_tell(c, e, SCHED_EV_RELEASE, release);
}

static void throttle(struct sched_cpu *c, struct sched_entity *e)
{
	sched_throttle(c, e, e->release + e->period);
	if (e->extra_time)
		heap_insert(&c->extra, &e->extra, e->due);
}

static void edf_start(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	if (now < e->not_before)
		now = e->not_before - 1;
	e->grid = now / e->period * e->period + e->period;
	e->release = e->grid - e->period;
	e->due = e->release;
	e->remaining = 0;
	sched_throttle(c, e, e->grid);
}

static void edf_replenish(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t release = e->release + e->period;

	if (e->extra_time)
		heap_remove(&c->extra, &e->extra);
	if (unlikely(release + e->period <= now)) /* far behind: CPU was halted, not overloaded */
		release = now;
	serve(c, e, release);
}

/* Products stay below 2^60: remaining, period and (due - now) are at most 1 s. */
static void edf_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	uint64_t left, share;

	if (now >= e->release + e->period) {
		serve(c, e, now);
		return;
	}
	if (e->remaining <= 0 || now >= e->due) {
		throttle(c, e);
		return;
	}
	left = (uint64_t)e->remaining * e->deadline;
	share = (e->due - now) * e->capacity;
	if (left > share) {
		if (e->deadline == e->period) {
			serve(c, e, now);
			return;
		}
		e->remaining = (int64_t)(share / e->deadline);
	}
	sched_make_ready(c, e, e->due);
}

static void edf_charge(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now)
{
	if (unlikely(now > e->due) && e->late_due != e->due) {
		e->late_due = e->due;
		e->late++;
		sched_tell(c, e, SCHED_EV_MISS, e->due);
	}
	e->remaining -= (int64_t)ran;
	if (e->remaining >= (int64_t)c->grain)
		return;
	e->overruns++;
	heap_remove(&c->ready, &e->node);
	throttle(c, e);
	sched_tell(c, e, SCHED_EV_BUDGET, e->release + e->period);
}

static void edf_leave(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	(void)now;
	if (e->extra_time)
		heap_remove(&c->extra, &e->extra);
}

/* With a new deadline, or with the one it fell asleep with. */
static bool edf_may_preempt(const struct sched_entity *s, const struct sched_entity *r)
{
	return s->node.key + s->deadline < r->due || (s->due > s->node.key && s->due < r->due);
}

static ns_t edf_next_release(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t next = e->grid + e->period;

	(void)c;
	if (unlikely(next <= now))
		next = now / e->period * e->period + e->period;
	e->grid = next;
	return next;
}

const struct sched_policy sched_edf = {
	.name = "edf",
	.start = edf_start,
	.wake = edf_wake,
	.replenish = edf_replenish,
	.may_preempt = edf_may_preempt,
	.charge = edf_charge,
	.leave = edf_leave,
	.next_release = edf_next_release,
};
