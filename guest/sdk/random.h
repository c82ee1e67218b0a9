/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDK_RANDOM_H
#define SDK_RANDOM_H

#include <stdint.h>

/* xorshift64*: the state is the seed and never zero; the sequence repeats from run to run. */
static inline uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dul;
}

#endif
