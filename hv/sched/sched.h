/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler of one CPU, and the queue of best effort that all CPUs share.
 *
 * Design: a CPU has one real-time policy over best effort (round_robin.c). The real-time part is
 * two heaps: `ready` (who may run, best key first) and `timed` (who becomes ready at a known time:
 * a throttled reservation at its replenishment, a sleeper at its own timer). There is no tick: the
 * caller programs one comparator to sched_cpu.event, the earliest time at which the choice could
 * change. A policy knows struct sched_entity and the clock, nothing of VMs.
 *
 * Best effort: ready entities are bits in words that all CPUs share, one word a priority. A CPU
 * claims one by clearing its bit; it is then `mine`. An entity may run on the CPUs of its mask
 * `cpus`; one whose registers are still in a CPU (`held`) and which others could claim is `kept`
 * until sched_saved(). Sleepers belong to the CPU on which they fell asleep.
 *
 * Locking: none. A struct sched_cpu and what is on it belong to their CPU alone; another CPU asks
 * by a request (core/vcpu.h). struct sched_shared is atomic: whoever clears a bit owns the entity;
 * setting it (release) hands over everything written before.
 *
 * Words: capacity C, period P, relative deadline D, release (start of a server period), remaining
 * (budget left), throttled (budget used up, waits for replenishment). All times in ns on the clock
 * of arch_now(); releases of periodic work are k*P counted from the clock's 0.
 */
#ifndef HV_SCHED_SCHED_H
#define HV_SCHED_SCHED_H

#include <stdatomic.h>
#include "lib/heap.h"
#include "lib/types.h"

enum sched_state {
	SCHED_OFF,       /* unknown to the scheduler */
	SCHED_BLOCKED,   /* waits for an event, or for wake_at */
	SCHED_READY,     /* may run; the running one too */
	SCHED_THROTTLED, /* wants to run, budget used up */
};

enum sched_queue_id { SCHED_RT, SCHED_BE, SCHED_QUEUES };

/* Fixed priority: how the budget is kept; numbers of abi/table.h. */
enum sched_server { SCHED_PERIODIC, SCHED_POLLING, SCHED_DEFERRABLE, SCHED_SPORADIC };

#define SCHED_RT_PRIORITIES 32u /* 1 is the highest */
#define SCHED_BE_PRIORITIES 8u
#define SCHED_MAX_CPUS      8u
#define SCHED_MAX_BE        64u
#define SCHED_DUE_MAX       2
#define SCHED_FEW           8u /* of more sleepers, each takes longer: one at a time */
#define SCHED_MAX_PLANS     8u
#define SCHED_STRETCHES     8u

struct sched_refills;

struct sched_entity {
	struct heap_node node;
	enum sched_state state;
	enum sched_queue_id queue;
	uint32_t kind;     /* the owner's, not looked at here */
	uint32_t priority; /* 1 is the highest; EDF has none */
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
	ns_t ran;          /* CPU time consumed */
	ns_t ready_since;  /* since when it wants to run and does not */
	ns_t not_before;   /* RT: its first release after a start is not earlier */
	ns_t lost;         /* sum of times in which it wanted to run and did not */
	union {
		struct { /* EDF: runs beyond its budget when nobody else wants the CPU */
			bool extra_time;
			struct heap_node extra;
		};
		struct { /* fixed priority */
			enum sched_server server;
			ns_t idle_mark;                /* periodic: see fixed_priority.c */
			struct sched_refills *refills; /* sporadic */
		};
		struct {                                /* time table */
			uint8_t first[SCHED_MAX_PLANS]; /* its first slot in each plan */
		};
		struct {               /* best effort */
			ns_t slice;    /* quantum times weight */
			uint32_t id;   /* its bit, 0..63 */
			uint32_t cpus; /* bit a CPU: where it may run */
			uint64_t gang; /* bits of its siblings; 0: none */
		};
	};
	bool held; /* best effort: its registers are in the CPU it ran on last */
};

