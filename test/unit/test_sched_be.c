/* SPDX-License-Identifier: Apache-2.0 */
/* Best effort over several CPUs, and extra time. */
#include "cmocka_all.h"
#include "sim.h"

#define Q    1000u
#define BOTH 3u

static struct sim sim;

static void begin(uint32_t cpus)
{
	sim_init_cpus(&sim, cpus, &sched_edf);
}

static int fresh(void **state)
{
	(void)state;
	begin(2);
	return 0;
}

/* A reservation of CPU `cpu`, released first at the first multiple of its period from `now` on. */
static struct sched_entity *rt(unsigned index, uint32_t cpu, ns_t capacity, ns_t period, ns_t now)
{
	struct sched_entity *e = sim_rt(&sim, index, capacity, period, period);

	sched_start(&sim.cpu[cpu], e, now - 1);
	return e;
}

static struct sched_entity *be(unsigned index, uint32_t cpu, uint32_t priority, uint32_t cpus)
{
	struct sched_entity *e = sim_be_on(&sim, index, 10 * Q, priority, cpus);

	sched_start(&sim.cpu[cpu], e, sim.now);
	return e;
}

static void draw(ns_t quanta)
{
	sim_draw(&sim, sim.now + quanta * Q, Q);
}

/*
 * Figure 6 of the paper: RT 0 (P 5, C 3) and RT 1 (P 4, C 1) on CPU 0, RT 2 (P 5, C 2) and RT 3
 * (P 4, C 1) on CPU 1; best effort 0 (priority 1, the highest) and 1 (priority 4) anywhere.
 *
 * By earliest deadline, of equal ones who came first (at 16, deadline 20: RT 0 and RT 2 from 15):
 *   quantum  0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19
 *   CPU 0    1  0  0  0  1  0  0  0  1  .  0  0  0  1  .  0  0  0  1  .
 *   CPU 1    3  2  2  .  3  2  2  .  3  .  2  2  3  .  .  2  2  3  .  .
 * Best effort fills the dots, 0 before 1. The text's five events: (1) quantum 3 and (2) quantum 7:
 * only CPU 1 is free, 0 runs there. (3) quantum 9: both are free, 0 runs on CPU 0, so 1 on CPU 1.
 * (4) quanta 13 and 14 and (5) 18 and 19: CPU 1 is free first, 0 turns there and stays; when CPU 0
 * becomes free at 14 and 19, 1 runs there, so 1 has migrated too.
 */
static void figure_6_slot_by_slot(void **state)
{
	/* REQ: SCHED-1, SCHED-2, SCHED-5 */
	const ns_t start = 20 * Q;

	(void)state;
	sim.now = start;
	rt(0, 0, 3 * Q, 5 * Q, start);
	rt(1, 0, Q, 4 * Q, start);
	rt(2, 1, 2 * Q, 5 * Q, start);
	rt(3, 1, Q, 4 * Q, start);
	be(4, 0, 1, BOTH);
	be(5, 0, 4, BOTH);
	draw(20);
	assert_string_equal(sim.lane[0], "10001000140001500015");
	assert_string_equal(sim.lane[1], "32243224352234422344");
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(sim.e[i].late, 0);
}

static void the_highest_priority_has_the_cpu(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	begin(1);
	be(0, 0, 4, 1);
	be(1, 0, 2, 1);
	be(2, 0, 8, 1);
	draw(5);
	assert_string_equal(sim.lane[0], "11111");
	sched_block(sim.cpu, &sim.e[1], sim.now + 3 * Q, sim.now);
	draw(6);
	assert_string_equal(sim.lane[0], "000111");
}

