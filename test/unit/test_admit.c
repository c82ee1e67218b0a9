/* SPDX-License-Identifier: Apache-2.0 */
/* Admission, case by case. Random sets against an independent simulation: test/oracle. */
#include "cmocka_all.h"
#include "abi/hypercall.h"
#include "abi/table.h"
#include "sched/admit.h"

#define MS 1000000ull
#define US 1000ull

static struct admit_task tasks[ADMIT_MAX_TASKS];
static struct admit_cpu on[ADMIT_MAX_CPUS];
static struct admit_system machine;
static struct admit_run run;

static int fresh(void **state)
{
	(void)state;
	memset(tasks, 0, sizeof(tasks));
	memset(on, 0, sizeof(on));
	for (unsigned i = 0; i < ADMIT_MAX_CPUS; i++)
		on[i].policy = ADMIT_EDF;
	machine = (struct admit_system){on, tasks, 1, 0, 0};
	return 0;
}

static struct admit_task *add(uint32_t cpu, ns_t capacity, ns_t period, ns_t deadline)
{
	struct admit_task *t = &tasks[machine.task_count++];

	*t = (struct admit_task){.capacity = capacity,
				 .period = period,
				 .deadline = deadline,
				 .cpu = cpu,
				 .cpus = 1u << cpu};
	return t;
}

static struct admit_task *add_fp(uint32_t priority, uint32_t server, ns_t capacity, ns_t period,
				 ns_t deadline)
{
	struct admit_task *t = add(0, capacity, period, deadline);

	on[0].policy = ADMIT_FIXED_PRIORITY;
	t->priority = priority;
	t->server = server;
	return t;
}

static bool fits(void)
{
	admit_begin_cpu(&run, &machine, 0);
	return admit_finish(&run);
}

static bool place(ns_t capacity, ns_t period, uint32_t mask)
{
	struct admit_task wanted = {
		.capacity = capacity, .period = period, .deadline = period, .cpus = mask};

	admit_begin_place(&run, &machine, &wanted);
	return admit_finish(&run);
}

/* The numbers of the three headers are the same. */
static void numbers_agree(void **state)
{
	(void)state;
	assert_int_equal(ADMIT_CPU, HCALL_REFUSED_CPU);
	assert_int_equal(ADMIT_DEADLINE, HCALL_REFUSED_DEADLINE);
	assert_int_equal(ADMIT_LIMIT, HCALL_REFUSED_LIMIT);
	assert_int_equal(ADMIT_EDF, POLICY_EDF);
	assert_int_equal(ADMIT_FIXED_PRIORITY, POLICY_FP);
	assert_int_equal(ADMIT_TIME_TABLE, POLICY_TABLE);
	assert_int_equal(ADMIT_DEFERRABLE, SERVER_DEFERRABLE);
	assert_true(sizeof(struct admit_run) <= 256);
}

/* Given fractions that no binary number can hold, when they add up to exactly one, then they fit;
 * one nanosecond more does not. */
static void sum_of_exactly_one_fits(void **state)
{
	/* REQ: SCHED-3 SCHED-4 */
	(void)state;
	add(0, 100 * US, 300 * US, 300 * US);
	add(0, 100 * US, 300 * US, 300 * US);
	add(0, 100 * US, 300 * US, 300 * US);
	assert_true(fits());
	tasks[1].capacity++;
	assert_false(fits());
	assert_int_equal(run.reason, ADMIT_CPU);
	assert_int_equal(run.figure, 1000003);
	tasks[1] = (struct admit_task){.capacity = 1 * MS, .period = 7 * MS, .deadline = 7 * MS};
	tasks[2] = (struct admit_task){.capacity = 11 * MS, .period = 21 * MS, .deadline = 21 * MS};
	assert_true(fits());
	on[0].best_effort_ppm = 1;
	assert_false(fits());
	assert_int_equal(run.figure, 1000001);
}

/* Given 64 reservations of different periods that add up to what best effort leaves, then they fit,
 * within the points of a request. */
static void sum_of_64_different_fractions_is_exact(void **state)
{
	/* REQ: SCHED-3 SCHED-4 */
	(void)state;
	on[0].best_effort_ppm = 360000;
	for (unsigned i = 0; i < 64; i++)
		add(0, 10007 + 2 * i, 100 * (10007 + 2 * i), 100 * (10007 + 2 * i));
	assert_true(fits());
	assert_true(run.points < 70);
	tasks[63].capacity++;
	assert_false(fits());
	tasks[63].capacity--;
	tasks[11].period--;
	assert_false(fits());
}

/* Given 20 fractions with prime denominators of 30 bits whose sum is within a billionth below or
 * above one, then the side is told rightly. */
