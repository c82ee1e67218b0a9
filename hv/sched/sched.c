/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/sched.h"

void sched_init(struct sched_cpu *c, struct sched_shared *shared, uint32_t index,
		struct heap_slot *slots, uint32_t entities, ns_t grain)
{
	*c = (struct sched_cpu){.event = NS_NEVER,
				.shortest = NS_NEVER,
				.grain = grain,
				.index = index,
				.shared = shared};
	heap_init(&c->ready, slots, entities);
	heap_init(&c->timed, slots + entities, entities);
	heap_init(&c->sleeping, slots + 2 * entities, entities);
	heap_init(&c->extra, slots + 3 * entities, entities);
	for (unsigned i = 0; i < SCHED_BE_PRIORITIES; i++)
		c->last[i] = SCHED_MAX_BE - 1;
	shared->cpus[index] = c;
}

static void note_deadline(struct sched_cpu *c, const struct sched_entity *e)
{
	if (e->queue == SCHED_RT)
		c->shortest = sched_earlier(c->shortest, e->deadline);
}

void sched_start(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	e->ran = 0;
	e->ready_since = now;
	if (e->queue == SCHED_BE)
		rr_wake(c, e);
	else
		c->policy->start(c, e, now);
	note_deadline(c, e);
}

/* Out of whatever heap or word it is in. */
static void take_out(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	if (e->queue == SCHED_BE) {
		if (e->state == SCHED_READY)
			rr_leave(c, e);
		else
			heap_remove(&c->sleeping, &e->node);
		return;
	}
	if (e->state != SCHED_BLOCKED && c->policy->leave)
		c->policy->leave(c, e, now);
	if (unlikely(c->extra.count != 0))
		heap_remove(&c->extra, &e->extra);
	heap_remove(e->state == SCHED_READY ? &c->ready : &c->timed, &e->node);
}

/* Current pays for what it ran; afterwards it may be throttled. */
static inline void settle(struct sched_cpu *c, ns_t now)
{
	struct sched_entity *e = c->current;
	ns_t ran = now - c->since;

	c->since = now;
	if (!e)
		return;
	e->ran += ran;
	if (e->state != SCHED_READY) {         /* asleep, or runs in extra time */
		if (e->state == SCHED_BLOCKED) /* what it costs to put it to sleep is its own */
			e->remaining -= (int64_t)ran;
		return;
	}
	if (e->queue == SCHED_RT)
		c->policy->charge(c, e, ran, now);
	else
		e->remaining -= (int64_t)ran;
}

void sched_stop(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	if (e == c->current) {
		settle(c, now);
		c->current = NULL; /* it may start on another CPU */
	}
	take_out(c, e, now);
	e->state = SCHED_OFF;
	if (e->queue == SCHED_RT)
		e->not_before = e->release + e->period;
}

void sched_block(struct sched_cpu *c, struct sched_entity *e, ns_t wake_at, ns_t now)
{
	if (e == c->current)
		settle(c, now);
	if (likely(e->queue == SCHED_RT && e->state == SCHED_READY && !c->policy->leave))
		heap_remove(&c->ready, &e->node);
	else
		take_out(c, e, now);
	e->state = SCHED_BLOCKED;
	if (wake_at != NS_NEVER)
		heap_insert(e->queue == SCHED_RT ? &c->timed : &c->sleeping, &e->node,
			    wake_at > now ? wake_at : now);
}

void sched_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	if (e->state != SCHED_BLOCKED)
		return;
	take_out(c, e, now);
	e->ready_since = now;
	sched_tell(c, e, SCHED_EV_WAKE, now);
	if (e->queue == SCHED_BE)
		rr_wake(c, e);
	else
		c->policy->wake(c, e, now);
}

ns_t sched_next_multiple(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t next = e->grid + e->period;

	(void)c;
	if (unlikely(next <= now))
		next = now / e->period * e->period + e->period;
	e->grid = next;
	return next;
}

static void handle_due(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t nominal = e->node.key;

	heap_remove(&c->timed, &e->node);
	if (e->state != SCHED_BLOCKED) {
		c->policy->replenish(c, e, now);
		return;
	}
	e->ready_since = nominal;
	sched_tell(c, e, SCHED_EV_WAKE, nominal);
	c->policy->wake(c, e, nominal);
}

/* Handles sleepers that are due; others are found again, as event then lies in the past. The first
 * that is not: *sleeper, or NULL. */
static inline ns_t handle_all_due(struct sched_cpu *c, ns_t now, struct sched_entity **sleeper)
{
	unsigned left = c->timed.count > SCHED_FEW ? 1 : SCHED_DUE_MAX;

	for (;;) {
		struct sched_entity *e = sched_first(&c->timed);

		*sleeper = e;
		if (!e)
			return NS_NEVER;
		if (e->node.key > now || !left--)
			return e->node.key;
		handle_due(c, e, now);
	}
}

/*
 * Among reservations. It is looked at again when its budget ends, or at the time of the first
 * sleeper if that could preempt it, else at that of the second.
 */
static inline struct sched_entity *pick_real_time(struct sched_cpu *c, ns_t now,
						  const struct sched_entity *sleeper, ns_t *event)
{
	struct sched_entity *e;
	ns_t budget_end;

	if (unlikely(c->policy && c->policy->pick))
		return c->policy->pick(c, now, event);
	e = sched_first(&c->ready);
	if (!e)
		return NULL;
	budget_end = now + (ns_t)e->remaining;
	if (*event > now && *event < budget_end) {
		enum sched_preempts who = c->policy->may_preempt(c, sleeper, e);

		if (who == SCHED_NOT_THIS)
			*event = heap_second(&c->timed);
		else if (who == SCHED_NOBODY)
			*event = NS_NEVER;
	}
	*event = sched_earlier(*event, budget_end);
	return e;
}

static struct sched_entity *pick_extra(struct sched_cpu *c)
{
	struct heap_node *n = heap_top(&c->extra);

	return n ? container_of(n, struct sched_entity, extra) : NULL;
}

struct sched_entity *sched_pick(struct sched_cpu *c, ns_t now)
{
	struct sched_entity *e, *sleeper, *before = c->current;
	ns_t event;

	settle(c, now);
	event = handle_all_due(c, now, &sleeper);
	e = pick_real_time(c, now, sleeper, &event);
	if (e) {
		if (c->shares)
			rr_set_aside(c);
	} else if (!c->closed) {
		e = rr_pick(c, now, &event);
	}
	if (!e)
		e = pick_extra(c);
	if (before != e) {
		if (before)
			before->ready_since = now;
		if (e)
			e->lost += now - e->ready_since;
	}
	c->event = event;
	c->current = e;
	return e;
}

bool sched_depart(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t key = e->node.index ? e->node.key : NS_NEVER;

	if (e == c->current || e->state == SCHED_READY)
		return false;
	take_out(c, e, now);
	e->node.key = key;
	return true;
}

void sched_arrive(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	(void)now;
	if (e->state != SCHED_OFF && e->node.key != NS_NEVER)
		heap_insert(&c->timed, &e->node, e->node.key);
	note_deadline(c, e);
}