struct sched_cpu;

enum sched_event {
	SCHED_EV_RELEASE, /* a server period begins; when: nominal release; e->due is set */
	SCHED_EV_BUDGET,  /* budget used up; when: replenishment */
	SCHED_EV_MISS,    /* ran beyond its deadline; when: the deadline */
	SCHED_EV_WAKE,    /* a sleeper wakes; when: its nominal time */
	SCHED_EV_PLAN,    /* another plan begins (e NULL); when: its start */
};

enum sched_preempts { SCHED_NOT_THIS, SCHED_THIS, SCHED_NOBODY };

/* One real-time policy. Every function runs on the entity's own CPU and is O(log n). */
struct sched_policy {
	const char *name;
	/* e was OFF: first release: the first k*P after now that is not before e->not_before. */
	void (*start)(struct sched_cpu *c, struct sched_entity *e, ns_t now);
	/* e was BLOCKED; something it waits for happened at `now`. Makes it READY or THROTTLED. */
	void (*wake)(struct sched_cpu *c, struct sched_entity *e, ns_t now);
	/* e was THROTTLED and its time has come; or a timed node that the policy put there itself.
	 */
	void (*replenish)(struct sched_cpu *c, struct sched_entity *e, ns_t now);
	/* Whether s, the first that sleeps, could be chosen before r when it wakes at s->node.key;
	 * SCHED_NOBODY: nor could any that wakes later. */
	enum sched_preempts (*may_preempt)(const struct sched_cpu *c, const struct sched_entity *s,
					   const struct sched_entity *r);
	/* e was current and ran for `ran` ns until `now`. */
	void (*charge)(struct sched_cpu *c, struct sched_entity *e, ns_t ran, ns_t now);
	/* e, which was READY or THROTTLED, is about to become BLOCKED or OFF; it is still where it
	 * was. NULL: nothing to do. */
	void (*leave)(struct sched_cpu *c, struct sched_entity *e, ns_t now);
	/* The periodic release after now that sched_wait_period() waits for. */
	ns_t (*next_release)(struct sched_cpu *c, struct sched_entity *e, ns_t now);
	/* Whom the real-time part wants to run; *event: when to look again at the latest because of
	 * it. NULL function: the first of `ready`, until its budget ends or a sleeper could preempt
	 * it. Returning NULL with c->closed set keeps best effort out too. */
	struct sched_entity *(*pick)(struct sched_cpu *c, ns_t now, ns_t *event);
};

extern const struct sched_policy sched_edf, sched_fixed_priority, sched_time_table;

/* Best effort of all CPUs. */
struct sched_shared {
	_Atomic uint64_t ready[SCHED_BE_PRIORITIES];   /* bits of entities, by priority - 1 */
	_Atomic uint32_t running[SCHED_BE_PRIORITIES]; /* CPUs that run one of that priority */
	_Atomic uint32_t idle;                         /* CPUs that have nobody to run */
	struct sched_entity *members[SCHED_MAX_BE];
	uint8_t levels[SCHED_BE_PRIORITIES + 1]; /* priorities that somebody has, rising; then 0 */
	struct sched_cpu *cpus[SCHED_MAX_CPUS];
	void (*notify)(struct sched_cpu *c); /* makes another CPU choose anew */
};

struct sched_plan;

