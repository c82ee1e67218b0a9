/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Min-heap of intrusive nodes, four children each, keyed by a 64-bit number; equal keys leave in
 * the order in which they came. Insert and remove are O(log n); the array is given by the owner at
 * start.
 */
#ifndef HV_LIB_HEAP_H
#define HV_LIB_HEAP_H

#include "lib/types.h"

struct heap_node {
	uint64_t key;
	uint32_t order; /* tie break: smaller came earlier */
	uint32_t index; /* position + 1; 0: in no heap */
};

struct heap_slot {
	uint64_t key; /* the node's */
	struct heap_node *node;
};

#define HEAP_CHILDREN 4u

struct heap {
	struct heap_slot *slots;
	uint32_t count; /* nodes, without the hole */
	uint32_t hole;  /* 1: slots[0] is vacant */
	uint32_t capacity;
	uint32_t next_order;
};

void heap_init(struct heap *h, struct heap_slot *slots, uint32_t capacity);
/* Precondition: n is in no heap and the heap is not full. */
void heap_insert(struct heap *h, struct heap_node *n, uint64_t key);
/* Takes n out if it is in h; nothing otherwise. */
void heap_remove(struct heap *h, struct heap_node *n);

/* The same with a hole. */
struct heap_node *heap_top_beside_hole(const struct heap *h);

/* The smallest key's node; NULL when empty. */
static inline struct heap_node *heap_top(const struct heap *h)
{
	if (!h->count)
		return NULL;
	return likely(!h->hole) ? h->slots[0].node : heap_top_beside_hole(h);
}

/* The second smallest key; UINT64_MAX: there is none. */
uint64_t heap_second(const struct heap *h);

#endif