static void who_was_preempted_by_a_higher_priority_goes_on_with_its_rest(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	begin(1);
	for (unsigned i = 0; i < 2; i++)
		sched_start(sim.cpu, sim_be_on(&sim, i, 4 * Q, 4, 1), 0);
	be(2, 0, 1, 1);
	sim_settle(&sim);
	sched_block(sim.cpu, &sim.e[2], 2 * Q, 0);
	draw(4);
	assert_string_equal(sim.lane[0], "0022");
	sched_block(sim.cpu, &sim.e[2], NS_NEVER, sim.now);
	draw(12);
	assert_string_equal(sim.lane[0], "001111000011");
}

static void weights_hold_within_a_priority(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	begin(1);
	sched_start(sim.cpu, sim_be_on(&sim, 0, Q, 2, 1), 0);
	sched_start(sim.cpu, sim_be_on(&sim, 1, 3 * Q, 2, 1), 0);
	sched_start(sim.cpu, sim_be_on(&sim, 2, Q, 3, 1), 0);
	draw(12);
	assert_string_equal(sim.lane[0], "011101110111");
}

/* Given an idle CPU, when somebody becomes ready on a busy one, then the idle one has it. */
static void an_idle_cpu_takes_who_waits_elsewhere(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	be(0, 0, 4, BOTH);
	sim_settle(&sim);
	be(1, 0, 4, BOTH);
	draw(30);
	for (unsigned i = 0; i < 30; i++)
		assert_int_not_equal(sim.lane[0][i], sim.lane[1][i]);
	assert_null(strchr(sim.lane[0], '.'));
	assert_null(strchr(sim.lane[1], '.'));
}

/* Given best effort on a CPU, when a reservation begins there, then it goes on elsewhere at once,
 * with what is left of its slice. */
static void who_is_set_aside_goes_on_on_an_idle_cpu(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	rt(0, 0, 3 * Q, 10 * Q, 10 * Q);
	be(1, 0, 4, BOTH);
	sim.now = 6 * Q;
	draw(8);
	assert_string_equal(sim.lane[0], "1111000.");
	assert_string_equal(sim.lane[1], "....1111");
	sim_settle(&sim);
	assert_int_equal(sim.e[1].remaining, 10 * Q - 8 * Q);
}

static void who_is_pinned_waits_for_its_own_cpu(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	rt(0, 0, 3 * Q, 10 * Q, 10 * Q);
	be(1, 0, 1, 1);
	be(2, 1, 4, BOTH);
	sim.now = 6 * Q;
	draw(8);
	assert_string_equal(sim.lane[0], "11110001");
	assert_string_equal(sim.lane[1], "22222222");
}

/* Given all CPUs busy with best effort, when one of a higher priority comes, then the lowest makes
 * place. */
static void a_higher_priority_displaces_the_lowest_anywhere(void **state)
{
	/* REQ: SCHED-2, SCHED-5 */
	(void)state;
	be(0, 0, 3, BOTH);
	be(1, 1, 6, BOTH);
	sim_settle(&sim);
	assert_ptr_equal(sim.cpu[0].current, &sim.e[0]);
	assert_ptr_equal(sim.cpu[1].current, &sim.e[1]);
	sim.now = Q;
	be(2, 0, 2, BOTH);
	sim_settle(&sim);
	for (unsigned i = 0; i < 2; i++) /* whoever runs where: 1 waits */
		assert_ptr_not_equal(sim.cpu[i].current, &sim.e[1]);
	assert_ptr_not_equal(sim.cpu[0].current, sim.cpu[1].current);
}

/* Given two that become ready before anybody looks, when two CPUs are idle, then both run at once.
 */
static void two_who_come_at_once_find_two_idle_cpus(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	begin(3);
	be(0, 0, 1, 1);
	for (unsigned i = 1; i < 3; i++)
		sim_be_on(&sim, i, 10 * Q, 4, 7);
	sim_settle(&sim);
	for (unsigned i = 1; i < 3; i++)
		sched_start(&sim.cpu[0], &sim.e[i], 0);
	for (unsigned i = 0; i < 4; i++)
		for (uint32_t cpu = 0; cpu < 3; cpu++)
			if (sim.look[cpu])
				sim_look(&sim, cpu);
	assert_non_null(sim.cpu[1].current);
	assert_non_null(sim.cpu[2].current);
	assert_ptr_not_equal(sim.cpu[1].current, sim.cpu[2].current);
}

