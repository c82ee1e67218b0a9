/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#define EDGES 8

uint64_t cycle_at_time_edge(uint64_t *time_ticks);

/* A preemption between the reads only makes the offset look larger: the smallest is right. */
void clock_calibrate(struct clock *clock)
{
	uint64_t start_ticks, end_ticks, end_cycle, elapsed_ns, elapsed_cycles;
	uint64_t start_cycle = cycle_at_time_edge(&start_ticks);

	clock->offset_ns = UINT64_MAX;
	for (int edge = 0; edge < EDGES; edge++) {
		end_cycle = cycle_at_time_edge(&end_ticks);
		if (end_cycle - end_ticks * TICK_NS < clock->offset_ns)
			clock->offset_ns = end_cycle - end_ticks * TICK_NS;
	}
	elapsed_ns = (end_ticks - start_ticks) * TICK_NS;
	elapsed_cycles = end_cycle - start_cycle;
	clock->exact =
		elapsed_cycles + TICK_NS >= elapsed_ns && elapsed_cycles <= elapsed_ns + TICK_NS;
}
