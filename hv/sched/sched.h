/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler of one CPU.
 *
 * Design: a CPU has one real-time policy (queue RT) over round-robin best effort (queue BE). Each
 * queue is two heaps: `ready` (who may run, best key first) and `timed` (who becomes ready at a
 * known time: a throttled reservation at its replenishment, a sleeper at its own timer). There is
 * no tick: the caller programs one comparator to sched_cpu.event, the earliest time at which the
 * choice could change. A policy knows struct sched_entity and the clock, nothing of VMs.
 *
 * Locking: none. A struct sched_cpu and the entities on it belong to their CPU alone; another CPU
 * asks by a request (core/vcpu.h).
 *
 * Words: capacity C, period P, relative deadline D, release (start of a server period), remaining
 * (budget left), throttled (budget used up, waits for replenishment). All times in ns on the clock
 * of arch_now_ns(); releases of periodic work are k*P counted from the clock's 0.
 */
#ifndef HV_SCHED_SCHED_H
#define HV_SCHED_SCHED_H

#include "lib/heap.h"
#include "lib/types.h"

enum sched_state {
	SCHED_OFF,       /* unknown to the scheduler */
	SCHED_BLOCKED,   /* waits for an event, or for wake_at */
	SCHED_READY,     /* in ready; the running one too */
	SCHED_THROTTLED, /* wants to run, budget used up */
};

enum sched_queue_id { SCHED_RT, SCHED_BE, SCHED_QUEUES };

struct sched_entity {
	struct heap_node node;
	enum sched_state state;
	uint32_t kind; /* the owner's, not looked at here */
	enum sched_queue_id queue;
	/* reservation (RT); times in ns */
	ns_t capacity, period, deadline; /* relative; 10 us <= C <= D <= P <= 1 s */
	ns_t release;                    /* start of the present server period */
	ns_t due;                        /* absolute deadline of the present server period */
	ns_t grid;                       /* last periodic release k*P that was waited for */
	/* Budget or rest of the slice: how long it may run from now. Negative: debt of a late
	 * interrupt. */
	int64_t remaining;
	ns_t late_due;     /* deadline last counted in `late` */
	uint32_t late;     /* server periods served beyond their deadline */
	uint32_t overruns; /* times the budget was used up */
	/* best effort */
	ns_t slice; /* quantum times weight, ns */
};

struct sched_queue {
	const struct sched_policy *policy; /* NULL: nobody of this kind on this CPU */
	struct heap ready, timed;
	uint64_t sequence; /* round robin: next key */
};

struct sched_cpu {
	struct sched_queue queues[SCHED_QUEUES];
	struct sched_entity *current; /* NULL: idle */
	ns_t since;                   /* current was charged up to here */
	ns_t event;                   /* when to look again; NS_NEVER: only on an event */
	ns_t grain; /* budget below this counts as used up: one tick of the timer */
};

/* One policy. Every function runs on the entity's own CPU and is O(log n). */
struct sched_policy {
	const char *name;
	/* e was BLOCKED; something it waits for happened at `now`. Puts it into ready or timed. */
	void (*wake)(struct sched_queue *q, struct sched_entity *e, ns_t now);
	/* e was THROTTLED and its time has come. */
	void (*replenish)(struct sched_queue *q, struct sched_entity *e, ns_t now);
	/* Whether s, which sleeps until s->node.key, could then be chosen before r. NULL: never. */
	bool (*may_preempt)(const struct sched_entity *s, const struct sched_entity *r);
	/* e was current and ran for `ran` ns until `now`. */
	void (*charge)(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now);
};

extern const struct sched_policy sched_edf, sched_round_robin;

/* slots: room for 2 * entities pointers per queue. */
void sched_init(struct sched_cpu *c, struct heap_node **slots, uint32_t entities, ns_t grain);
/* First release: RT at the next k*P, BE at once. Precondition: OFF. */
void sched_start(struct sched_cpu *c, struct sched_entity *e, ns_t now);
/* Takes e out of everything. */
void sched_stop(struct sched_cpu *c, struct sched_entity *e);
/* e waits for sched_wake() or the clock to reach wake_at (NS_NEVER: only an event). */
void sched_block(struct sched_cpu *c, struct sched_entity *e, ns_t wake_at, ns_t now);
/* No effect unless BLOCKED. */
void sched_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now);
/* e's job of this period is done: sleeps until the next k*P after now, which is returned. RT only.
 */
ns_t sched_wait_period(struct sched_cpu *c, struct sched_entity *e, ns_t now);
/*
 * Charges current up to now, handles what is due (at most SCHED_DUE_MAX per queue; more make event
 * lie in the past), chooses, and sets event. NULL: idle.
 */
struct sched_entity *sched_pick(struct sched_cpu *c, ns_t now);

#define SCHED_DUE_MAX 2

static inline bool sched_is_rt(const struct sched_entity *e)
{
	return e && e->queue == SCHED_RT;
}

/* Used by policies. */
static inline void sched_make_ready(struct sched_queue *q, struct sched_entity *e, uint64_t key)
{
	e->state = SCHED_READY;
	heap_insert(&q->ready, &e->node, key);
}

#endif
