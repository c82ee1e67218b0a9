/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed priority with servers (C, P, D).
 *
 * Design: the ready heap is keyed by priority, equals in the order in which they came; who is
 * preempted keeps its place. Whoever has used up its budget is throttled. What a sleeper keeps is
 * its server's kind:
 *   periodic    C at each k*P; while it sleeps the budget runs away as if it ran, that is whenever
 *               nobody of a higher priority does
 *   polling     C at each k*P for who wants to run then; sleeping loses what is left
 *   deferrable  C at each k*P; kept until the end of the period
 *   sporadic    what was consumed comes back P after the activation in which it was
 * Nothing is done for a sleeper at k*P: its budget is worked out when it wakes. What ran away of a
 * periodic server is then read from the latest stretches of real-time execution; older ones count
 * as if nobody had run, against the owner.
 *
 * A sporadic server's budget is consumed piece by piece, each with an activation of its own: a
 * piece that comes back while an earlier one is still being consumed is not mixed with it, else it
 * would come back too early (Stanovich et al. 2010 on the server of POSIX).
 *
 * Locking: none (sched.h).
 */
#include "sched/sched.h"

static ns_t later(ns_t a, ns_t b)
{
	return a > b ? a : b;
}

static void make_ready(struct sched_cpu *c, struct sched_entity *e)
{
	sched_make_ready(c, e, e->priority);
}

static bool used_up(const struct sched_cpu *c, const struct sched_entity *e)
{
	return e->remaining < (int64_t)c->grain;
}

static void begin(struct sched_cpu *c, struct sched_entity *e, ns_t release)
{
	e->release = release;
	e->due = release + e->deadline;
	sched_tell(c, e, SCHED_EV_RELEASE, release);
}

/* Debt (an interrupt that came late) is paid from the new budget; it is far below C. */
static void refill(struct sched_cpu *c, struct sched_entity *e, ns_t release)
{
	e->remaining = (int64_t)e->capacity + (e->remaining < 0 ? e->remaining : 0);
	begin(c, e, release);
}

static void note_stretch(struct sched_busy *b, uint32_t priority, ns_t from, ns_t to)
{
	uint32_t newest = (b->next - 1) % SCHED_STRETCHES;

	if (from == to)
		return;
	if (b->list[newest].priority == priority && b->list[newest].to == from) {
		b->list[newest].to = to;
		return;
	}
	newest = b->next++ % SCHED_STRETCHES;
	b->list[newest].from = from;
	b->list[newest].to = to;
	b->list[newest].priority = priority;
}

/* How long priorities above `priority` have run in [from, to], as far as is known. */
static ns_t higher_ran(const struct sched_cpu *c, uint32_t priority, ns_t from, ns_t to)
{
	const struct sched_entity *r = c->current;
	const struct sched_busy *b = c->busy;
	ns_t sum = 0;

	if (sched_is_rt(r) && r->state == SCHED_READY && r->priority < priority && c->since < to)
		sum = to - later(c->since, from); /* not charged yet */
	for (uint32_t i = 1; i <= SCHED_STRETCHES; i++) {
		uint32_t at = (b->next - i) % SCHED_STRETCHES;

		if (b->list[at].to <= from)
			break;
		if (b->list[at].priority < priority && b->list[at].from < to)
			sum += sched_earlier(b->list[at].to, to) - later(b->list[at].from, from);
	}
	return sum;
}

/* Periodic: e slept in [from, now]. */
static void run_away(struct sched_cpu *c, struct sched_entity *e, ns_t from, ns_t now)
{
	int64_t gone = (int64_t)(now - from - higher_ran(c, e->priority, from, now));

	if (e->remaining > 0)
		e->remaining = e->remaining > gone ? e->remaining - gone : 0;
}

/* A sleeper whose budget does not depend on when it wakes up within a period. */
static void wake_within_period(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t release = now / e->period * e->period;

	if (release > e->release)
		refill(c, e, release);
	if (e->server == SCHED_PERIODIC)
		run_away(c, e, later(e->idle_mark, e->release), now);
	else
		e->due = now + e->deadline;
	if (used_up(c, e))
		sched_throttle(c, e, e->release + e->period);
	else
		make_ready(c, e);
}

/* Exactly at a release that it has not had yet, or at the next one. */
static void wake_for_poll(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t next = (now + e->period - 1) / e->period * e->period;

	if (next <= e->release)
		next = e->release + e->period;
	if (next > now) {
		e->release = next - e->period;
		sched_throttle(c, e, next);
		return;
	}
	refill(c, e, next);
	make_ready(c, e);
}

/* What the present activation consumed comes back P after it began. A full list: together with the
 * last one, later than that was due. */
static void give_back(struct sched_entity *e)
{
	struct sched_refills *r = e->refills;
	ns_t when = r->active_since + e->period;

	if (!r->consumed)
		return;
	if (r->count == SCHED_REFILLS || (r->count && r->list[r->count - 1].when == when))
		r->count--;
	else
		r->list[r->count].amount = 0;
	r->list[r->count].when = when;
	r->list[r->count].amount += r->consumed;
	r->count++;
	r->consumed = 0;
}

