/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulation kept of a window, as columns of one unit of time each. */
#ifndef TOOL_TIMELINE_H
#define TOOL_TIMELINE_H

#include "analyse_json.h"
#include "sim.h"

#define TIMELINE_COLUMNS_MAX 5000u

struct timeline {
	const struct sim *sim;
	ns_t from, unit; /* of the first column, from time 0 */
	uint32_t columns;
	uint64_t *ran;    /* [cpu][vcpu][column]: ns in which it ran there */
	uint8_t *pending; /* [vcpu][column]: had a job to do in it */
};

/* The window [from, from + columns * unit) must have been kept. */
void timeline_make(struct timeline *timeline, const struct sim *sim, ns_t from, ns_t unit,
		   uint32_t columns);
/* In blocks of at most `width` characters. */
void timeline_draw(const struct timeline *timeline, uint32_t width, FILE *out);
/* Per CPU: who had most of each column; per vCPU: ns in each column. */
void timeline_json(const struct timeline *timeline, struct json *json);

/* The widest unit of 1, 2, 5, 10... in which everything that happens in this system is seen. */
ns_t timeline_unit(const struct sim *sim);
char timeline_symbol(uint32_t vcpu);
/* Columns on one line of `width` characters. */
uint32_t timeline_room(const struct sim *sim, uint32_t width);

#endif
