/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest's clock says of the time in which it does not run: spins and notes the longest jump
 * of `time`, compares with the board's clock, then sleeps and compares again.
 */
#include "hypercall.h"
#include "print.h"
#include "time.h"

#define SPIN_TICKS  (100 * TICKS_PER_MS)
#define SLEEP_TICKS (20 * TICKS_PER_MS)

void guest_main(void);

static void report(const char *what, uint64_t own_ticks, uint64_t absolute_ns, uint64_t jump)
{
	print("gap: %s: own %lu us absolute %lu us longest jump %lu us\n", what,
	      own_ticks / TICKS_PER_US, absolute_ns / 1000, jump / TICKS_PER_US);
}

void guest_main(void)
{
	uint64_t jump = 0, backwards = 0, begin, last, absolute, begin_absolute;

	begin_absolute = absolute_time_ns();
	begin = last = read_time();
	while (last - begin < SPIN_TICKS) {
		uint64_t now = read_time();

		if (now < last)
			backwards++;
		else if (now - last > jump)
			jump = now - last;
		last = now;
	}
	absolute = absolute_time_ns();
	report("spinning", last - begin, absolute - begin_absolute, jump);
	begin = read_time();
	begin_absolute = absolute_time_ns();
	sleep_until(begin + SLEEP_TICKS);
	last = read_time();
	absolute = absolute_time_ns();
	report("sleeping", last - begin, absolute - begin_absolute, 0);
	print("gap: backwards %lu\n", backwards);
	shutdown();
}
