/* SPDX-License-Identifier: Apache-2.0 */
/* hv/lib: heap, checksum, ring, formatted text, bits, and the memory functions. */
#include "cmocka_all.h"
#include "lib/bits.h"
#include "lib/crc32.h"
#include "lib/heap.h"
#include "lib/print.h"
#include "lib/ring.h"

/* The hypervisor's own memory functions under other names: the host's serve the sanitizers. */
#define memset hv_memset
#define memcpy hv_memcpy
#define strlen hv_strlen
#define strcmp hv_strcmp
#undef HV_LIB_STRING_H
#include "lib/string.c"
#undef memset
#undef memcpy
#undef strlen
#undef strcmp

#define NODES 48u

/* The model of a heap: keys in the order of insertion, searched from the front. */
struct model {
	struct heap_node *node[NODES];
	uint32_t count;
};

static struct heap_node *model_top(const struct model *m)
{
	struct heap_node *best = NULL;

	for (uint32_t i = 0; i < m->count; i++)
		if (!best || m->node[i]->key < best->key)
			best = m->node[i];
	return best;
}

static uint64_t model_second(const struct model *m)
{
	const struct heap_node *top = model_top(m);
	uint64_t key = UINT64_MAX;

	for (uint32_t i = 0; i < m->count; i++)
		if (m->node[i] != top && m->node[i]->key < key)
			key = m->node[i]->key;
	return key;
}

static void model_remove(struct model *m, const struct heap_node *n)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (m->node[i] == n) {
			m->count--;
			memmove(&m->node[i], &m->node[i + 1], (m->count - i) * sizeof(m->node[0]));
			return;
		}
}

/* Given any mix of insertions and removals, of the top and of others, few nodes or many, when one
 * looks, then the smallest, oldest node is on top, and the second key is known; with or without the
 * hole that taking the top leaves. */
static void heap_agrees_with_a_list_over_random_operations(void **state)
{
	/* REQ: SCHED-1 (order of the queues) */
	struct heap_node nodes[NODES] = {0};
	struct heap_slot slots[NODES];
	struct model model = {0};
	struct heap heap;
	uint64_t seed = 1, keys = 12;
	unsigned used = NODES, holes = 0;

	(void)state;
	heap_init(&heap, slots, NODES);
	heap.next_order = UINT32_MAX - 1000; /* the tie break wraps on the way */
	for (unsigned i = 0; i < 400000; i++) {
		struct heap_node *n = &nodes[random_below(&seed, used)];

		if (i % 5000 == 0) {
			used = 1 + (unsigned)random_below(&seed, NODES);
			keys = random_below(&seed, 2) ? 3 : 1000000;
		}
		if (random_below(&seed, 3) == 0 && heap.count)
			n = heap_top(&heap);
		if (n->index) {
			heap_remove(&heap, n);
			model_remove(&model, n);
			assert_int_equal(n->index, 0);
		} else {
			heap_insert(&heap, n, random_below(&seed, keys));
			model.node[model.count++] = n;
		}
		holes += heap.hole;
		assert_int_equal(heap.count, model.count);
		assert_ptr_equal(heap_top(&heap), model_top(&model));
		assert_int_equal(heap_second(&heap), model_second(&model));
	}
	assert_true(holes > 100000);
}

static void equal_keys_leave_in_the_order_in_which_they_came(void **state)
{
	/* REQ: SCHED-2 */
	struct heap_node nodes[NODES] = {0};
	struct heap_slot slots[NODES];
	struct heap heap;

	(void)state;
	heap_init(&heap, slots, NODES);
	for (unsigned i = 0; i < NODES; i++)
		heap_insert(&heap, &nodes[i], i % 3);
	for (unsigned key = 0; key < 3; key++)
		for (unsigned i = key; i < NODES; i += 3) {
			assert_ptr_equal(heap_top(&heap), &nodes[i]);
			heap_remove(&heap, &nodes[i]);
		}
	assert_null(heap_top(&heap));
}

static void removing_a_node_that_is_in_no_heap_does_nothing(void **state)
{
	struct heap_node in = {0}, out = {0};
	struct heap_slot slots[2];
	struct heap heap;

	(void)state;
	heap_init(&heap, slots, 2);
	heap_insert(&heap, &in, UINT64_MAX);
	heap_remove(&heap, &out);
	assert_int_equal(heap.count, 1);
	assert_ptr_equal(heap_top(&heap), &in);
}

static void crc32_gives_the_published_check_values(void **state)
{
	/* REQ: OPS-1 */
	static const uint8_t zeros[32], ones[32] = {[0 ... 31] = 0xff};

	(void)state;
	assert_int_equal(crc32_update(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_update(0, "", 0), 0);
	assert_int_equal(crc32_update(0, zeros, 32), 0x190a55ad);
	assert_int_equal(crc32_update(0, ones, 32), 0xff6cab0b);
	assert_int_equal(crc32_update(0, "The quick brown fox jumps over the lazy dog", 43),
			 0x414fa339);
}

static void crc32_in_pieces_equals_crc32_in_one(void **state)
{
	uint8_t data[257];
	uint64_t seed = 2;

	(void)state;
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)random_next(&seed);
	for (unsigned cut = 0; cut <= sizeof(data); cut++)
		assert_int_equal(
			crc32_update(crc32_update(0, data, cut), data + cut, sizeof(data) - cut),
			crc32_bitwise(data, sizeof(data)));
}

