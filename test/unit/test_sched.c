/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler of one CPU: reservations under EDF over best effort, case by case. */
#include "cmocka_all.h"
#include "sim.h"

static struct sim sim;
static const char *lane_until(ns_t until, ns_t unit)
{
	return sim_draw(&sim, until, unit);
}

static int fresh(void **state)
{
	(void)state;
	sim_init(&sim);
	return 0;
}

/* Given two reservations, when both are released together, then the earlier deadline runs first. */
static void earliest_deadline_runs_first(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	sched_start(sim.cpu, sim_rt(&sim, 0, 20, 100, 90), 99);
	sched_start(sim.cpu, sim_rt(&sim, 1, 20, 100, 50), 99);
	sched_start(sim.cpu, sim_rt(&sim, 2, 20, 100, 70), 99);
	sim.now = 100;
	assert_string_equal(lane_until(200, 10), "112200....");
}

/* Given a running reservation, when one with an earlier deadline is released, then it preempts. */
static void release_with_an_earlier_deadline_preempts(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	sched_start(sim.cpu, sim_rt(&sim, 0, 60, 200, 200), 0); /* releases 200, 400.. */
	sched_start(sim.cpu, sim_rt(&sim, 1, 20, 110, 110), 0); /* releases 110, 220, 330.. */
	/* due 400 against 330 at 220; at 330 nobody is ready but 1 */
	assert_string_equal(lane_until(400, 10), "...........11.......0011"
						 "0000....."
						 "11.....");
}

/* The first release is the next k*P; no time is given before. */
static void first_release_is_the_next_multiple_of_the_period(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	sched_start(sim.cpu, sim_rt(&sim, 0, 10, 100, 100), 130);
	sim.now = 130;
	assert_string_equal(lane_until(300, 10), ".......0.........");
}

static void who_starts_exactly_at_a_release_waits_for_the_next(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	sched_start(sim.cpu, sim_rt(&sim, 0, 10, 100, 100), 100);
	assert_null(sched_pick(sim.cpu, 100));
	assert_int_equal(sim.cpu->event, 200);
}

/* Given a reservation that never sleeps, when it has had C, then the comparator stands at exactly
 * that time. */
static void budget_ends_exactly_after_c(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 12345, 100000, 100000);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_start(sim.cpu, sim_be(&sim, 1, 1000), 0);
	assert_ptr_equal(sched_pick(sim.cpu, 100000), e);
	assert_int_equal(sim.cpu->event, 112345);
	assert_ptr_equal(sched_pick(sim.cpu, 112344), e);
	assert_int_equal(sim.cpu->event, 112345);
	assert_ptr_equal(sched_pick(sim.cpu, 112345), &sim.e[1]);
	assert_int_equal(e->state, SCHED_THROTTLED);
	assert_int_equal(e->overruns, 1);
	assert_int_equal(sim.cpu->event, 200000); /* replenishment; best effort is alone */
	assert_ptr_equal(sched_pick(sim.cpu, 200000), e);
	assert_int_equal(e->remaining, 12345);
}

/* Given an interrupt that came 30 ns late, when the budget is refilled, then the debt is paid from
 * it. */
static void time_taken_too_much_is_paid_from_the_next_budget(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 10000, 100000, 100000);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100000);
	assert_null(sched_pick(sim.cpu, 110030));
	assert_ptr_equal(sched_pick(sim.cpu, 200000), e);
	assert_int_equal(sim.cpu->event, 209970);
}

/* Even debt beyond the whole budget leaves the comparator armed: the budget stays enforced. */
static void no_debt_switches_the_comparator_off(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	for (ns_t debt = 9995; debt < 10005; debt++) {
		struct sched_entity *e = sim_rt(&sim, 0, 10000, 100000, 100000);

		sim_init(&sim);
		*e = (struct sched_entity){
			.queue = SCHED_RT, .capacity = 10000, .period = 100000, .deadline = 100000};
		sched_start(sim.cpu, e, 0);
		sched_pick(sim.cpu, 100000);
		sched_pick(sim.cpu, 110000 + debt);
		sched_pick(sim.cpu, 200000);
		assert_true(sim.cpu->event <= 300000);
	}
}

/* Given a CPU that stood still for many periods, when it goes on, then releases resume from now. */
static void after_standing_still_no_backlog_of_budgets_is_served(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 10, 100, 100);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sim_run(&sim, 150);
	sim.now = 5050;
	assert_string_equal(lane_until(5350, 10), "0.........0.........0.........");
}

