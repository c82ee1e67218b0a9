/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Always computes, and knows when it did not run: `gap LAST FIRST` are readings of the counter of
 * executed instructions around each time that another guest ran. Together with what bench-release
 * tells, the host computes what a switch between the two costs.
 *
 * Reading the counter is slow for the emulator. So it is only read from shortly before a release
 * on; when the others' releases are, is known from the plan: task i has the period PERIOD + i *
 * STEP.
 */
#include "lines.h"
#include "plan.h"

#define GAPS           12000
#define LEAST          50 /* instructions; the loop that reads has four */
#define BEFORE_TICKS   (5 * TICKS_PER_US)
#define BURST          1000
#define LAST_GAP_TICKS (2 * PERIOD_TICKS)

static struct pair pairs[GAPS];

void guest_main(void);
void next_gap(struct pair *pair, uint64_t least);
void float_dirty(void);

static uint64_t next_release_ticks(void)
{
	uint64_t now = read_time() * TICK_NS, next = UINT64_MAX;

	for (uint64_t task = 0; task < TASKS; task++) {
		uint64_t period = PERIOD_US * 1000ul + task * STEP_NS;
		uint64_t release = (now / period + 1) * period;

		if (release < next)
			next = release;
	}
	return next / TICK_NS;
}

static void compute_until(uint64_t ticks)
{
	while (read_time() < ticks) {
		uint64_t rounds = BURST;

		__asm__ volatile("1: addi %0, %0, -1\n"
				 "bnez %0, 1b"
				 : "+r"(rounds));
	}
}

void guest_main(void)
{
	uint64_t n = 0;

	compute_until(START_TICKS);
	while (n < GAPS && read_time() < END_TICKS - LAST_GAP_TICKS) {
#ifdef FLOATS
		float_dirty();
#endif
		compute_until(next_release_ticks() - BEFORE_TICKS);
		next_gap(&pairs[n++], LEAST);
	}
	compute_until(END_TICKS);
	lines_of_pairs("gap", pairs, n);
}
