/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Earliest deadline first with reservations (C, P, D).
 *
 * Design: a reservation is a hard server: budget C per period P, served by deadline release + D,
 * throttled when used up until release + P. Admission (admit_edf.c) trusts that budgets with near
 * deadlines are P apart, sleepers or not. So who sleeps within a period gives up what is left of
 * that period; when it wakes, it is served from the next period's budget ahead of time, with the
 * next period's deadline, which is at least D away. Sleeping and waking yields no more than C per P
 * and never takes time from an earlier deadline that admission has promised. (A constant-bandwidth
 * server, which keeps budget and deadline of a sleeper whose rest does not exceed its bandwidth, is
 * safe only if the sum of C/D is at most 1.) Releases are k*P for whoever waits for them
 * (sched_wait_period) and are never accumulated.
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
	sched_set_first_release(e, now);
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

static void edf_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	if (now >= e->release + e->period) {
		serve(c, e, now);
		return;
	}
	if (e->remaining <= 0) {
		throttle(c, e);
		return;
	}
	if (now > e->release) {
		e->remaining = 0;
		serve(c, e, e->release + e->period);
		return;
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

/* With a new deadline, or with the one it fell asleep with: whoever wakes has a deadline that is at
 * least its relative one away. */
static enum sched_preempts edf_may_preempt(const struct sched_cpu *c, const struct sched_entity *s,
					   const struct sched_entity *r)
{
	if (s->node.key + c->shortest >= r->due)
		return SCHED_NOBODY;
	return s->node.key + s->deadline < r->due || (s->due > s->node.key && s->due < r->due)
		       ? SCHED_THIS
		       : SCHED_NOT_THIS;
}

const struct sched_policy sched_edf = {
	.name = "edf",
	.start = edf_start,
	.wake = edf_wake,
	.replenish = edf_replenish,
	.may_preempt = edf_may_preempt,
	.charge = edf_charge,
	.next_release = sched_next_multiple,
};