/* Who sleeps within a period gives up the rest of it: awake again, it is served ahead of time from
 * the next period's budget, by the next period's deadline. */
static void who_wakes_within_its_period_is_served_from_the_next(void **state)
{
	/* REQ: SCHED-1, SCHED-4 */
	struct sched_entity *e = sim_rt(&sim, 0, 40, 100, 80);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100);
	sched_block(sim.cpu, e, NS_NEVER, 130);
	sched_pick(sim.cpu, 130);
	sched_wake(sim.cpu, e, 150);
	assert_int_equal(e->release, 200);
	assert_int_equal(e->due, 280);
	assert_int_equal(e->remaining, 40);
	sim.now = 150;
	/* all of it is used up ahead: nothing more before 300 */
	assert_string_equal(lane_until(350, 10), "0000...........0000.");
}

/* Ahead of its release it may sleep and go on: its deadline is far enough away. */
static void who_sleeps_ahead_of_its_release_goes_on(void **state)
{
	/* REQ: SCHED-1, SCHED-4 */
	struct sched_entity *e = sim_rt(&sim, 0, 40, 100, 80);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100);
	sched_block(sim.cpu, e, NS_NEVER, 130);
	sched_pick(sim.cpu, 130);
	sched_wake(sim.cpu, e, 150);
	sched_pick(sim.cpu, 150);
	sched_block(sim.cpu, e, NS_NEVER, 160);
	sched_pick(sim.cpu, 160);
	sched_wake(sim.cpu, e, 200); /* exactly at the release: not within it yet */
	assert_int_equal(e->due, 280);
	assert_int_equal(e->remaining, 30);
	sched_pick(sim.cpu, 200);
	sched_block(sim.cpu, e, NS_NEVER, 205);
	sched_pick(sim.cpu, 205);
	sched_wake(sim.cpu, e, 206);
	assert_int_equal(e->due, 380);
	assert_int_equal(e->remaining, 40);
}

static void who_wakes_after_its_period_begins_a_new_one_at_once(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 40, 100, 80);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100);
	sched_block(sim.cpu, e, NS_NEVER, 130);
	sched_pick(sim.cpu, 130);
	sched_wake(sim.cpu, e, 276);
	assert_int_equal(e->release, 276);
	assert_int_equal(e->due, 356);
	assert_int_equal(e->remaining, 40);
}

/* Nothing is served ahead to who has used up its budget. */
static void who_falls_asleep_with_its_budget_used_up_waits_for_the_next_period(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 40, 100, 50);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100);
	sched_block(sim.cpu, e, NS_NEVER, 140);
	sched_wake(sim.cpu, e, 150);
	assert_int_equal(e->state, SCHED_THROTTLED);
	assert_null(sched_pick(sim.cpu, 150));
	assert_int_equal(sim.cpu->event, 200);
	assert_ptr_equal(sched_pick(sim.cpu, 200), e);
	assert_int_equal(e->due, 250);
}

/* What it costs to put a reservation to sleep is paid from its own budget. */
static void falling_asleep_is_not_free(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 40, 100, 100);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100);
	sched_block(sim.cpu, e, NS_NEVER, 138);
	sched_pick(sim.cpu, 143);
	sched_wake(sim.cpu, e, 150);
	assert_int_equal(e->state, SCHED_THROTTLED);
	assert_ptr_equal(sched_pick(sim.cpu, 200), e);
	assert_int_equal(sim.cpu->event, 237); /* 3 of debt */
}

/* Given two reservations whose demand fits though their C/D add up to more than one, when the one
 * sleeps until shortly before its deadline, then the other one still keeps its own. */
static void a_sleeper_takes_nothing_from_a_short_deadline(void **state)
{
	/* REQ: SCHED-1 SCHED-4 */
	struct sched_entity *a = sim_rt(&sim, 0, 10, 100, 10), *b = sim_rt(&sim, 1, 70, 100, 100);

	(void)state;
	sched_start(sim.cpu, a, 0);
	sim_run(&sim, 109);
	sched_block(sim.cpu, a, 291, 109); /* then due at 301 */
	sched_start(sim.cpu, b, 109);
	sim_run(&sim, 263);
	sched_block(sim.cpu, b, 290, 263); /* 7 left of those due at 300 */
	sim_run(&sim, 390);
	assert_int_equal(a->due, 301);
	assert_int_equal(a->late, 0);
}