/* Registers that are still in a CPU are not taken by another one. */
static void who_is_kept_is_not_claimed_before_its_registers_are_saved(void **state)
{
	/* REQ: SCHED-5 */
	struct sched_entity *e, *r;

	(void)state;
	r = rt(0, 0, 3 * Q, 10 * Q, 10 * Q);
	e = be(1, 0, 4, BOTH);
	assert_ptr_equal(sched_pick(&sim.cpu[0], Q), e);
	e->held = true;
	assert_ptr_equal(sched_pick(&sim.cpu[0], 10 * Q), r);
	sim.look[1] = false;
	assert_null(sched_pick(&sim.cpu[1], 10 * Q));
	assert_false(sched_take(&sim.cpu[1], e));
	sched_saved(&sim.cpu[0], e);
	assert_true(sim.look[1]); /* told */
	assert_ptr_equal(sched_pick(&sim.cpu[1], 10 * Q), e);
}

/* The same CPU may go on with it at any time: nothing has to be saved. */
static void who_is_kept_goes_on_where_it_was(void **state)
{
	/* REQ: SCHED-5 */
	struct sched_entity *e;

	(void)state;
	rt(0, 0, Q, 10 * Q, 10 * Q);
	e = be(1, 0, 4, BOTH);
	assert_ptr_equal(sched_pick(&sim.cpu[0], Q), e);
	e->held = true;
	sched_pick(&sim.cpu[0], 10 * Q);
	assert_ptr_equal(sched_pick(&sim.cpu[0], 11 * Q), e);
	assert_null(sched_pick(&sim.cpu[1], 11 * Q));
}

static void who_is_taken_for_a_change_runs_nowhere_until_it_is_given_back(void **state)
{
	/* REQ: SCHED-5 */
	struct sched_entity *e;

	(void)state;
	rt(0, 0, 5 * Q, 10 * Q, 10 * Q);
	rt(2, 1, 5 * Q, 10 * Q, 10 * Q);
	sim.now = 10 * Q;
	e = be(1, 0, 4, BOTH);
	sim_settle(&sim);
	assert_true(sched_take(&sim.cpu[0], e));
	assert_false(sched_take(&sim.cpu[1], e)); /* one of the two has it */
	draw(7);
	assert_string_equal(sim.lane[0], "00000..");
	assert_string_equal(sim.lane[1], "22222..");
	sched_give(&sim.cpu[0], e);
	draw(2);
	assert_true(sim.lane[0][0] == '1' || sim.lane[1][0] == '1');
}

/* A gang of two, and two others of the same priority, all ready on two CPUs: the siblings run at
 * the same time. */
static void siblings_of_a_gang_run_together(void **state)
{
	/* REQ: SCHED-5 */
	unsigned together = 0, apart = 0;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		sim_be_on(&sim, i, 2 * Q, 4, BOTH);
	sim.e[0].gang = 1ull << sim.e[3].id;
	sim.e[3].gang = 1ull << sim.e[0].id;
	for (unsigned i = 0; i < 5; i++)
		sched_start(&sim.cpu[0], &sim.e[i], 0);
	draw(400);
	for (unsigned i = 0; i < 400; i++) {
		bool first = sim.lane[0][i] == '0' || sim.lane[1][i] == '0',
		     second = sim.lane[0][i] == '3' || sim.lane[1][i] == '3';

		together += first && second;
		apart += first != second;
	}
	assert_true(together >= 100);
	assert_true(apart <= together / 10);
	for (unsigned i = 1; i < 5; i++) /* and the others are not starved */
		assert_true(sim.e[i].ran >= 100 * Q);
}

