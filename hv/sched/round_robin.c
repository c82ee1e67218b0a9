/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Best effort: round robin under everything else.
 *
 * Design: the ready heap is a queue (key = running number). An entity runs until its slice (quantum
 * times weight) is used up, then goes to the end with a new slice; preempted by real-time work it
 * keeps its place and what is left. Who wakes joins the end. Alone, it is never interrupted: no
 * quantum is armed unless another one is ready.
 *
 * Locking: none (sched.h).
 */
#include "sched/sched.h"

static void join(struct sched_queue *q, struct sched_entity *e)
{
	e->remaining = (int64_t)e->slice;
	sched_make_ready(q, e, q->sequence++);
}

static void rr_wake(struct sched_queue *q, struct sched_entity *e, ns_t now)
{
	(void)now;
	join(q, e);
}

static void rr_charge(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now)
{
	struct sched_queue *q = &c->queues[SCHED_BE];

	(void)now;
	e->remaining -= (int64_t)ran;
	if (e->remaining >= (int64_t)c->grain)
		return;
	heap_remove(&q->ready, &e->node);
	join(q, e);
}

const struct sched_policy sched_round_robin = {
	.name = "round-robin",
	.wake = rr_wake,
	.replenish = rr_wake,
	.charge = rr_charge,
};
