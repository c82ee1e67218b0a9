/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time table: major frames with slots, each with an owner (ARINC 653).
 *
 * Design: a CPU has plans; one is in force. Its frame repeats without drift: frames begin at
 * multiples of the frame from the clock's 0, or from the end of the frame in which another plan was
 * wanted. A slot's time is its owner's whenever that one wants it. What the owner leaves and the
 * gaps between slots go to best effort, or to nobody if gaps_idle. No budgets: the table itself is
 * the bound. Who is READY is in no heap; only the present slot's owner is ever looked at, so other
 * owners' sleeps never interrupt it.
 *
 * The position moves on by one slot a look; a CPU that is further behind finds its place anew.
 *
 * Locking: none (sched.h); plan_wanted is atomic, any CPU writes it.
 */
#include "sched/sched.h"

#define HOPS 4u /* slots of its own that who is late for its next one skips one by one */

static const struct sched_plan *plan_of(const struct sched_cpu *c)
{
	return &c->plans[c->plan];
}

void sched_link_plan(const struct sched_plan *p, struct sched_slot *slots, uint32_t index)
{
	for (uint32_t i = p->count; i--;) {
		uint32_t next = i;

		do
			next = (next + 1) % p->count;
		while (slots[next].owner != slots[i].owner);
		slots[i].next = next;
		slots[i].owner->first[index] = (uint8_t)i;
	}
}

/* The plan in force at the end of the present frame. */
static uint32_t next_plan(struct sched_cpu *c)
{
	uint32_t wanted = atomic_load_explicit(&c->plan_wanted, memory_order_relaxed);

	return wanted < c->plan_count ? wanted : c->plan;
}

static void next_frame(struct sched_cpu *c)
{
	uint32_t plan = next_plan(c);

	c->frame += plan_of(c)->frame;
	c->slot = 0;
	if (likely(plan == c->plan))
		return;
	c->plan = plan;
	sched_tell(c, NULL, SCHED_EV_PLAN, c->frame);
}

/* The first slot that has not ended `at` after the frame's start; count if there is none. */
static uint32_t find_slot(const struct sched_plan *p, ns_t at)
{
	uint32_t low = 0, high = p->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (p->slots[middle].end <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Makes `frame` and `slot` the present ones: a slot that has not ended, or the gap behind the last
 * one. */
static void advance(struct sched_cpu *c, ns_t now)
{
	const struct sched_plan *p = plan_of(c);

	if (c->slot < p->count && now >= c->frame + p->slots[c->slot].end)
		c->slot++;
	if (now >= c->frame + p->frame) {
		next_frame(c);
		p = plan_of(c);
		if (unlikely(now >= c->frame + p->frame))
			c->frame = now - (now - c->frame) % p->frame;
	}
	if (unlikely(c->slot < p->count && now >= c->frame + p->slots[c->slot].end))
		c->slot = find_slot(p, now - c->frame);
}

/* A slot, in time. */
struct place {
	const struct sched_plan *plan;
	ns_t frame;
	uint32_t slot;
};

/* The start of e's first slot in the frame that follows; of the frame, if e has none there. */
static ns_t in_next_frame(struct sched_cpu *c, const struct sched_entity *e, struct place *at)
{
	uint32_t plan = next_plan(c);
	const struct sched_plan *p = &c->plans[plan];
	uint32_t first = e->first[plan];

	at->frame += at->plan->frame;
	at->plan = p;
	at->slot = first;
	if (first >= p->count || p->slots[first].owner != e)
		return at->frame;
	return at->frame + p->slots[first].start;
}

/* From a slot of e's to its next one; returns when that one starts. */
static ns_t hop(struct sched_cpu *c, const struct sched_entity *e, struct place *at)
{
	uint32_t next = at->slot;

	if (at->slot < at->plan->count && at->plan->slots[at->slot].owner == e)
		next = at->plan->slots[at->slot].next;
	if (next <= at->slot)
		return in_next_frame(c, e, at);
	at->slot = next;
	return at->frame + at->plan->slots[next].start;
}

static ns_t tt_next_release(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	struct place at = {plan_of(c), c->frame, c->slot};

	for (unsigned left = HOPS; left; left--) {
		e->grid = hop(c, e, &at);
		if (likely(e->grid > now))
			return e->grid;
		e->release = e->grid; /* that one is not waited for any more */
	}
	advance(c, now); /* far behind */
	at = (struct place){plan_of(c), c->frame, c->slot};
	e->grid = in_next_frame(c, e, &at);
	return e->grid;
}

static void tt_start(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	(void)c;
	(void)now;
	e->due = 0; /* of no slot */
	e->state = SCHED_READY;
}

static void tt_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	(void)c;
	(void)now;
	e->state = SCHED_READY;
}

/* The slot that e ran in has not been left yet. */
static void tt_charge(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now)
{
	struct place at = {plan_of(c), c->frame, c->slot};

	e->remaining -= (int64_t)ran;
	if (now < e->due)
		return;
	e->overruns++;
	sched_tell(c, e, SCHED_EV_BUDGET, hop(c, e, &at));
}

static void begin_slot(struct sched_cpu *c, struct sched_entity *e, ns_t start, ns_t end)
{
	e->release = start;
	e->due = end;
	e->remaining = (int64_t)(end - start);
	if (e->ready_since <= start)
		sched_tell(c, e, SCHED_EV_RELEASE, start);
}

/* In a slot of e's that it has not had: whether e sleeps until a later one, which it was promised
 * when another plan was in force. */
static bool waits_in_vain(const struct sched_entity *e, ns_t start)
{
	return e->state == SCHED_BLOCKED && e->node.index && e->node.key == e->grid &&
	       e->grid > start && e->release != start;
}

static void wake_now(struct sched_cpu *c, struct sched_entity *e, ns_t start)
{
	heap_remove(&c->timed, &e->node);
	e->grid = start;
	e->ready_since = start;
	e->state = SCHED_READY;
	sched_tell(c, e, SCHED_EV_WAKE, start);
}

static struct sched_entity *tt_pick(struct sched_cpu *c, ns_t now, ns_t *event)
{
	const struct sched_plan *p;
	struct sched_entity *e;
	ns_t start, end;

	advance(c, now);
	p = plan_of(c);
	c->closed = p->gaps_idle;
	start = c->frame + (c->slot < p->count ? p->slots[c->slot].start : p->frame);
	*event = start;
	if (now < start)
		return NULL;
	e = p->slots[c->slot].owner;
	end = c->frame + p->slots[c->slot].end;
	*event = end;
	if (unlikely(waits_in_vain(e, start)))
		wake_now(c, e, start);
	if (e->state == SCHED_READY) {
		if (e->release != start || e->due != end)
			begin_slot(c, e, start, end);
		return e;
	}
	if (e->node.index)
		*event = sched_earlier(end, e->node.key);
	return NULL;
}

const struct sched_policy sched_time_table = {
	.name = "table",
	.start = tt_start,
	.wake = tt_wake,
	.replenish = tt_wake,
	.charge = tt_charge,
	.next_release = tt_next_release,
	.pick = tt_pick,
};
