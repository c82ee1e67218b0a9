/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Best effort: round robin under everything else, over all CPUs.
 *
 * Design: who is ready and not claimed is a bit in the word of its priority. A CPU without
 * real-time work claims the next bit, cyclically, of the highest priority that has one it may run.
 * An entity runs until its slice (quantum times weight) is used up; preempted by real-time work it
 * may be claimed by another CPU with what is left of its slice, else it goes on here first. Alone,
 * it is never interrupted: no quantum is armed unless somebody else could come. A CPU that puts a
 * bit in tells one CPU that would take it: an idle one, else one that runs something of lower
 * priority. An idle CPU says so before it looks for the last time, so that one of the two sees the
 * other.
 *
 * Gang: when one of several siblings is claimed the other CPUs are asked to take its siblings
 * (`wish`), whatever is left of the slices there.
 *
 * Locking: none; sched.h says how bits hand entities over.
 */
#include "lib/bits.h"
#include "sched/sched.h"

static uint64_t bit_of(const struct sched_entity *e)
{
	return 1ull << e->id;
}

static bool is_movable(const struct sched_entity *e)
{
	return e->cpus & (e->cpus - 1);
}

static void add_level(struct sched_shared *s, uint8_t priority)
{
	for (unsigned i = 0; i < SCHED_BE_PRIORITIES && s->levels[i] != priority; i++) {
		uint8_t other = s->levels[i];

		if (other && other < priority)
			continue;
		s->levels[i] = priority;
		if (!other)
			return;
		priority = other; /* it and those behind it move up */
	}
}

void sched_join(struct sched_shared *s, struct sched_entity *e)
{
	s->members[e->id] = e;
	add_level(s, (uint8_t)e->priority);
	for (uint32_t i = 0; i < SCHED_MAX_CPUS; i++)
		if (e->cpus & 1u << i && s->cpus[i]) {
			s->cpus[i]->allowed |= bit_of(e);
			s->cpus[i]->shares |= is_movable(e);
		}
}

static void tell_others(struct sched_cpu *c, const struct sched_entity *e)
{
	struct sched_shared *s = c->shared;
	uint32_t others = e->cpus & ~(1u << c->index), who = atomic_load(&s->idle) & others;

	for (unsigned p = SCHED_BE_PRIORITIES; !who && p > e->priority; p--)
		who = atomic_load(&s->running[p - 1]) & others;
	if (who)
		s->notify(s->cpus[bit_lowest(who)]);
}

static void publish(struct sched_cpu *c, struct sched_entity *e)
{
	atomic_fetch_or(&c->shared->ready[e->priority - 1], bit_of(e));
	if (c->shares && is_movable(e))
		tell_others(c, e);
}

/* e is ready and not chosen: anybody may have it, as soon as its registers are not in this CPU. */
static void put_back(struct sched_cpu *c, struct sched_entity *e)
{
	if (e->held && is_movable(e))
		c->kept = e;
	else
		publish(c, e);
}

/* The same, but here it is the next of its priority: its slice is not used up. */
static void put_back_first(struct sched_cpu *c, struct sched_entity *e)
{
	c->last[e->priority - 1] = (uint8_t)((e->id - 1) % SCHED_MAX_BE);
	put_back(c, e);
}

void rr_wake(struct sched_cpu *c, struct sched_entity *e)
{
	e->state = SCHED_READY;
	e->remaining = (int64_t)e->slice;
	put_back(c, e);
}

void rr_leave(struct sched_cpu *c, struct sched_entity *e)
{
	if (c->mine == e)
		c->mine = NULL;
	if (c->kept == e)
		c->kept = NULL;
}

void sched_saved(struct sched_cpu *c, struct sched_entity *e)
{
	e->held = false;
	if (c->kept != e)
		return;
	c->kept = NULL;
	publish(c, e);
}

static void set_role(struct sched_cpu *c, uint8_t role)
{
	struct sched_shared *s = c->shared;
	uint32_t self = 1u << c->index;

	if (c->role == role)
		return;
	if (c->role == SCHED_ROLE_IDLE)
		atomic_fetch_and(&s->idle, ~self);
	else if (c->role)
		atomic_fetch_and(&s->running[c->role - 1], ~self);
	c->role = role;
	if (role == SCHED_ROLE_IDLE)
		atomic_fetch_or(&s->idle, self);
	else if (role)
		atomic_fetch_or(&s->running[role - 1], self);
}

void rr_set_aside(struct sched_cpu *c)
{
	struct sched_entity *e = c->mine;

	set_role(c, 0);
	if (!e || !is_movable(e))
		return;
	c->mine = NULL;
	put_back_first(c, e);
}

/* The first bit behind `last`, cyclically. */
static uint32_t next_bit(uint64_t word, uint32_t last)
{
	uint64_t behind = word & (~0ull << last << 1);

	return bit_lowest(behind ? behind : word);
}

/* The next one of this priority among `which`; NULL if there is none. */
static struct sched_entity *claim_one(struct sched_cpu *c, unsigned priority, uint64_t which)
{
	_Atomic uint64_t *ready = &c->shared->ready[priority - 1];
	struct sched_entity *kept = c->kept && c->kept->priority == priority ? c->kept : NULL;

