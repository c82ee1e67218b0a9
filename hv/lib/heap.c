/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/heap.h"

static inline bool before(const struct heap_slot *a, const struct heap_slot *b)
{
	if (likely(a->key != b->key))
		return a->key < b->key;
	return (int32_t)(a->node->order - b->node->order) < 0;
}

static inline void place(struct heap *h, uint32_t at, const struct heap_slot *slot)
{
	h->slots[at] = *slot;
	slot->node->index = at + 1;
}

static void sift_up(struct heap *h, uint32_t at, const struct heap_slot *slot)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / HEAP_CHILDREN;

		if (!before(slot, &h->slots[parent]))
			break;
		place(h, at, &h->slots[parent]);
		at = parent;
	}
	place(h, at, slot);
}

void heap_init(struct heap *h, struct heap_slot *slots, uint32_t capacity)
{
	*h = (struct heap){.slots = slots, .capacity = capacity};
}

void heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
	struct heap_slot slot = {key, n};

	n->key = key;
	n->order = h->next_order++;
	sift_up(h, h->count++, &slot);
}

/* The hole goes down to a leaf along the smallest children; the last one comes up from there, which
 * is seldom more than a step. */
void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_slot last;
	uint32_t at, count;

	if (!n->index)
		return;
	at = n->index - 1;
	n->index = 0;
	count = --h->count;
	if (at == count)
		return;
	last = h->slots[count];
	for (;;) {
		const struct heap_slot *child = &h->slots[HEAP_CHILDREN * at + 1], *best = child;
		const struct heap_slot *end = child + HEAP_CHILDREN, *all = &h->slots[count];

		if (child >= all)
			break;
		if (end > all)
			end = all;
		while (++child < end)
			if (before(child, best))
				best = child;
		place(h, at, best);
		at = (uint32_t)(best - h->slots);
	}
	sift_up(h, at, &last);
}
