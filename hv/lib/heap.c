/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/heap.h"

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	return (int32_t)(a->order - b->order) < 0;
}

static void place(struct heap *h, uint32_t at, struct heap_node *n)
{
	h->slots[at] = n;
	n->index = at + 1;
}

static void sift_up(struct heap *h, uint32_t at, struct heap_node *n)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (!before(n, h->slots[parent]))
			break;
		place(h, at, h->slots[parent]);
		at = parent;
	}
	place(h, at, n);
}

static void sift_down(struct heap *h, uint32_t at, struct heap_node *n)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= h->count)
			break;
		if (child + 1 < h->count && before(h->slots[child + 1], h->slots[child]))
			child++;
		if (!before(h->slots[child], n))
			break;
		place(h, at, h->slots[child]);
		at = child;
	}
	place(h, at, n);
}

void heap_init(struct heap *h, struct heap_node **slots, uint32_t capacity)
{
	*h = (struct heap){.slots = slots, .capacity = capacity};
}

void heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
	n->key = key;
	n->order = h->next_order++;
	sift_up(h, h->count++, n);
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	struct heap_node *last;
	uint32_t at;

	if (!n->index)
		return;
	at = n->index - 1;
	n->index = 0;
	last = h->slots[--h->count];
	if (last == n)
		return;
	if (at > 0 && before(last, h->slots[(at - 1) / 2]))
		sift_up(h, at, last);
	else
		sift_down(h, at, last);
}