static void sum_with_a_huge_common_denominator_is_exact(void **state)
{
	/* REQ: SCHED-4 */
	static const ns_t primes[] = {999999937, 999999929, 999999893, 999999883, 999999797,
				      999999761, 999999757, 999999751, 999999739, 999999733,
				      999999677, 999999667, 999999613, 999999607, 999999599,
				      999999587, 999999541, 999999527, 999999503, 999999491};
	unsigned __int128 below = 0, one = (unsigned __int128)1 << 90;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		add(0, primes[i] / 20, primes[i], primes[i]);
		below += one * tasks[i].capacity / primes[i];
	}
	/* What is missing to one, as a last fraction rounded down, then up. */
	add(0, (ns_t)((one - below) * 999999937 >> 90), 999999937, 999999937);
	assert_true(fits());
	tasks[20].capacity++;
	assert_false(fits());
}

/* Given a reservation, when its deadline is shorter than its period, then two that would fit by
 * their shares can miss; the figure is an interval with more demand than time. */
static void demand_within_short_deadlines_counts(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	add(0, 2 * MS, 10 * MS, 3 * MS);
	add(0, 2 * MS, 10 * MS, 4 * MS);
	assert_true(fits());
	add(0, 1 * MS, 10 * MS, 5 * MS);
	assert_true(fits());
	add(0, 1 * MS, 10 * MS, 5 * MS);
	assert_false(fits());
	assert_int_equal(run.reason, ADMIT_DEADLINE);
	assert_int_equal(run.figure, 5 * MS);
}

/* Given densities that add up to far more than one, when no interval has more demand than time,
 * then they fit (a test of densities would refuse). */
static void densities_above_one_can_fit(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	add(0, 1 * MS, 10 * MS, 1 * MS);
	add(0, 1 * MS, 10 * MS, 2 * MS);
	add(0, 1 * MS, 10 * MS, 3 * MS);
	add(0, 7 * MS, 10 * MS, 10 * MS);
	assert_true(fits());
	tasks[3].deadline--;
	assert_false(fits());
}

/* Given reservations that just fit, when each release costs a microsecond, then they do not. */
static void overhead_of_every_release_is_charged(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	add(0, 400 * US, 1 * MS, 1 * MS);
	add(0, 598 * US, 1 * MS, 1 * MS);
	machine.overhead = 1 * US;
	assert_true(fits());
	machine.overhead = 1 * US + 1;
	assert_false(fits());
	on[0].policy = ADMIT_FIXED_PRIORITY;
	assert_false(fits());
	machine.overhead = 1 * US;
	assert_true(fits());
}

/* Given fixed priorities, then the worst response of each is held against its deadline. */
static void responses_under_fixed_priority(void **state)
{
	/* REQ: SCHED-6 */
	(void)state;
	/* A set of the literature: responses 1, 3, 10. */
	add_fp(1, SERVER_PERIODIC, 1 * MS, 4 * MS, 4 * MS);
	add_fp(2, SERVER_POLLING, 2 * MS, 6 * MS, 6 * MS);
	add_fp(3, SERVER_SPORADIC, 3 * MS, 12 * MS, 10 * MS);
	assert_true(fits());
	tasks[2].deadline--;
	assert_false(fits());
	assert_int_equal(run.reason, ADMIT_DEADLINE);
	assert_int_equal(run.figure, 10 * MS);
	tasks[2].priority = 1; /* now it is first of its priority, and so may the other one be */
	assert_false(fits());
}

/* Given a deferrable server above another one, then it can hit twice in a row; a sporadic one with
 * the same numbers cannot. */
static void deferrable_server_hits_back_to_back(void **state)
{
	/* REQ: SCHED-6 */
	(void)state;
	add_fp(1, SERVER_SPORADIC, 2 * MS, 5 * MS, 5 * MS);
	add_fp(2, SERVER_PERIODIC, 3 * MS, 10 * MS, 5 * MS);
	assert_true(fits());
	tasks[0].server = SERVER_DEFERRABLE;
	assert_false(fits());
	assert_int_equal(run.figure, 7 * MS);
	tasks[1].deadline = 7 * MS;
	assert_true(fits());
}

/* Given no end of points to look at, when the limit is reached, then that is the answer. */
static void too_long_an_analysis_is_refused(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	/* Together exactly one, no common multiple within reach, deadlines a little short. */
	add(0, 333333331, 999999993, 999999900);
	add(0, 50 * US, 100 * US, 99 * US);
	add(0, 166 * US, 996 * US, 996 * US);
	assert_false(fits());
	assert_int_equal(run.reason, ADMIT_LIMIT);
	assert_int_equal(run.figure, ADMIT_POINTS);
}

/* Given a time table, then its CPU holds as it is, and nothing can be added. */
static void time_table_takes_nothing_more(void **state)
{
	/* REQ: SCHED-7 SCHED-4 */
	(void)state;
	add(0, 900 * US, 1 * MS, 1 * MS);
	add(0, 900 * US, 1 * MS, 1 * MS);
	on[0].policy = ADMIT_TIME_TABLE;
	assert_true(fits());
	assert_false(place(10 * US, 1 * MS, 1));
	assert_int_equal(run.reason, ADMIT_CPU);
}