/* Takes in what has come back by `until`; only as much as it takes to run if `sparing`. */
static void take_in(struct sched_cpu *c, struct sched_entity *e, ns_t until, bool sparing)
{
	struct sched_refills *r = e->refills;
	uint32_t taken = 0;

	while (taken < r->count && r->list[taken].when <= until && !(sparing && !used_up(c, e))) {
		e->remaining += (int64_t)r->list[taken].amount;
		r->active_since = r->list[taken].when;
		taken++;
	}
	r->count -= taken;
	for (uint32_t i = 0; taken && i < r->count; i++)
		r->list[i] = r->list[i + taken];
}

/* An activation begins; one far behind (the CPU was halted) begins only now. */
static void activate(struct sched_cpu *c, struct sched_entity *e, ns_t since, ns_t now)
{
	if (unlikely(since + e->period <= now))
		since = now;
	e->refills->active_since = since;
	begin(c, e, since);
}

/* What it cost to put e to sleep was charged after it had left; it comes back like the rest. */
static void give_back_cost_of_sleep(struct sched_entity *e)
{
	struct sched_refills *r = e->refills;
	int64_t whole = e->remaining;

	for (uint32_t i = 0; i < r->count; i++)
		whole += (int64_t)r->list[i].amount;
	r->consumed = (ns_t)((int64_t)e->capacity - whole);
	give_back(e);
}

static void wake_sporadic(struct sched_cpu *c, struct sched_entity *e, ns_t since, ns_t now)
{
	give_back_cost_of_sleep(e);
	take_in(c, e, since, false);
	if (used_up(c, e)) {
		sched_throttle(c, e, e->refills->list[0].when);
		return;
	}
	activate(c, e, since, now);
	make_ready(c, e);
}

/* The present piece is used up: whether there is another one already. */
static bool next_piece(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	give_back(e);
	take_in(c, e, now, true);
	if (used_up(c, e))
		return false;
	activate(c, e, e->refills->active_since, now);
	return true;
}

static void fp_start(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	sched_set_first_release(e, now);
	if (e->server == SCHED_SPORADIC) {
		e->refills->consumed = 0;
		e->refills->count = 1;
		e->refills->list[0].when = e->grid;
		e->refills->list[0].amount = e->capacity;
	}
	sched_throttle(c, e, e->grid);
}

static void fp_replenish(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t release = e->release + e->period;

	if (e->server == SCHED_SPORADIC) {
		wake_sporadic(c, e, e->node.key, now);
		return;
	}
	if (unlikely(release + e->period <= now)) /* far behind */
		release = now / e->period * e->period;
	refill(c, e, release);
	make_ready(c, e);
}

static void fp_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	if (e->server == SCHED_SPORADIC)
		wake_sporadic(c, e, now, now);
	else if (e->server == SCHED_POLLING)
		wake_for_poll(c, e, now);
	else
		wake_within_period(c, e, now);
}

static void note_late(struct sched_cpu *c, struct sched_entity *e)
{
	if (e->late_due == e->due)
		return;
	e->late_due = e->due;
	e->late++;
	sched_tell(c, e, SCHED_EV_MISS, e->due);
}

/* e, which ran, wanted more than it was given by the end of its period. The rest is lost. */
static void enter_period(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now)
{
	ns_t release = now / e->period * e->period;
	int64_t since = (int64_t)sched_earlier(ran, now - release);

	e->remaining += since;
	if (e->due == release && !used_up(c, e))
		note_late(c, e);
	refill(c, e, release);
	e->remaining -= since;
}

static void fp_charge(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now)
{
	ns_t until;

	if (unlikely(now > e->due))
		note_late(c, e);
	note_stretch(c->busy, e->priority, now - ran, now);
	e->remaining -= (int64_t)ran;
	if (e->server == SCHED_SPORADIC)
		e->refills->consumed += ran;
	else if (unlikely(now >= e->release + e->period))
		enter_period(c, e, ran, now);
	if (!used_up(c, e) || (e->server == SCHED_SPORADIC && next_piece(c, e, now)))
		return;
	e->overruns++;
	heap_remove(&c->ready, &e->node);
	until = e->server == SCHED_SPORADIC ? e->refills->list[0].when : e->release + e->period;
	sched_throttle(c, e, until);
	sched_tell(c, e, SCHED_EV_BUDGET, until);
}

static void fp_leave(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	(void)c;
	if (e->server == SCHED_SPORADIC)
		give_back(e);
	else
		e->idle_mark = now;
}

static enum sched_preempts fp_may_preempt(const struct sched_cpu *c, const struct sched_entity *s,
					  const struct sched_entity *r)
{
	(void)c;
	return s->priority < r->priority ? SCHED_THIS : SCHED_NOT_THIS;
}

const struct sched_policy sched_fixed_priority = {
	.name = "fixed-priority",
	.start = fp_start,
	.wake = fp_wake,
	.replenish = fp_replenish,
	.may_preempt = fp_may_preempt,
	.charge = fp_charge,
	.leave = fp_leave,
	.next_release = sched_next_multiple,
};
