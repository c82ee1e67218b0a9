/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#define EDGES 8

uint64_t cycle_at_time_edge(uint64_t *time_ticks);
uint64_t cycle_of_instruction(void);

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A preemption between two reads only makes a difference larger: the smallest is right. */
void clock_calibrate(struct clock *clock)
{
	uint64_t start_ticks, end_ticks, end_cycle, elapsed_ns, elapsed_cycles;
	uint64_t start_cycle = cycle_at_time_edge(&start_ticks);

	clock->offset_ns = UINT64_MAX;
	clock->instruction_ns = UINT64_MAX;
	for (int edge = 0; edge < EDGES; edge++) {
		end_cycle = cycle_at_time_edge(&end_ticks);
		clock->offset_ns = smaller(clock->offset_ns, end_cycle - end_ticks * TICK_NS);
		clock->instruction_ns = smaller(clock->instruction_ns, cycle_of_instruction());
	}
	clock->offset_ns -= clock->instruction_ns;
	elapsed_ns = (end_ticks - start_ticks) * TICK_NS;
	elapsed_cycles = end_cycle - start_cycle;
	clock->exact =
		elapsed_cycles + TICK_NS >= elapsed_ns && elapsed_cycles <= elapsed_ns + TICK_NS;
}

const char *clock_unit(const struct clock *clock)
{
	return clock->exact && clock->instruction_ns == 1 ? "instructions" : "ns";
}