static void ring_keeps_order_and_counts_across_the_wrap_of_its_counters(void **state)
{
	/* REQ: OPS-4 */
	uint8_t bytes[8], next_in = 0, next_out = 0;
	struct ring r = {.bytes = bytes, .mask = 7, .head = UINT32_MAX - 5, .tail = UINT32_MAX - 5};
	uint64_t seed = 3;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		assert_int_equal(ring_used(&r) + ring_free(&r), 8);
		assert_int_equal(ring_used(&r), (uint8_t)(next_in - next_out));
		if (ring_free(&r) && (!ring_used(&r) || random_below(&seed, 2)))
			ring_put(&r, next_in++);
		else
			assert_int_equal(ring_get(&r), next_out++);
	}
}

static void ring_counts_the_lines_inside(void **state)
{
	/* REQ: OPS-4 */
	uint8_t bytes[8];
	struct ring r = {.bytes = bytes, .mask = 7};

	(void)state;
	for (const char *c = "a\nb\n\nc"; *c; c++)
		ring_put(&r, (uint8_t)*c);
	assert_int_equal(r.lines, 3);
	for (unsigned i = 0; i < 4; i++)
		ring_get(&r);
	assert_int_equal(r.lines, 1);
	ring_get(&r);
	ring_get(&r);
	assert_int_equal(r.lines, 0);
}

static const char *printed(const char *format, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			   uint64_t e)
{
	static char text[512];
	struct print_job job = {.format = format, .args = {a, b, c, d, e}};
	unsigned n = 0;

	for (int ch = print_next(&job); ch >= 0; ch = print_next(&job))
		text[n++] = (char)ch;
	text[n] = 0;
	assert_int_equal(print_next(&job), -1);
	return text;
}

static void print_shows_numbers_and_texts(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	assert_string_equal(
		printed("vm %s vcpu %u at 0x%x", (uint64_t) "linux", 3, 0xdeadBEEF, 0, 0),
		"vm linux vcpu 3 at 0xdeadbeef");
	assert_string_equal(printed("%u %x %u", 0, 0, UINT64_MAX, 0, 0),
			    "0 0 18446744073709551615");
	assert_string_equal(printed("%x", UINT64_MAX, 0, 0, 0, 0), "ffffffffffffffff");
	assert_string_equal(printed("%u%u%u%u%u", 1, 22, 333, 4444, 55555), "122333444455555");
}

static void print_survives_odd_formats(void **state)
{
	(void)state;
	assert_string_equal(printed("", 1, 2, 3, 4, 5), "");
	assert_string_equal(printed("100%%", 0, 0, 0, 0, 0), "100%");
	assert_string_equal(printed("%", 0, 0, 0, 0, 0), "%");
	assert_string_equal(printed("%s%s|", (uint64_t) "", (uint64_t) "x", 0, 0, 0), "x|");
	assert_string_equal(printed("%s|", 0, 0, 0, 0, 0), "|"); /* no string at all */
	assert_string_equal(printed("%u%u%u%u%u%u", 1, 2, 3, 4, 5),
			    "123450"); /* one argument too few */
	assert_string_equal(printed("%s", (uint64_t) "%u", 7, 0, 0, 0),
			    "%u"); /* arguments are no formats */
}

static void lowest_bit_is_found_in_every_position(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(bit_lowest(1ull << i), i);
		assert_int_equal(bit_lowest(~0ull << i), i);
	}
}

static void memory_functions_do_what_c_says(void **state)
{
	char a[16] = "0123456789", b[16];

	(void)state;
	assert_ptr_equal(hv_memset(b, 0x1ff, sizeof(b)), b);
	assert_int_equal((unsigned char)b[15], 0xff);
	assert_ptr_equal(hv_memcpy(b, a, 11), b);
	assert_string_equal(a, b);
	assert_int_equal(hv_strlen(a), 10);
	assert_int_equal(hv_strcmp("ab", "ab"), 0);
	assert_true(hv_strcmp("ab", "abc") < 0 && hv_strcmp("b", "abc") > 0);
	assert_true(hv_strcmp("\x80", "a") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(heap_agrees_with_a_list_over_random_operations),
		CASE(equal_keys_leave_in_the_order_in_which_they_came),
		CASE(removing_a_node_that_is_in_no_heap_does_nothing),
		CASE(crc32_gives_the_published_check_values),
		CASE(crc32_in_pieces_equals_crc32_in_one),
		CASE(ring_keeps_order_and_counts_across_the_wrap_of_its_counters),
		CASE(ring_counts_the_lines_inside),
		CASE(print_shows_numbers_and_texts),
		CASE(print_survives_odd_formats),
		CASE(lowest_bit_is_found_in_every_position),
		CASE(memory_functions_do_what_c_says),
	};

	return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
