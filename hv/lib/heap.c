/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/heap.h"

/* a comes before b. */
static inline bool is_before(const struct heap_slot *a, const struct heap_slot *b)
{
	if (likely(a->key != b->key))
		return a->key < b->key;
	return (int32_t)(a->node->order - b->node->order) < 0;
}

static inline void put(const struct heap *h, uint32_t at, struct heap_slot what)
{
	h->slots[at] = what;
	what.node->index = at + 1;
}

static inline void sift_up(const struct heap *h, uint32_t at, struct heap_slot what)
{
	while (at) {
		uint32_t parent = (at - 1) / HEAP_CHILDREN;

		if (!is_before(&what, &h->slots[parent]))
			break;
		put(h, at, h->slots[parent]);
		at = parent;
	}
	put(h, at, what);
}

void heap_init(struct heap *h, struct heap_slot *slots, uint32_t capacity)
{
	*h = (struct heap){.slots = slots, .capacity = capacity};
}

static inline struct heap_slot *smallest(struct heap_slot *child, const struct heap_slot *end)
{
	struct heap_slot *best = child;

	while (++child < end)
		if (is_before(child, best))
			best = child;
	return best;
}

/* The children of the slot at `at` are [first_child(), children_end()), empty if it has none. */
static inline struct heap_slot *first_child(const struct heap *h, const struct heap_slot *at)
{
	return h->slots + HEAP_CHILDREN * (uint32_t)(at - h->slots) + 1;
}

static inline struct heap_slot *children_end(const struct heap *h, struct heap_slot *first)
{
	struct heap_slot *end = h->slots + h->count + h->hole;

	return end - first > HEAP_CHILDREN ? first + HEAP_CHILDREN : end;
}

/* The hole goes down to a leaf along the smallest children; `what` comes up from there, which is
 * seldom more than a step. */
static void refill(const struct heap *h, struct heap_slot *hole, const struct heap_slot *what)
{
	const struct heap_slot *end = h->slots + h->count + h->hole;
	struct heap_slot *child;

	while ((child = first_child(h, hole)) < end) {
		child = smallest(child, children_end(h, child));
		put(h, (uint32_t)(hole - h->slots), *child);
		hole = child;
	}
	sift_up(h, (uint32_t)(hole - h->slots), *what);
}

/* Fills the hole with the last one. */
static void close(struct heap *h)
{
	struct heap_slot last = h->slots[h->count];

	h->hole = 0;
	if (h->count)
		refill(h, h->slots, &last);
}

/* The frequent cases need no stack; the others are in functions of their own. */
static __attribute__((noinline)) void fill(struct heap *h, struct heap_node *n)
{
	struct heap_slot slot = {n->key, n}, *hole = h->slots, *child;

	h->hole = 0;
	h->count++;
	while ((child = first_child(h, hole)) < h->slots + h->count) {
		child = smallest(child, children_end(h, child));
		if (!is_before(child, &slot))
			break;
		put(h, (uint32_t)(hole - h->slots), *child);
		hole = child;
	}
	put(h, (uint32_t)(hole - h->slots), slot);
}

void heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
	struct heap_slot slot = {key, n};

	n->key = key;
	n->order = h->next_order++;
	if (h->hole)
		fill(h, n);
	else
		sift_up(h, h->count++, slot);
}

static __attribute__((noinline)) void remove_inner(struct heap *h, struct heap_node *n)
{
	struct heap_slot last;

	if (h->hole)
		close(h);
	h->count--;
	if (n->index == 1) { /* closing brought it here */
		h->hole = 1;
	} else if (n->index <= h->count) {
		last = h->slots[h->count];
		refill(h, h->slots + n->index - 1, &last);
	}
	n->index = 0;
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	if (!n->index)
		return;
	if (h->count > 1 && n->index > 1) {
		remove_inner(h, n);
		return;
	}
	h->hole = --h->count != 0;
	n->index = 0;
}

struct heap_node *heap_top_beside_hole(const struct heap *h)
{
	struct heap_slot *first = h->slots + 1;

	return smallest(first, children_end(h, first))->node;
}

uint64_t heap_second(const struct heap *h)
{
	struct heap_slot *top, *first = h->slots + 1, *end = children_end(h, first);
	uint64_t key = UINT64_MAX;

	if (h->count < 2)
		return key;
	if (h->hole) {
		top = smallest(first, end);
		for (const struct heap_slot *s = first; s < end; s++)
			if (s != top && s->key < key)
				key = s->key;
		first = first_child(h, top);
		end = children_end(h, first);
	}
	for (const struct heap_slot *s = first; s < end; s++)
		if (s->key < key)
			key = s->key;
	return key;
}