static void who_passes_its_slice_on_is_followed_by_whom_it_names(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	begin(1);
	for (unsigned i = 0; i < 4; i++)
		be(i, 0, 4, 1);
	sim_run(&sim, 2 * Q);
	assert_ptr_equal(sim.cpu->current, &sim.e[0]);
	sched_pass(sim.cpu, &sim.e[0], 1ull << sim.e[2].id);
	draw(2);
	assert_string_equal(sim.lane[0], "22");
	sched_pass(sim.cpu, &sim.e[2], 0);
	draw(2);
	assert_string_equal(sim.lane[0], "11"); /* the ring goes on where it was */
}

/* Four CPUs, ten entities of random priorities and masks that sleep and wake, reservations that
 * come and go: nobody runs twice or where it must not, nobody waits while a CPU that may run it is
 * idle, hardly ever while one runs a lower priority (a CPU that was told and has real-time work
 * instead tells nobody; the next end of a slice mends that), and everybody's time adds up. */
static ns_t given[SIM_MAX];
static uint64_t stretches, idle, inverted[SIM_MAX];

static void watch(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	stretches++;
	idle += !who;
	if (who) {
		given[who - s->e] += to - from;
		for (uint32_t i = 0; i < s->cpus; i++)
			assert_true(i == cpu || s->cpu[i].current != who);
	}
	if (sched_is_rt(who))
		return;
	if (who)
		assert_true(who->cpus >> cpu & 1 && who->state == SCHED_READY);
	for (unsigned i = 0; i < 10; i++) {
		const struct sched_entity *e = &s->e[i];
		bool runs = false;

		for (uint32_t j = 0; j < s->cpus; j++)
			runs |= s->cpu[j].current == e;
		if (e->state != SCHED_READY || runs || !(e->cpus >> cpu & 1))
			continue;
		assert_non_null(who);
		if (who->priority > e->priority)
			inverted[i] += to - from;
	}
}

static void no_cpu_idles_or_runs_lower_priorities_while_somebody_waits(void **state)
{
	/* REQ: SCHED-2, SCHED-5 */
	(void)state;
	stretches = idle = 0;
	for (uint64_t round = 1; round <= 30; round++) {
		uint64_t seed = round * 31337;
		uint32_t sleeps_on[10] = {0};

		begin(4);
		memset(given, 0, sizeof(given));
		memset(inverted, 0, sizeof(inverted));
		for (unsigned i = 0; i < 10; i++) {
			uint32_t mask = random_below(&seed, 3)
						? 1 + (uint32_t)random_below(&seed, 15)
						: 1u << random_below(&seed, 4);

			while (!(mask >> sleeps_on[i] & 1))
				sleeps_on[i]++;
			sim_be_on(&sim, i, 1000 * (1 + random_below(&seed, 4)),
				  1 + (uint32_t)random_below(&seed, 4), mask);
		}
		for (unsigned i = 0; i < 10; i++)
			sched_start(&sim.cpu[sleeps_on[i]], &sim.e[i], 0);
		for (unsigned i = 0; i < 3; i++)
			rt(10 + i, i, 1000 * (1 + i), 7000 + 3000 * i, 1);
		sim.ran = watch;
		for (unsigned i = 0; i < 3000; i++) {
			uint32_t cpu = (uint32_t)random_below(&seed, 4);
			struct sched_entity *e = sim.cpu[cpu].current;
			unsigned other = (unsigned)random_below(&seed, 10);

			if (e && !sched_is_rt(e) && e->state == SCHED_READY &&
			    random_below(&seed, 2)) {
				sleeps_on[e - sim.e] = cpu;
				sched_block(&sim.cpu[cpu], e,
					    random_below(&seed, 2)
						    ? NS_NEVER
						    : sim.now + random_below(&seed, 9000),
					    sim.now);
			}
			if (sim.e[other].state == SCHED_BLOCKED && random_below(&seed, 2))
				sched_wake(&sim.cpu[sleeps_on[other]], &sim.e[other], sim.now);
			sim_run(&sim, sim.now + 1 + random_below(&seed, 3000));
		}
		for (unsigned i = 0; i < 10; i++) {
			assert_true(given[i] - sim.e[i].ran <= 3000); /* not charged yet */
			if (inverted[i] * 100 / sim.now)
				printf("%lu %lu\n", inverted[i], sim.now);
		}
		for (unsigned i = 10; i < 13; i++)
			assert_int_equal(sim.e[i].late, 0);
	}
	assert_true(stretches > 300000 && idle > 1000 && idle < stretches / 2);
}

