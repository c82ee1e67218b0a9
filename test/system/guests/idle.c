/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sleeps in wfi, timer wake-up after timer wake-up, and says how many instructions the whole
 * machine executed meanwhile and how late each wake-up was at most.
 */
#include "print.h"
#include "sbi.h"
#include "time.h"

#define SLEEPS      10
#define SLEEP_TICKS (100 * TICKS_PER_MS)

void guest_main(void);

void guest_main(void)
{
	uint64_t begin, next, executed, latest = 0;

	sleep_until(read_time() + 50 * TICKS_PER_MS); /* the console has said everything */
	begin = read_instret();
	next = read_time();
	for (int i = 0; i < SLEEPS; i++) {
		uint64_t late;

		next += SLEEP_TICKS;
		sleep_until(next);
		late = read_time() - next;
		if (late > latest)
			latest = late;
	}
	executed = read_instret() - begin;
	print("idle: %lu instructions in %d sleeps of 100 ms, latest %lu ns\n", executed, SLEEPS,
	      latest * TICK_NS);
	shutdown();
}