struct sched_cpu {
	const struct sched_policy *policy; /* NULL: no real time on this CPU */
	struct heap ready, timed;          /* real time */
	struct heap sleeping;              /* best effort: timed */
	struct heap extra;                 /* EDF: throttled, would run in left-over time */
	struct sched_entity *current;      /* NULL: idle */
	ns_t since;                        /* current was charged up to here */
	ns_t event;                        /* when to look again; NS_NEVER: only on an event */
	ns_t shortest;                     /* no reservation here had a shorter relative deadline */
	ns_t grain; /* budget below this counts as used up: one tick of the timer */
	uint32_t index;
	bool closed;  /* set by a policy's pick: nobody may run now */
	bool shares;  /* best effort may come from or go to other CPUs */
	uint8_t role; /* what sched_shared says of this CPU: 0 nothing, priority, or SCHED_ROLE_IDLE
		       */
	/* best effort */
	struct sched_shared *shared;
	uint64_t allowed;                  /* bits of entities that may run here */
	_Atomic uint64_t wish;             /* gang: bits to be chosen first */
	struct sched_entity *mine;         /* claimed, READY; runs whenever real time does not */
	struct sched_entity *kept;         /* claimed, READY, registers still here, not mine */
	uint8_t last[SCHED_BE_PRIORITIES]; /* bit that was served last */
	/* time table */
	struct sched_plan *plans;
	uint32_t plan_count, plan;
	_Atomic uint32_t plan_wanted; /* any CPU */
	uint32_t slot;                /* present or next slot of the frame */
	ns_t frame;                   /* start of the present frame */
	struct sched_busy *busy;      /* fixed priority, see fixed_priority.c */
	/* NULL: nobody looks */
	void (*observe)(struct sched_cpu *c, struct sched_entity *e, enum sched_event what,
			ns_t when);
};

#define SCHED_ROLE_IDLE 0xff

/* Slots that sched_init() takes for n entities. */
#define SCHED_HEAPS    4u
#define SCHED_SLOTS(n) (SCHED_HEAPS * (n))
void sched_init(struct sched_cpu *c, struct sched_shared *shared, uint32_t index,
		struct heap_slot *slots, uint32_t entities, ns_t grain);
/* At start: e (BE; id and cpus are set) becomes known to all CPUs of its mask. */
void sched_join(struct sched_shared *s, struct sched_entity *e);
/* First release: RT at the next k*P that is not before e->not_before, BE at once. Precondition:
 * OFF.
 */
void sched_start(struct sched_cpu *c, struct sched_entity *e, ns_t now);
/* Takes e out of everything. A reservation that starts again gets nothing before the end of this
 * server period. Precondition: not OFF; BE: sched_take(). */
void sched_stop(struct sched_cpu *c, struct sched_entity *e, ns_t now);
/* e waits for sched_wake() or the clock to reach wake_at (NS_NEVER: only an event). */
void sched_block(struct sched_cpu *c, struct sched_entity *e, ns_t wake_at, ns_t now);
/* No effect unless BLOCKED. */
void sched_wake(struct sched_cpu *c, struct sched_entity *e, ns_t now);
/* e's job of this period is done: sleeps until the next release after now, which is returned. RT
 * only. */
static inline ns_t sched_wait_period(struct sched_cpu *c, struct sched_entity *e, ns_t now)
{
	ns_t next = c->policy->next_release(c, e, now);

	sched_block(c, e, next, now);
	return next;
}
/* e, BE and current, gives the rest of its slice to others, those of `first` (bits) before all. */
void sched_pass(struct sched_cpu *c, struct sched_entity *e, uint64_t first);
/*
 * Charges current up to now, handles what is due (at most SCHED_DUE_MAX; more make event lie in the
 * past), chooses, and sets event. NULL: idle.
 */
struct sched_entity *sched_pick(struct sched_cpu *c, ns_t now);
/* The registers of e have been saved: e->held is false. Others may claim it now if it was kept. */
void sched_saved(struct sched_cpu *c, struct sched_entity *e);
/* Whether e, last known here, is this CPU's to change. A BE one that is ready for anybody is taken
 * out of the shared queue; sched_give() puts it back, and must only then be called: whoever is
 * woken in between is in the queue already, and may be another CPU's. */
enum sched_owner { SCHED_ELSEWHERE, SCHED_OWN, SCHED_TAKEN };
enum sched_owner sched_take(struct sched_cpu *c, struct sched_entity *e);
void sched_give(struct sched_cpu *c, struct sched_entity *e);
/*
 * RT, moving to another CPU at a period boundary. Whether e can leave now (BLOCKED or THROTTLED):
 * then it is out of everything here, its times stay as they are, and sched_arrive() on the other
 * CPU goes on with them.
 */
