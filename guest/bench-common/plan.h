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
#define PERIOD_TICKS (PERIOD_US * TICKS_PER_US)
#define START_TICKS  (START_MS * TICKS_PER_MS)
/* A tenth more: periods differ a little. */
#define END_TICKS (START_TICKS + (ROUNDS + 20) * PERIOD_TICKS * 11 / 10)

#endif
