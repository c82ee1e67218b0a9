/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/sched.h"

static struct sched_entity *entity_of(struct heap_node *n)
{
	return n ? container_of(n, struct sched_entity, node) : NULL;
}

static ns_t key_of(const struct heap *h)
{
	const struct heap_node *n = heap_top(h);

	return n ? n->key : NS_NEVER;
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
static void settle(struct sched_cpu *c, ns_t now)
{
	struct sched_entity *e = c->current;

	if (e && e->state == SCHED_READY)
		c->queues[e->queue].policy->charge(c, e, now - c->since, now);
	c->since = now;
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

/* Bounded: what is left over is found again at once, because event then lies in the past. */
static void handle_due(struct sched_queue *q, ns_t now)
{
	for (unsigned i = 0; i < SCHED_DUE_MAX && key_of(&q->timed) <= now; i++) {
		struct sched_entity *e = entity_of(heap_top(&q->timed));
		ns_t nominal = e->node.key;

		leave(q, e);
		if (e->state == SCHED_THROTTLED)
			q->policy->replenish(q, e, now);
		else
			q->policy->wake(q, e, nominal);
	}
}

struct sched_entity *sched_pick(struct sched_cpu *c, ns_t now)
{
	struct sched_queue *rt = &c->queues[SCHED_RT], *be = &c->queues[SCHED_BE];
	struct sched_entity *e;

	settle(c, now);
	handle_due(rt, now);
	c->event = key_of(&rt->timed);
	e = entity_of(heap_top(&rt->ready));
	if (!e) {
		handle_due(be, now);
		c->event = earlier(c->event, key_of(&be->timed));
		e = entity_of(heap_top(&be->ready));
	}
	c->current = e;
	if (e) {
		ns_t limit = c->queues[e->queue].policy->limit(c, e);

		if (limit != NS_NEVER)
			c->event = earlier(c->event, now + limit);
	}
	return e;
}
