/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share: an input read piece by piece, seeds written by code. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

struct input {
	const uint8_t *at;
	size_t left;
};

/* The next `bytes` (at most 8), little endian; missing ones are 0. */
static inline uint64_t take(struct input *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && in->left; i++, in->left--)
		value |= (uint64_t)*in->at++ << 8 * i;
	return value;
}

static inline void put(uint8_t **out, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*(*out)++ = (uint8_t)(value >> 8 * i);
}

/* What must hold whatever the input. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: must: %s\n", __FILE__, __LINE__, #condition);      \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Seed number n: its bytes at `out` (room for 64 KiB), 0 when there is none. By the target. */
size_t fuzz_seed(unsigned n, uint8_t *out);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#endif