static void a_sleeper_is_woken_by_its_own_timer_exactly_then(void **state)
{
	/* REQ: CPU-5 */
	struct sched_entity *e = sim_be(&sim, 0, 1000);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 0);
	sched_block(sim.cpu, e, 777, 10);
	assert_null(sched_pick(sim.cpu, 10));
	assert_int_equal(sim.cpu->event, 777);
	assert_null(sched_pick(sim.cpu, 776));
	assert_ptr_equal(sched_pick(sim.cpu, 777), e);
}

static void a_wake_up_time_in_the_past_wakes_at_once(void **state)
{
	/* REQ: TIME-3 */
	struct sched_entity *e = sim_be(&sim, 0, 1000);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 0);
	sched_block(sim.cpu, e, 5, 10);
	assert_ptr_equal(sched_pick(sim.cpu, 10), e);
}

static void waking_whoever_does_not_sleep_changes_nothing(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 10, 100, 100);

	(void)state;
	sched_wake(sim.cpu, e, 5); /* OFF */
	assert_int_equal(e->state, SCHED_OFF);
	sched_start(sim.cpu, e, 0);
	sched_wake(sim.cpu, e, 50); /* waits for its first release */
	assert_null(sched_pick(sim.cpu, 50));
	sched_pick(sim.cpu, 100);
	sched_pick(sim.cpu, 110); /* throttled */
	sched_wake(sim.cpu, e, 120);
	assert_null(sched_pick(sim.cpu, 120));
}

/* Given a period that is no round number, when it is waited for 100,000 times with random lateness,
 * then every release is k*P. */
static void wait_period_never_leaves_the_grid(void **state)
{
	/* REQ: SCHED-1, TIME-4 */
	struct sched_entity *e = sim_rt(&sim, 0, 50000, 333331, 333331);
	uint64_t seed = 7, k = 1;
	ns_t now;

	(void)state;
	sched_start(sim.cpu, e, 0);
	now = 333331;
	for (unsigned i = 0; i < 100000; i++) {
		assert_ptr_equal(sched_pick(sim.cpu, now), e);
		now += random_below(&seed, 40000);
		assert_int_equal(sched_wait_period(sim.cpu, e, now), ++k * 333331);
		assert_null(sched_pick(sim.cpu, now));
		assert_int_equal(sim.cpu->event, k * 333331);
		now = sim.cpu->event + random_below(&seed, 200); /* the comparator may be late */
	}
}

static void wait_period_of_who_is_late_skips_to_the_next_release_after_now(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 10, 100, 100);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100);
	assert_int_equal(sched_wait_period(sim.cpu, e, 730), 800);
	sched_pick(sim.cpu, 800);
	assert_int_equal(sched_wait_period(sim.cpu, e, 900), 1000);
}

static void best_effort_runs_in_turn(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		sched_start(sim.cpu, sim_be(&sim, i, 20), 0);
	assert_string_equal(lane_until(180, 10), "001122001122001122");
}

static void weights_share_the_time_in_proportion(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	sched_start(sim.cpu, sim_be(&sim, 0, 10), 0);
	sched_start(sim.cpu, sim_be(&sim, 1, 30), 0);
	sched_start(sim.cpu, sim_be(&sim, 2, 20), 0);
	assert_string_equal(lane_until(180, 10), "011122011122011122");
}

/* Given best effort preempted within its slice, when the reservation has ended, then it goes on
 * with the rest. */
static void preempted_best_effort_keeps_its_place_and_its_rest(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	sched_start(sim.cpu, sim_be(&sim, 0, 40), 0);
	sched_start(sim.cpu, sim_be(&sim, 1, 40), 0);
	sched_start(sim.cpu, sim_rt(&sim, 2, 20, 100, 100), 0);
	assert_string_equal(lane_until(200, 10), "00001111002200111100");
}

static void who_wakes_is_served_when_its_turn_in_the_ring_comes(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		sched_start(sim.cpu, sim_be(&sim, i, 20), 0);
	sched_pick(sim.cpu, 0);
	sched_block(sim.cpu, &sim.e[0], 30, 0); /* wakes while 2 runs; its turn is before 1's */
	assert_string_equal(lane_until(120, 10), "112200112200");
}