/* Given room on several CPUs, then the first that is allowed is taken. */
static void first_cpu_with_room_is_taken(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	machine.cpu_count = 4;
	add(0, 900 * US, 1 * MS, 1 * MS);
	add(1, 100 * US, 1 * MS, 1 * MS);
	assert_true(place(500 * US, 1 * MS, 0xf));
	assert_int_equal(run.cpu, 1);
	assert_int_equal(run.move_task, ADMIT_NOBODY);
	assert_int_equal(run.reason, ADMIT_FITS);
	assert_true(place(500 * US, 1 * MS, 0xc));
	assert_int_equal(run.cpu, 2);
	assert_true(place(100 * US, 1 * MS, 0xf));
	assert_int_equal(run.cpu, 0);
	assert_false(place(500 * US, 1 * MS, 0));
}

/* Given that no CPU has room, when one reservation can be moved so that one has, then it is named;
 * without a movable one the least sum is told. */
static void one_is_moved_to_make_room(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	machine.cpu_count = 2;
	add(0, 400 * US, 1 * MS, 1 * MS);
	add(0, 300 * US, 1 * MS, 1 * MS);
	add(1, 500 * US, 1 * MS, 1 * MS);
	assert_false(place(600 * US, 1 * MS, 3));
	assert_int_equal(run.reason, ADMIT_CPU);
	assert_int_equal(run.figure, 1100000);
	tasks[0].movable = tasks[1].movable = true;
	tasks[0].cpus = tasks[1].cpus = 3;
	assert_true(place(600 * US, 1 * MS, 3));
	assert_int_equal(run.cpu, 0);
	assert_int_equal(run.move_task, 0);
	assert_int_equal(run.move_to, 1);
	tasks[0].cpus = 1;
	assert_true(place(600 * US, 1 * MS, 3));
	assert_int_equal(run.move_task, 1);
	on[1].policy = ADMIT_FIXED_PRIORITY;
	assert_false(place(600 * US, 1 * MS, 1));
}

/* Given a full machine, when somebody's tasks change under a request at any time, then it ends. */
static void request_ends_whatever_changes_meanwhile(void **state)
{
	/* REQ: SCHED-4 */
	struct admit_task wanted = {
		.capacity = 10 * US, .period = 1 * MS, .deadline = 500 * US, .cpus = 0xf};
	unsigned steps;

	(void)state;
	machine.cpu_count = 4;
	for (unsigned i = 0; i < 64; i++)
		add(i % 4, 60 * US, 1 * MS, 500 * US);
	srand(1);
	for (unsigned round = 0; round < 50; round++) {
		on[round % 4].policy = round % 3;
		admit_begin_place(&run, &machine, &wanted);
		for (steps = 0; admit_step(&run) == ADMIT_MORE; steps++) {
			struct admit_task *t = &tasks[rand() % 64];

			t->period = (ns_t)(rand() % 3) * 100 * US;
			t->deadline = t->period - t->period / (2 + (ns_t)(rand() % 4));
			t->capacity = 10 * US + (ns_t)(rand() % 100) * 1000;
			t->cpu = (uint32_t)rand() % 4;
			t->movable = rand() % 2;
			t->cpus = (uint32_t)rand() % 16;
			t->priority = (uint32_t)rand() % 4;
		}
		assert_true(steps < ADMIT_POINTS * 40);
	}
}

/* Given CPUs one of which is over-committed, when all are tested at the start, then it is named. */
static void start_names_the_cpu_that_does_not_fit(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	machine.cpu_count = 3;
	add(0, 900 * US, 1 * MS, 1 * MS);
	add(2, 900 * US, 1 * MS, 1 * MS);
	assert_true(admit_all(&run, &machine));
	add(2, 101 * US, 1 * MS, 1 * MS);
	assert_false(admit_all(&run, &machine));
	assert_int_equal(run.cpu, 2);
	assert_int_equal(run.figure, 1001000);
	tasks[1].cpu = 0;
	on[2].policy = 7; /* nobody's */
	assert_false(admit_all(&run, &machine));
	assert_int_equal(run.cpu, 0);
}

#define CASES(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASES(numbers_agree),
		CASES(sum_of_exactly_one_fits),
		CASES(sum_of_64_different_fractions_is_exact),
		CASES(sum_with_a_huge_common_denominator_is_exact),
		CASES(demand_within_short_deadlines_counts),
		CASES(densities_above_one_can_fit),
		CASES(overhead_of_every_release_is_charged),
		CASES(responses_under_fixed_priority),
		CASES(deferrable_server_hits_back_to_back),
		CASES(too_long_an_analysis_is_refused),
		CASES(time_table_takes_nothing_more),
		CASES(first_cpu_with_room_is_taken),
		CASES(one_is_moved_to_make_room),
		CASES(request_ends_whatever_changes_meanwhile),
		CASES(start_names_the_cpu_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
