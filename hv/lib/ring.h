/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring of bytes, size a power of two. head and tail count bytes since start and wrap by themselves.
 * No locking here: the owner names the lock.
 */
#ifndef HV_LIB_RING_H
#define HV_LIB_RING_H

#include "lib/types.h"

struct ring {
	uint8_t *bytes;
	uint32_t mask;  /* size - 1 */
	uint32_t head;  /* next byte to write */
	uint32_t tail;  /* next byte to read */
	uint32_t lines; /* newlines inside */
};

static inline uint32_t ring_used(const struct ring *r)
{
	return r->head - r->tail;
}

static inline uint32_t ring_free(const struct ring *r)
{
	return r->mask + 1 - ring_used(r);
}

/* Precondition: not empty. */
static inline uint8_t ring_get(struct ring *r)
{
	uint8_t c = r->bytes[r->tail++ & r->mask];

	r->lines -= c == '\n';
	return c;
}

/* Precondition: not full. */
static inline void ring_put(struct ring *r, uint8_t c)
{
	r->bytes[r->head++ & r->mask] = c;
	r->lines += c == '\n';
}

#endif