/* Given one best-effort entity alone, when it runs, then no quantum interrupts it. */
static void alone_there_is_no_tick(void **state)
{
	/* REQ: SCHED-1, SCHED-8 */
	(void)state;
	sched_start(sim.cpu, sim_be(&sim, 0, 10), 0);
	assert_ptr_equal(sched_pick(sim.cpu, 0), &sim.e[0]);
	assert_true(sim.cpu->event == NS_NEVER);
	assert_ptr_equal(sched_pick(sim.cpu, 1000000), &sim.e[0]);
	assert_true(sim.cpu->event == NS_NEVER);
}

static void idle_there_is_no_tick(void **state)
{
	/* REQ: CPU-5 */
	(void)state;
	assert_null(sched_pick(sim.cpu, 0));
	assert_true(sim.cpu->event == NS_NEVER);
}

/* Given one that was alone for long, when a second one comes, then that one runs at once. */
static void who_was_alone_for_long_makes_place_at_once(void **state)
{
	/* REQ: SCHED-2 */
	(void)state;
	sched_start(sim.cpu, sim_be(&sim, 0, 10), 0);
	sched_pick(sim.cpu, 0);
	sched_start(sim.cpu, sim_be(&sim, 1, 10), 500);
	sim.now = 500;
	assert_string_equal(lane_until(540, 10), "1010");
}

/* Timers of best effort do not interrupt a running reservation. */
static void a_best_effort_timer_is_not_armed_while_a_reservation_runs(void **state)
{
	/* REQ: IRQ-2, SCHED-1 */
	(void)state;
	sched_start(sim.cpu, sim_be(&sim, 0, 10), 0);
	sched_start(sim.cpu, sim_rt(&sim, 1, 50, 100, 100), 0);
	sched_pick(sim.cpu, 0);
	sched_block(sim.cpu, &sim.e[0], 120, 0);
	sched_pick(sim.cpu, 100);
	assert_int_equal(sim.cpu->event, 150);
	assert_ptr_equal(sched_pick(sim.cpu, 150), &sim.e[0]);
}

/* Figure 5.3 of the dissertation: RT 0 (P 5, C 3), RT 1 (P 4, C 1), two best effort, 20 quanta. */
static void figure_5_3_slot_by_slot(void **state)
{
	/* REQ: SCHED-1, SCHED-2 */
	const ns_t q = 1000, start = 20 * q;
	const char *got;

	(void)state;
	sched_start(sim.cpu, sim_rt(&sim, 0, 3 * q, 5 * q, 5 * q), start - 1);
	sched_start(sim.cpu, sim_rt(&sim, 1, q, 4 * q, 4 * q), start - 1);
	sched_start(sim.cpu, sim_be(&sim, 2, q), start);
	sched_start(sim.cpu, sim_be(&sim, 3, q), start);
	sim.now = start;
	got = lane_until(start + 20 * q, q);
	/* worked out by hand: releases of 1 at 0 4 8 12 16, of 0 at 0 5 10 15; at 16 deadlines are
	 * equal */
	assert_string_equal(got, "10001000120001300012");
	assert_int_equal(got[9], '2');
	assert_int_equal(got[14], '3');
	assert_int_equal(got[19], '2');
	assert_int_equal(sim.e[0].late + sim.e[1].late, 0);
}

static void stopping_takes_an_entity_out_of_every_state(void **state)
{
	/* REQ: OPS-2 */
	struct sched_entity *rt = sim_rt(&sim, 0, 10, 100, 100), *be = sim_be(&sim, 1, 10);

	(void)state;
	for (unsigned stage = 0; stage < 5; stage++) {
		sim_init(&sim);
		sim_rt(&sim, 0, 10, 100, 100);
		sim_be(&sim, 1, 10);
		sched_start(sim.cpu, rt, 0);
		sched_start(sim.cpu, be, 0);
		if (stage >= 1)
			sched_pick(sim.cpu, 100); /* rt runs */
		if (stage >= 2)
			sched_pick(sim.cpu, 110); /* rt throttled */
		if (stage == 3)
			sched_block(sim.cpu, be, NS_NEVER, 110);
		if (stage == 4)
			sched_block(sim.cpu, be, 5000, 110);
		sched_stop(sim.cpu, rt, 110);
		assert_true(sched_take(sim.cpu, be));
		sched_stop(sim.cpu, be, 110);
		assert_int_equal(rt->state, SCHED_OFF);
		assert_int_equal(sim.cpu->ready.count + sim.cpu->timed.count, 0);
		assert_int_equal(sim.cpu->sleeping.count, 0);
		assert_null(sched_pick(sim.cpu, 200));
		assert_true(sim.cpu->event == NS_NEVER);
	}
}