bool sched_depart(struct sched_cpu *c, struct sched_entity *e, ns_t now);
void sched_arrive(struct sched_cpu *c, struct sched_entity *e, ns_t now);

static inline bool sched_is_rt(const struct sched_entity *e)
{
	return e && e->queue == SCHED_RT;
}

/* Used by policies. */
static inline void sched_make_ready(struct sched_cpu *c, struct sched_entity *e, uint64_t key)
{
	e->state = SCHED_READY;
	heap_insert(&c->ready, &e->node, key);
}

/* First release: e->grid, the first k*P after now that is not before e->not_before; no budget until
 * then. */
static inline void sched_set_first_release(struct sched_entity *e, ns_t now)
{
	if (now < e->not_before)
		now = e->not_before - 1;
	e->grid = now / e->period * e->period + e->period;
	e->release = e->grid - e->period;
	e->due = e->release;
	e->remaining = 0;
}

/* A policy's next_release: the first k*P after now behind the one that was waited for last. */
ns_t sched_next_multiple(struct sched_cpu *c, struct sched_entity *e, ns_t now);

static inline void sched_throttle(struct sched_cpu *c, struct sched_entity *e, ns_t until)
{
	e->state = SCHED_THROTTLED;
	heap_insert(&c->timed, &e->node, until);
}

static inline void sched_tell(struct sched_cpu *c, struct sched_entity *e, enum sched_event what,
			      ns_t when)
{
	if (unlikely(c->observe != NULL))
		c->observe(c, e, what, when);
}

/* NULL when empty. */
static inline struct sched_entity *sched_first(const struct heap *h)
{
	struct heap_node *n = heap_top(h);

	return n ? container_of(n, struct sched_entity, node) : NULL;
}

static inline ns_t sched_key(const struct heap *h)
{
	struct heap_node *n = heap_top(h);

	return n ? n->key : NS_NEVER;
}

static inline ns_t sched_earlier(ns_t a, ns_t b)
{
	return a < b ? a : b;
}

/* round_robin.c, used by sched.c alone. */
void rr_wake(struct sched_cpu *c, struct sched_entity *e);
void rr_leave(struct sched_cpu *c, struct sched_entity *e);
/* The real-time part runs: best effort is set aside. Only with c->shares; else nobody can take it
 * and it stays mine. */
void rr_set_aside(struct sched_cpu *c);
/* Chooses among best effort; *event: when to look again because of it. NULL: nobody. */
struct sched_entity *rr_pick(struct sched_cpu *c, ns_t now, ns_t *event);

/* A slot of a major frame: [start, end) from its beginning; of the same owner, `next` comes next
 * (index; own or smaller: in the next frame). */
struct sched_slot {
	ns_t start, end;
	struct sched_entity *owner;
	uint32_t next;
};

struct sched_plan {
	ns_t frame;
	const struct sched_slot *slots;
	uint32_t count;
	bool gaps_idle; /* time that no owner uses is not for best effort */
};

/* Fixed priority: the latest stretches in which real time ran; list[(next - 1) % SCHED_STRETCHES]
 * is the newest. */
struct sched_busy {
	struct {
		ns_t from, to;
		uint32_t priority;
	} list[SCHED_STRETCHES];
	uint32_t next;
};

/* At start: fills in slots[].next and the owners' first[] of plan number `index` (time_table.c). */
void sched_link_plan(const struct sched_plan *p, struct sched_slot *slots, uint32_t index);

/* Sporadic server: amounts that come back, oldest first; the sum with `remaining` is C. */
#define SCHED_REFILLS 8u
struct sched_refills {
	struct {
		ns_t when;
		ns_t amount;
	} list[SCHED_REFILLS];
	uint32_t count;
	ns_t active_since; /* when the present stretch of activity began */
	ns_t consumed;     /* since then */
};

#endif
