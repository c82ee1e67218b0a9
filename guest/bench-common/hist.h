/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exact record of a distribution: how often each value came, to the nanosecond. Printed as it
 * is, so that the host computes every statistic of it (bench/sched.py).
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#define HIST_VALUES 16384 /* smaller values are counted, larger ones listed */
#define HIST_LARGE  2048

struct hist {
	uint16_t counts[HIST_VALUES];
	uint64_t large[HIST_LARGE];
	uint32_t large_count;
	uint64_t n; /* all; more than HIST_LARGE large ones are in n alone */
};

void hist_add(struct hist *hist, uint64_t value);

/* Lines `HIST name value:times ...`, then `RESULT name n=N`; the end of the line is the caller's.
 */
void hist_print(const struct hist *hist, const char *name);

#endif
