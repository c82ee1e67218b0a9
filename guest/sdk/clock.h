/* SPDX-License-Identifier: Apache-2.0 */
/* Ties `cycle` to `time`, so that a moment in ticks is known to the instruction. */
#ifndef SDK_CLOCK_H
#define SDK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "time.h"

struct clock {
	bool exact;         /* cycle counts nanoseconds (-icount); otherwise offset_ns is void */
	uint64_t offset_ns; /* cycle - nanoseconds of time */
	uint64_t instruction_ns;
};

/* About 10 us; interrupts off. */
void clock_calibrate(struct clock *clock);

/* "instructions" if one takes a nanosecond (-icount shift=0), "ns" otherwise. */
const char *clock_unit(const struct clock *clock);

/* What `cycle` read when time became `ticks`. */
static inline uint64_t clock_cycle_at(const struct clock *clock, uint64_t ticks)
{
	return clock->offset_ns + ticks * TICK_NS;
}

#endif
