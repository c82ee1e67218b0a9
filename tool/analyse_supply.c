/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse_supply.h"

#define TIME_MAX (1ull << 62)

typedef unsigned __int128 wide;

struct supply supply_whole(void)
{
	return (struct supply){.kind = SUPPLY_WHOLE, .capacity = 1, .period = 1};
}

struct supply supply_reservation(uint64_t capacity, uint64_t period, uint64_t deadline)
{
	return (struct supply){.kind = SUPPLY_PERIODIC,
			       .blackout = period - capacity + deadline - capacity,
			       .capacity = capacity,
			       .period = period};
}

struct supply supply_turns(uint64_t slice, uint64_t others)
{
	return (struct supply){.kind = SUPPLY_PERIODIC,
			       .blackout = others,
			       .capacity = slice,
			       .period = slice + others};
}

struct supply supply_slots(const struct supply_slot *slots, uint32_t count, uint64_t frame)
{
	struct supply supply = {
		.kind = SUPPLY_SLOTS, .period = frame, .slots = slots, .slot_count = count};

	for (uint32_t i = 0; i < count; i++)
		supply.capacity += slots[i].end - slots[i].start;
	supply.blackout = supply_time(&supply, 1);
	if (supply.blackout != TIME_NEVER)
		supply.blackout--;
	return supply;
}

/* The k-th slot after slot i of the same owner, as times from the end of slot i. */
static struct supply_slot slot_after(const struct supply *s, uint32_t i, uint32_t k)
{
	uint32_t at = (i + k) % s->slot_count;
	uint64_t base = (uint64_t)((i + k) / s->slot_count) * s->period;
	uint64_t from = s->slots[i].end;

	return (struct supply_slot){base + s->slots[at].start - from,
				    base + s->slots[at].end - from};
}

/* Service within t < frame from the end of slot i on. */
static uint64_t served_after(const struct supply *s, uint32_t i, uint64_t t)
{
	uint64_t sum = 0;

	for (uint32_t k = 1; k <= s->slot_count; k++) {
		struct supply_slot slot = slot_after(s, i, k);

		if (slot.start >= t)
			break;
		sum += (slot.end < t ? slot.end : t) - slot.start;
	}
	return sum;
}

/* When `work`, at most one frame's, is done if it begins at the end of slot i. */
static uint64_t done_after(const struct supply *s, uint32_t i, uint64_t work)
{
	for (uint32_t k = 1; k <= s->slot_count; k++) {
		struct supply_slot slot = slot_after(s, i, k);

		if (work <= slot.end - slot.start)
			return slot.start + work;
		work -= slot.end - slot.start;
	}
	return TIME_NEVER; /* not reached */
}

/* The worst moment to begin is the end of a slot. */
static uint64_t slots_bound(const struct supply *s, uint64_t t)
{
	uint64_t least = TIME_NEVER;

	for (uint32_t i = 0; i < s->slot_count; i++) {
		uint64_t served = served_after(s, i, t % s->period);

		least = served < least ? served : least;
	}
	return t / s->period * s->capacity + least;
}

static uint64_t slots_done(const struct supply *s, uint64_t work)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < s->slot_count; i++) {
		uint64_t done = done_after(s, i, work);

		most = done > most ? done : most;
	}
	return most;
}

uint64_t supply_bound(const struct supply *s, uint64_t t)
{
	uint64_t rest;

	switch (s->kind) {
	case SUPPLY_WHOLE:
		return t;
	case SUPPLY_PERIODIC:
		if (t <= s->blackout)
			return 0;
		rest = (t - s->blackout) % s->period;
		return (t - s->blackout) / s->period * s->capacity +
		       (rest < s->capacity ? rest : s->capacity);
	case SUPPLY_SLOTS:
		return s->capacity ? slots_bound(s, t) : 0;
	case SUPPLY_NONE:
		break;
	}
	return 0;
}

uint64_t supply_time(const struct supply *s, uint64_t work)
{
	uint64_t whole, first;
	wide t;

	if (!work)
		return 0;
	if (s->kind == SUPPLY_WHOLE)
		return work < TIME_MAX ? work : TIME_NEVER;
	if (s->kind == SUPPLY_NONE || !s->capacity)
		return TIME_NEVER;
	whole = (work - 1) / s->capacity;
	work -= whole * s->capacity;
	first = s->kind == SUPPLY_SLOTS ? slots_done(s, work) : s->blackout + work;
	t = (wide)whole * s->period + first;
	return t < TIME_MAX ? (uint64_t)t : TIME_NEVER;
}

static uint64_t slots_delay(const struct supply *s)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < s->slot_count; i++) {
		uint64_t served = 0;

		for (uint32_t k = 1; k <= s->slot_count; k++) {
			struct supply_slot slot = slot_after(s, i, k);
			uint64_t earned = (uint64_t)((wide)served * s->period / s->capacity);

			if (slot.start > earned && slot.start - earned > most)
				most = slot.start - earned;
			served += slot.end - slot.start;
		}
	}
	return most;
}

uint64_t supply_delay(const struct supply *s)
{
	if (s->kind == SUPPLY_SLOTS)
		return s->capacity ? slots_delay(s) : TIME_NEVER;
	return s->kind == SUPPLY_NONE ? TIME_NEVER : s->blackout;
}
