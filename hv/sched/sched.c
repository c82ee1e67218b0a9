/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/sched.h"

static struct sched_entity *first(const struct heap *h)
{
	return h->count ? container_of(h->slots[0], struct sched_entity, node) : NULL;
}

static ns_t key_of(const struct heap *h)
{
	return h->count ? h->slots[0]->key : NS_NEVER;
}

static ns_t earlier(ns_t a, ns_t b)
{
	return a < b ? a : b;
}

void sched_init(struct sched_cpu *c, struct heap_node **slots, uint32_t entities, ns_t grain)
{
	*c = (struct sched_cpu){.event = NS_NEVER, .grain = grain};
	for (unsigned i = 0; i < SCHED_QUEUES; i++) {
		heap_init(&c->queues[i].ready, slots, entities);
		heap_init(&c->queues[i].timed, slots + entities, entities);
		slots += 2 * entities;
	}
}

static void leave(struct sched_queue *q, struct sched_entity *e)
{
	heap_remove(e->state == SCHED_READY ? &q->ready : &q->timed, &e->node);
}

void sched_start(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	struct sched_queue *q = &c->queues[e->queue];

	if (e->queue == SCHED_BE) {
		q->policy->wake(q, e, now);
		return;
	}
	e->grid = now / e->period * e->period + e->period;
	e->release = e->grid - e->period;
	e->due = e->release;
	e->remaining = 0;
	e->state = SCHED_THROTTLED;
	heap_insert(&q->timed, &e->node, e->grid);
}

void sched_stop(struct sched_cpu *c, struct sched_entity *e)
{
	leave(&c->queues[e->queue], e);
	e->state = SCHED_OFF;
}

/* Current pays for what it ran; afterwards it may be throttled. */
static inline void settle(struct sched_cpu *c, ns_t now)
{
	struct sched_entity *e = c->current;
	ns_t ran = now - c->since;

	c->since = now;
	if (e && e->state == SCHED_READY)
		c->queues[e->queue].policy->charge(c, e, ran, now);
}

void sched_block(struct sched_cpu *c, struct sched_entity *e, ns_t wake_at, ns_t now)
{
	struct sched_queue *q = &c->queues[e->queue];

	if (e == c->current)
		settle(c, now);
	leave(q, e);
	e->state = SCHED_BLOCKED;
	if (wake_at != NS_NEVER)
		heap_insert(&q->timed, &e->node, wake_at > now ? wake_at : now);
}

void sched_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	struct sched_queue *q = &c->queues[e->queue];

	if (e->state != SCHED_BLOCKED)
		return;
	leave(q, e);
	q->policy->wake(q, e, now);
}

ns_t sched_wait_period(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t next = e->grid + e->period;

	if (unlikely(next <= now))
		next = now / e->period * e->period + e->period;
	e->grid = next;
	sched_block(c, e, next, now);
	return next;
}

/* One entity that is due. Others are found again: event then lies in the past. */
static void handle_due(struct sched_queue *q, ns_t now)
{
	struct sched_entity *e = first(&q->timed);
	bool throttled = e->state == SCHED_THROTTLED;

	heap_remove(&q->timed, &e->node);
	if (throttled)
		q->policy->replenish(q, e, now);
	else
		q->policy->wake(q, e, e->node.key); /* its nominal time */
}

/* Best effort, when nobody of the real-time queue is ready; `event` is that queue's. */
static struct sched_entity *pick_best_effort(struct sched_cpu *c, ns_t now, ns_t event)
{
	struct sched_queue *q = &c->queues[SCHED_BE];
	struct sched_entity *e;

	if (key_of(&q->timed) <= now)
		handle_due(q, now);
	event = earlier(event, key_of(&q->timed));
	e = first(&q->ready);
	if (q->ready.count > 1) /* alone, it needs no quantum */
		event = earlier(event, now + (ns_t)e->remaining);
	c->event = event;
	c->current = e;
	return e;
}

/*
 * When e, which runs, must be looked at again because of a sleeper: at the first one's time if that
 * could preempt it, else at the time of the next two (the heap has none earlier than both).
 */
static ns_t next_preemption(const struct sched_queue *q, const struct sched_entity *e)
{
	ns_t event = NS_NEVER;

	if (!q->timed.count)
		return NS_NEVER;
	if (q->policy->may_preempt(first(&q->timed), e))
		return q->timed.slots[0]->key;
	for (uint32_t i = 1; i < 3 && i < q->timed.count; i++)
		event = earlier(event, q->timed.slots[i]->key);
	return event;
}

struct sched_entity *sched_pick(struct sched_cpu *c, ns_t now)
{
	struct sched_queue *q = &c->queues[SCHED_RT];
	struct sched_entity *e;
	ns_t event;

	settle(c, now);
	event = key_of(&q->timed);
	for (unsigned left = SCHED_DUE_MAX; event <= now && left; left--) {
		handle_due(q, now);
		event = key_of(&q->timed);
	}
	e = first(&q->ready);
	if (!e)
		return pick_best_effort(c, now, event);
	c->event = earlier(next_preemption(q, e), now + (ns_t)e->remaining);
	c->current = e;
	return e;
}
