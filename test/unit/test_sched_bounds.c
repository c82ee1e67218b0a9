/* SPDX-License-Identifier: Apache-2.0 */
/* What the scheduler does at most, however many are due at once. */
#include "cmocka_all.h"
#include "sim.h"

static struct sim sim;

static int fresh(void **state)
{
	(void)state;
	sim_init(&sim);
	return 0;
}

/* Given 64 releases at one instant, when picks follow each other, then all are handled, and no
 * later deadline runs first for long. */
static void sixty_four_releases_at_once_are_all_handled_in_deadline_order(void **state)
{
	/* REQ: SCHED-1 */
	unsigned picks = 0;
	ns_t last = 0;

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		sched_start(sim.cpu, sim_rt(&sim, i, 10, 100000, 1000 + 10 * (i * 37 % 64)), 1);
	do {
		assert_non_null(sched_pick(sim.cpu, 100000));
		assert_true(++picks <= 64);
	} while (sim.cpu->event <= 100000);
	assert_int_equal(sim.cpu->ready.count, 64);
	for (unsigned i = 0; i < 64; i++) {
		struct sched_entity *e = sched_pick(sim.cpu, 100000 + 10 * i);

		assert_non_null(e);
		assert_true(e->due > last);
		last = e->due;
	}
	assert_null(sched_pick(sim.cpu, 100640));
}

/* The same 64, but time goes on between the picks as it does on a CPU: everyone is served in its
 * period, nobody twice. */
static void sixty_four_releases_at_once_all_get_their_budget(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	for (unsigned i = 0; i < 64; i++)
		sched_start(sim.cpu, sim_rt(&sim, i, 1000, 100000, 100000), 1);
	for (ns_t now = 100000; now < 200000;) {
		sched_pick(sim.cpu, now);
		now = sim.cpu->event > now + 7 ? sim.cpu->event : now + 7;
	}
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(sim.e[i].overruns, 1);
		assert_int_equal(sim.e[i].late, 0);
	}
}

static unsigned heap_calls;

void __real_heap_insert(struct heap *h, struct heap_node *n, uint64_t key);
void __real_heap_remove(struct heap *h, struct heap_node *n);
void __wrap_heap_insert(struct heap *h, struct heap_node *n, uint64_t key);
void __wrap_heap_remove(struct heap *h, struct heap_node *n);

void __wrap_heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
	assert_true(h->count < h->capacity);
	assert_int_equal(n->index, 0);
	heap_calls++;
	__real_heap_insert(h, n, key);
}

void __wrap_heap_remove(struct heap *h, struct heap_node *n)
{
	heap_calls++;
	__real_heap_remove(h, n);
}

static unsigned most_heap_calls(const struct sched_policy *policy, unsigned entities)
{
	unsigned most = 0;
	uint64_t seed = 5;
	ns_t now = 0;

	sim_init_cpus(&sim, 1, policy);
	for (unsigned i = 0; i < entities; i++) {
		struct sched_entity *e = &sim.e[i];

		if (i % 2)
			sim_be(&sim, i, 1000);
		else if (policy == &sched_edf)
			sim_rt(&sim, i, 10, 1000, 1000);
		else
			sim_fp(&sim, i, 1 + i % 32, (enum sched_server)(i / 2 % 4), 10, 1000, 1000);
		sched_start(sim.cpu, e, 0);
	}
	for (unsigned i = 0; i < 20000; i++) {
		struct sched_entity *e = &sim.e[random_below(&seed, entities)];

		if (!random_below(&seed, 3) && e->state == SCHED_READY)
			sched_block(sim.cpu, e, now + random_below(&seed, 500), now);
		heap_calls = 0;
		sched_pick(sim.cpu, now);
		if (heap_calls > most)
			most = heap_calls;
		now += random_below(&seed, 3) ? 0 : random_below(&seed, 2000);
	}
	return most;
}

/* However many are due, one pick does a constant number of heap operations. */
static void a_pick_does_a_constant_number_of_heap_operations(void **state)
{
	/* REQ: SCHED-1 (bounds) */
	unsigned bound = 2 + 2 * SCHED_DUE_MAX + 2 * SCHED_DUE_MAX; /* charge, due RT, due BE */

	(void)state;
	for (unsigned entities = 8; entities <= 64; entities += 56) {
		assert_true(most_heap_calls(&sched_edf, entities) <= bound);
		assert_true(most_heap_calls(&sched_fixed_priority, entities) <= bound);
	}
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(sixty_four_releases_at_once_are_all_handled_in_deadline_order),
		FRESH(sixty_four_releases_at_once_all_get_their_budget),
		FRESH(a_pick_does_a_constant_number_of_heap_operations),
	};

	return cmocka_run_group_tests_name("sched_bounds", tests, NULL, NULL);
}
