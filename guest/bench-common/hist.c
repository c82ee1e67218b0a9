/* SPDX-License-Identifier: Apache-2.0 */
#include "hist.h"
#include "print.h"

#define PAIRS_PER_LINE 8

void hist_add(struct hist *hist, uint64_t value)
{
	hist->n++;
	if (value < HIST_VALUES)
		hist->counts[value]++;
	else if (hist->large_count < HIST_LARGE)
		hist->large[hist->large_count++] = value;
}

static void print_pair(const char *name, uint32_t *pairs, uint64_t value, uint32_t times)
{
	if (*pairs % PAIRS_PER_LINE == 0)
		print("%sHIST %s", *pairs ? "\n" : "", name);
	print(" %lu:%u", value, times);
	++*pairs;
}

void hist_print(const struct hist *hist, const char *name)
{
	uint32_t pairs = 0;

	for (uint32_t value = 0; value < HIST_VALUES; value++)
		if (hist->counts[value])
			print_pair(name, &pairs, value, hist->counts[value]);
	for (uint32_t i = 0; i < hist->large_count; i++)
		print_pair(name, &pairs, hist->large[i], 1);
	print("%sRESULT %s n=%lu", pairs ? "\n" : "", name, hist->n);
}