static void who_was_stopped_starts_again_with_a_full_budget(void **state)
{
	/* REQ: SCHED-1 */
	struct sched_entity *e = sim_rt(&sim, 0, 10, 100, 100);

	(void)state;
	sched_start(sim.cpu, e, 0);
	sched_pick(sim.cpu, 100);
	sched_stop(sim.cpu, e, 105);
	sched_pick(sim.cpu, 105);
	sched_start(sim.cpu, e, 250);
	sim.now = 250;
	assert_string_equal(lane_until(350, 10), ".....0....");
}

/* Given more than the CPU has, when deadlines pass with budget unserved, then each is counted as
 * late. */
static void overload_is_counted_as_late(void **state)
{
	/* REQ: OPS-2, SCHED-1 */
	(void)state;
	for (unsigned i = 0; i < 2; i++)
		sched_start(sim.cpu, sim_rt(&sim, i, 60, 100, 100), 0);
	sim_run(&sim, 10100);
	/* 120 asked for every 100: of the 200 server periods in 10,000 about 34 cannot be served in
	 * time */
	assert_true(sim.e[0].late + sim.e[1].late >= 10);
}

/* One that did not run at all around its deadline is late too. */
static void who_was_preempted_across_its_deadline_is_late(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	sched_start(sim.cpu, sim_rt(&sim, 0, 50, 1000, 50), 1);
	sched_start(sim.cpu, sim_rt(&sim, 1, 50, 1000, 51), 1);
	sched_start(sim.cpu, sim_rt(&sim, 2, 50, 1000, 52), 1);
	sim.now = 1000;
	sim_run(&sim, 1900);
	assert_int_equal(sim.e[0].late, 0);
	assert_int_equal(sim.e[1].late, 1); /* served 1050 to 1100, due 1051 */
	assert_int_equal(sim.e[2].late, 1); /* served 1100 to 1150, due 1052 */
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(earliest_deadline_runs_first),
		FRESH(release_with_an_earlier_deadline_preempts),
		FRESH(first_release_is_the_next_multiple_of_the_period),
		FRESH(who_starts_exactly_at_a_release_waits_for_the_next),
		FRESH(budget_ends_exactly_after_c),
		FRESH(time_taken_too_much_is_paid_from_the_next_budget),
		FRESH(no_debt_switches_the_comparator_off),
		FRESH(after_standing_still_no_backlog_of_budgets_is_served),
		FRESH(who_wakes_within_its_period_is_served_from_the_next),
		FRESH(who_sleeps_ahead_of_its_release_goes_on),
		FRESH(who_wakes_after_its_period_begins_a_new_one_at_once),
		FRESH(who_falls_asleep_with_its_budget_used_up_waits_for_the_next_period),
		FRESH(falling_asleep_is_not_free),
		FRESH(a_sleeper_takes_nothing_from_a_short_deadline),
		FRESH(a_sleeper_is_woken_by_its_own_timer_exactly_then),
		FRESH(a_wake_up_time_in_the_past_wakes_at_once),
		FRESH(waking_whoever_does_not_sleep_changes_nothing),
		FRESH(wait_period_never_leaves_the_grid),
		FRESH(wait_period_of_who_is_late_skips_to_the_next_release_after_now),
		FRESH(best_effort_runs_in_turn),
		FRESH(weights_share_the_time_in_proportion),
		FRESH(preempted_best_effort_keeps_its_place_and_its_rest),
		FRESH(who_wakes_is_served_when_its_turn_in_the_ring_comes),
		FRESH(alone_there_is_no_tick),
		FRESH(idle_there_is_no_tick),
		FRESH(who_was_alone_for_long_makes_place_at_once),
		FRESH(a_best_effort_timer_is_not_armed_while_a_reservation_runs),
		FRESH(figure_5_3_slot_by_slot),
		FRESH(stopping_takes_an_entity_out_of_every_state),
		FRESH(who_was_stopped_starts_again_with_a_full_budget),
		FRESH(overload_is_counted_as_late),
		FRESH(who_was_preempted_across_its_deadline_is_late),
	};

	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
