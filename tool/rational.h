/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of fractions of a CPU. Exact as long as numerator and denominator fit in 128 bits; beyond
 * that the sum is rounded up to the next 2^-62, against whoever asks for time.
 */
#ifndef TOOL_RATIONAL_H
#define TOOL_RATIONAL_H

#include <stdbool.h>
#include <stdint.h>

struct rational {
	unsigned __int128 over, under; /* under != 0 */
};

static inline struct rational rational(uint64_t over, uint64_t under)
{
	return (struct rational){over, under};
}

struct rational rational_add(struct rational a, struct rational b);

/* Whether a <= 1. */
bool rational_fits_one(struct rational a);

/* In parts per million, rounded up. */
uint64_t rational_ppm(struct rational a);

/* The largest whole x with used + x/under <= 1; 0 if even used does not fit. */
uint64_t rational_room(struct rational used, uint64_t under);

#endif
