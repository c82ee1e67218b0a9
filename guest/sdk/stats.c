/* SPDX-License-Identifier: Apache-2.0 */
#include "print.h"
#include "stats.h"

/* 10,000 squares of it still fit 64 bits. */
#define SQUARE_LIMIT 10000000

void stats_init(struct stats *stats)
{
	stats->min = UINT64_MAX;
}

void stats_add(struct stats *stats, uint64_t sample)
{
	uint64_t bounded = sample < SQUARE_LIMIT ? sample : SQUARE_LIMIT;
	uint64_t bin = sample / STATS_BIN_WIDTH;

	stats->n++;
	stats->sum += sample;
	stats->sum_squares += bounded * bounded;
	stats->bins[bin < STATS_BINS ? bin : STATS_BINS]++;
	if (sample < stats->min)
		stats->min = sample;
	if (sample > stats->max)
		stats->max = sample;
}

static uint64_t square_root(uint64_t value)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ul << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= value)
			root += bit;
	return root;
}

uint64_t stats_mean(const struct stats *stats)
{
	return stats->sum / stats->n;
}

uint64_t stats_sd(const struct stats *stats)
{
	uint64_t mean = stats_mean(stats);
	uint64_t mean_square = stats->sum_squares / stats->n;

	return mean_square > mean * mean ? square_root(mean_square - mean * mean) : 0;
}

uint64_t stats_p95(const struct stats *stats)
{
	uint64_t wanted = (stats->n * 95 + 99) / 100, seen = 0;

	for (uint64_t bin = 0; bin < STATS_BINS; bin++) {
		seen += stats->bins[bin];
		if (seen >= wanted) {
			uint64_t edge = (bin + 1) * STATS_BIN_WIDTH;

			return edge < stats->max ? edge : stats->max;
		}
	}
	return stats->max;
}

void stats_result(const struct stats *stats, const char *id)
{
	print("RESULT %s n=%lu min=%lu mean=%lu sd=%lu p95=%lu max=%lu", id, stats->n, stats->min,
	      stats_mean(stats), stats_sd(stats), stats_p95(stats), stats->max);
}