	for (unsigned tries = SCHED_MAX_CPUS; tries; tries--) {
		uint64_t word = atomic_load(ready), bit;
		uint32_t id;

		if (kept)
			word |= bit_of(kept);
		word &= which;
		if (!word)
			return NULL;
		id = next_bit(word, c->last[priority - 1]);
		bit = 1ull << id;
		if (kept && kept->id == id)
			c->kept = NULL;
		else if (!(atomic_fetch_and(ready, ~bit) & bit))
			continue;        /* another CPU was quicker */
		if (which == c->allowed) /* else by wish: out of turn */
			c->last[priority - 1] = (uint8_t)id;
		word &= ~bit;
		if (unlikely(word &&
			     c->role == SCHED_ROLE_IDLE)) /* told of several: passes them on */
			tell_others(c, c->shared->members[bit_lowest(word)]);
		return c->shared->members[id];
	}
	return NULL;
}

/* The next one of `priorities` from the highest, among `which`; NULL if there is none. */
static inline struct sched_entity *claim(struct sched_cpu *c, unsigned priorities, uint64_t which)
{
	const struct sched_shared *s = c->shared;

	for (const uint8_t *level = s->levels; *level && *level <= priorities; level++) {
		uint64_t word = atomic_load_explicit(&s->ready[*level - 1], memory_order_relaxed);
		struct sched_entity *e;

		if (!(word & which) && !c->kept)
			continue;
		e = claim_one(c, *level, which);
		if (e)
			return e;
	}
	return NULL;
}

/* The other CPUs are to take e's siblings that are ready. */
static void call_siblings(struct sched_cpu *c, const struct sched_entity *e)
{
	struct sched_shared *s = c->shared;
	uint64_t siblings = atomic_load(&s->ready[e->priority - 1]) & e->gang;

	for (uint32_t i = 0; siblings && i < SCHED_MAX_CPUS; i++) {
		struct sched_cpu *other = s->cpus[i];

		if (!other || other == c || !(other->allowed & siblings))
			continue;
		atomic_fetch_or(&other->wish, siblings & other->allowed);
		s->notify(other);
	}
}

/* Somebody wished for, else somebody better than e or, when its slice is used up, as good. */
static struct sched_entity *successor(struct sched_cpu *c, const struct sched_entity *e,
				      bool used_up)
{
	unsigned priorities = e ? e->priority - !used_up : SCHED_BE_PRIORITIES;
	struct sched_entity *next = NULL;

	if (unlikely(atomic_load_explicit(&c->wish, memory_order_relaxed)))
		next = claim(c, e ? e->priority : SCHED_BE_PRIORITIES,
			     atomic_exchange(&c->wish, 0) & c->allowed);
	return next ? next : claim(c, priorities, c->allowed);
}

/* Somebody could come who would share the CPU with e. */
static bool has_rivals(const struct sched_cpu *c, const struct sched_entity *e)
{
	if (c->shares)
		return c->allowed & ~bit_of(e);
	return atomic_load(&c->shared->ready[e->priority - 1]) & c->allowed;
}

/* Nobody else could be chosen instead of mine: the usual case, and a short way. */
static inline bool stays(struct sched_cpu *c)
{
	const struct sched_shared *s = c->shared;
	struct sched_entity *e = c->mine;
	bool used_up;

	if (!e || c->kept || atomic_load_explicit(&c->wish, memory_order_relaxed))
		return false;
	used_up = e->remaining < (int64_t)c->grain;
	for (const uint8_t *level = s->levels; *level && *level < e->priority + used_up; level++)
		if (atomic_load_explicit(&s->ready[*level - 1], memory_order_relaxed) & c->allowed)
			return false;
	if (used_up)
		e->remaining = (int64_t)e->slice;
	return true;
}

static __attribute__((noinline)) struct sched_entity *choose(struct sched_cpu *c)
{
	struct sched_entity *e = c->mine, *next;
	bool used_up = e && e->remaining < (int64_t)c->grain;

	next = successor(c, e, used_up);
	if (used_up)
		e->remaining = (int64_t)e->slice;
	if (!next)
		return e;
	if (used_up)
		put_back(c, e);
	else if (e)
		put_back_first(c, e);
	c->mine = next;
	if (unlikely(next->gang))
		call_siblings(c, next);
	return next;
}

struct sched_entity *rr_pick(struct sched_cpu *c, ns_t now, ns_t *event)
{
	struct sched_entity *e;

	e = sched_first(&c->sleeping);
	if (e && e->node.key <= now) {
		heap_remove(&c->sleeping, &e->node);
		e->ready_since = e->node.key;
		sched_tell(c, e, SCHED_EV_WAKE, e->node.key);
		rr_wake(c, e);
		e = sched_first(&c->sleeping);
	}
	if (e)
		*event = sched_earlier(*event, e->node.key);
	e = stays(c) ? c->mine : choose(c);
	if (!e && c->shares) {
		set_role(c, SCHED_ROLE_IDLE);
		e = choose(c);
	}
	if (!e)
		return NULL;
	if (c->shares)
		set_role(c, (uint8_t)e->priority);
	if (has_rivals(c, e))
		*event = sched_earlier(*event, now + (ns_t)e->remaining);
	return e;
}

void sched_pass(struct sched_cpu *c, struct sched_entity *e, uint64_t first)
{
	e->remaining = 0;
	if (first)
		atomic_fetch_or(&c->wish, first & c->allowed);
}

enum sched_owner sched_take(struct sched_cpu *c, struct sched_entity *e)
{
	uint64_t bit;

	if (e->queue == SCHED_RT || e->state != SCHED_READY || c->mine == e || c->kept == e)
		return SCHED_OWN;
	bit = bit_of(e);
	return atomic_fetch_and(&c->shared->ready[e->priority - 1], ~bit) & bit ? SCHED_TAKEN
										: SCHED_ELSEWHERE;
}

void sched_give(struct sched_cpu *c, struct sched_entity *e)
{
	if (e->state == SCHED_READY)
		put_back(c, e);
}
