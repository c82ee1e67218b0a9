/* SPDX-License-Identifier: Apache-2.0 */
/* Views of a whole trace. */
#ifndef TOOL_TRACE_SHOW_H
#define TOOL_TRACE_SHOW_H

#include "trace_file.h"

#include <stdio.h>

/* What is looked at: [from, until) of the machine's clock; a CPU's index in the table or -1. */
struct trace_window {
	uint64_t from, until;
	int cpu;
};

/*
 * One line a CPU, one character per `unit` of the clock, which says who ran longest in it; cells
 * begin at multiples of the unit. NULL or what is wrong.
 */
const char *trace_show_lanes(const struct trace *trace, const struct trace_window *window,
			     uint64_t unit, FILE *out);

/* Records by kind; per CPU who ran how long, with releases, used-up budgets and misses. */
void trace_show_summary(const struct trace *trace, const struct trace_window *window, FILE *out);

/* Who had a CPU from when to when, in order. */
struct trace_stretch {
	uint32_t vcpu; /* TRACE_NOBODY, TRACE_WORK, TRACE_UNKNOWN */
	uint64_t from, until;
};
#define TRACE_UNKNOWN UINT32_MAX /* no record says who ran */
struct trace_walk {
	const struct trace_lane *lane;
	uint64_t next, at, end;
	uint32_t running;
};
/* The stretches of a lane up to the end of the whole trace. */
void trace_walk_begin(struct trace_walk *walk, const struct trace_lane *lane, uint64_t end);
bool trace_walk_next(struct trace_walk *walk, struct trace_stretch *stretch);

#endif
