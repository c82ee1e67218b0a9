/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks of the hart. On the emulated board `time` ticks every 100 ns; under -icount shift=0
 * `cycle` is virtual nanoseconds, idle included, and `instret` counts instructions. */
#ifndef SDK_TIME_H
#define SDK_TIME_H

#include <stdint.h>
#include "csr.h"

#define TICK_HZ      10000000ul
#define TICK_NS      100ul
#define TICKS_PER_US (TICK_HZ / 1000000)
#define TICKS_PER_MS (TICK_HZ / 1000)
#define TIMER_NEVER  UINT64_MAX

static inline uint64_t read_time(void)
{
	return csr_read(time);
}

static inline uint64_t read_cycle(void)
{
	return csr_read(cycle);
}

static inline uint64_t read_instret(void)
{
	return csr_read(instret);
}

/* The hart's own timer (Sstc): pending from `ticks` on. */
static inline void timer_set(uint64_t ticks)
{
	csr_write(CSR_STIMECMP, ticks);
}

/* Sleeps until then; interrupts may be off. Clobbers the timer and sie. */
static inline void sleep_until(uint64_t ticks)
{
	timer_set(ticks);
	csr_set(sie, SIE_TIMER);
	while (read_time() < ticks)
		wfi();
	timer_set(TIMER_NEVER);
}

#endif
