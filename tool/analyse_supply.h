/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Supply: how much CPU time a vCPU gets at least in any interval of a given length, sbf(t), and how
 * long an interval must be at most to hold a given amount of work, its inverse. Exact, in whole ns.
 *
 * Periodic: after at most `blackout` without service, `capacity` at the beginning of every
 * `period`. That is the explicit deadline periodic model (Easwaran, Anand and Lee 2007) with
 * blackout = P + D - 2C, and with D = P the periodic resource model (Shin and Lee 2003). A
 * best-effort vCPU that takes turns with others is the same with another blackout. Slots: those of
 * a major frame, from the worst moment on.
 */
#ifndef TOOL_ANALYSE_SUPPLY_H
#define TOOL_ANALYSE_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_NEVER UINT64_MAX

enum supply_kind { SUPPLY_NONE, SUPPLY_WHOLE, SUPPLY_PERIODIC, SUPPLY_SLOTS };

struct supply_slot {
	uint64_t start, end; /* within the frame; by rising start, no overlap */
};

struct supply {
	enum supply_kind kind;
	uint64_t blackout;
	uint64_t capacity, period; /* slots: sum of the slots, frame */
	const struct supply_slot *slots;
	uint32_t slot_count;
};

struct supply supply_whole(void);
/* C at least 1, C <= D <= P. */
struct supply supply_reservation(uint64_t capacity, uint64_t period, uint64_t deadline);
/* Turns of `slice`, at most `others` between two of them. */
struct supply supply_turns(uint64_t slice, uint64_t others);
struct supply supply_slots(const struct supply_slot *slots, uint32_t count, uint64_t frame);

/* Least service in any interval of length t. */
uint64_t supply_bound(const struct supply *supply, uint64_t t);
/* Least t with supply_bound(t) >= work; TIME_NEVER if there is none, or beyond 2^62 ns. */
uint64_t supply_time(const struct supply *supply, uint64_t work);
/* Least t from which on the supply is at least capacity / period * (t - delay). */
uint64_t supply_delay(const struct supply *supply);

#endif