/* Extra time: alone, who asked for it never stops; its budgets stay what they are. */
static void extra_time_fills_what_nobody_wants(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e;

	(void)state;
	begin(1);
	e = sim_rt(&sim, 0, 2 * Q, 10 * Q, 10 * Q);
	e->extra_time = true;
	sched_start(sim.cpu, e, 0);
	rt(1, 0, 3 * Q, 10 * Q, 10 * Q);
	sim.now = 10 * Q;
	draw(30);
	assert_string_equal(sim.lane[0], "001110000000111000000011100000");
	assert_int_equal(e->late, 0);
	assert_int_equal(sim.e[1].late, 0);
}

static void best_effort_comes_before_extra_time(void **state)
{
	/* REQ: SCHED-1, SCHED-2 */
	struct sched_entity *e;

	(void)state;
	begin(1);
	e = sim_rt(&sim, 0, 2 * Q, 10 * Q, 10 * Q);
	e->extra_time = true;
	sched_start(sim.cpu, e, 0);
	be(1, 0, 8, 1);
	sim.now = 10 * Q;
	assert_true(sched_take(sim.cpu, &sim.e[1]));
	sched_block(sim.cpu, &sim.e[1], 16 * Q, sim.now);
	draw(14);
	assert_string_equal(sim.lane[0], "00000011110011");
}

/* Who falls asleep in extra time wakes by the rules of its budget. */
static void sleeping_in_extra_time_changes_no_budget(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e;

	(void)state;
	begin(1);
	e = sim_rt(&sim, 0, 2 * Q, 10 * Q, 10 * Q);
	e->extra_time = true;
	sched_start(sim.cpu, e, 0);
	sim_run(&sim, 14 * Q);
	assert_int_equal(e->state, SCHED_THROTTLED);
	assert_ptr_equal(sim.cpu->current, e);
	assert_int_equal(sched_wait_period(sim.cpu, e, 14 * Q), 20 * Q);
	rt(1, 0, 9 * Q, 20 * Q, 20 * Q);
	draw(20);
	assert_string_equal(sim.lane[0], "......00111111111000");
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(figure_6_slot_by_slot),
		FRESH(the_highest_priority_has_the_cpu),
		FRESH(who_was_preempted_by_a_higher_priority_goes_on_with_its_rest),
		FRESH(weights_hold_within_a_priority),
		FRESH(an_idle_cpu_takes_who_waits_elsewhere),
		FRESH(who_is_set_aside_goes_on_on_an_idle_cpu),
		FRESH(who_is_pinned_waits_for_its_own_cpu),
		FRESH(a_higher_priority_displaces_the_lowest_anywhere),
		FRESH(two_who_come_at_once_find_two_idle_cpus),
		FRESH(who_is_kept_is_not_claimed_before_its_registers_are_saved),
		FRESH(who_is_kept_goes_on_where_it_was),
		FRESH(who_is_taken_for_a_change_runs_nowhere_until_it_is_given_back),
		FRESH(siblings_of_a_gang_run_together),
		FRESH(who_passes_its_slice_on_is_followed_by_whom_it_names),
		FRESH(no_cpu_idles_or_runs_lower_priorities_while_somebody_waits),
		FRESH(extra_time_fills_what_nobody_wants),
		FRESH(best_effort_comes_before_extra_time),
		FRESH(sleeping_in_extra_time_changes_no_budget),
	};

	return cmocka_run_group_tests_name("sched_be", tests, NULL, NULL);
}
