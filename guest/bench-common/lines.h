/* SPDX-License-Identifier: Apache-2.0 */
/* Many lines, quickly: through SBI's debug console, a line a call. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include <stdint.h>

struct pair {
	uint64_t before, after;
};

/* Each as `word BEFORE AFTER`, then `RESULT word n=COUNT`. */
void lines_of_pairs(const char *word, const struct pair *pairs, uint64_t count);

#endif
