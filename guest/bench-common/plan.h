/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When guests that measure together do so, on the board's clock: from START on, ROUNDS periods, and
 * at END they have all finished and may print.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "time.h"

#ifndef ROUNDS
#define ROUNDS 1000
#endif
#ifndef PERIOD_US
#define PERIOD_US 10000
#endif
#ifndef START_MS
#define START_MS 1000
#endif
#ifndef TASKS
#define TASKS 1
#endif
#ifndef STEP_NS
#define STEP_NS 0
#endif

/* What "busy" means: computing with a timer of 10 us armed. Under -icount, harts take turns that
 * last until some timer, so that whoever shares the board with it waits about that long for a turn.
 */
#define BUSY_REARM_TICKS (10 * TICKS_PER_US)
#define BUSY_ROUNDS      4000 /* of two instructions: 8 us */

_Noreturn static inline void stay_busy(void)
{
	for (;;) {
		uint64_t rounds = BUSY_ROUNDS;

		timer_set(read_time() + BUSY_REARM_TICKS);
		__asm__ volatile("1: addi %0, %0, -1\n"
				 "bnez %0, 1b"
				 : "+r"(rounds));
	}
}

#define PERIOD_TICKS (PERIOD_US * TICKS_PER_US)
#define START_TICKS  (START_MS * TICKS_PER_MS)
/* A tenth more: periods differ a little. */
#define END_TICKS (START_TICKS + (ROUNDS + 20) * PERIOD_TICKS * 11 / 10)

#endif
