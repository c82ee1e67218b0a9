/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded record of a distribution, for figures a guest measures itself. */
#ifndef SDK_STATS_H
#define SDK_STATS_H

#include <stdint.h>

#define STATS_BIN_WIDTH 10
#define STATS_BINS      400 /* samples of STATS_BINS * STATS_BIN_WIDTH and more share one bin */

struct stats {
	uint64_t n;
	uint64_t min;
	uint64_t max;
	uint64_t sum;
	uint64_t sum_squares;
	uint32_t bins[STATS_BINS + 1];
};

/* Makes a zeroed record ready. */
void stats_init(struct stats *stats);

void stats_add(struct stats *stats, uint64_t sample);

/* These need at least one sample. */
uint64_t stats_mean(const struct stats *stats);
uint64_t stats_sd(const struct stats *stats);

/* Upper edge of the bin that holds the 95th percentile; the maximum if it is off the scale. */
uint64_t stats_p95(const struct stats *stats);

/* Prints `RESULT id n= min= mean= sd= p95= max=`, without the end of the line. */
void stats_result(const struct stats *stats, const char *id);

#endif
