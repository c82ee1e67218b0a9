/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed priority with servers, case by case. */
#include "cmocka_all.h"
#include "sim.h"

static struct sim sim;

static int fresh(void **state)
{
	(void)state;
	sim_init_cpus(&sim, 1, &sched_fixed_priority);
	return 0;
}

static struct sched_entity *start(unsigned index, uint32_t priority, enum sched_server server,
				  ns_t capacity, ns_t period)
{
	struct sched_entity *e = sim_fp(&sim, index, priority, server, capacity, period, period);

	sched_start(sim.cpu, e, 0);
	return e;
}

/* What waits to come back; with the budget that is left it always is C. */
static ns_t whole(const struct sched_entity *e)
{
	int64_t sum = e->remaining;

	for (uint32_t i = 0; i < e->refills->count; i++)
		sum += (int64_t)e->refills->list[i].amount;
	return (ns_t)sum + (e->state == SCHED_READY ? e->refills->consumed : 0);
}

static void sleep_until(struct sched_entity *e, ns_t wake_at)
{
	sched_block(sim.cpu, e, wake_at, sim.now);
}

static void wake_at(struct sched_entity *e, ns_t now)
{
	sim_run(&sim, now);
	sched_wake(sim.cpu, e, now);
}

/* Given three releases at once, when they run, then in the order of priority, not of deadlines. */
static void the_highest_priority_runs_first(void **state)
{
	/* REQ: SCHED-6 */
	(void)state;
	start(0, 3, SCHED_PERIODIC, 20, 100);
	start(1, 1, SCHED_PERIODIC, 20, 200);
	start(2, 2, SCHED_PERIODIC, 20, 200);
	sim_run(&sim, 200);
	assert_string_equal(sim_draw(&sim, 300, 10), "112200....");
}

static void a_release_of_a_higher_priority_preempts(void **state)
{
	/* REQ: SCHED-6 */
	(void)state;
	start(0, 2, SCHED_PERIODIC, 50, 100);
	start(1, 1, SCHED_PERIODIC, 10, 30);
	sim_run(&sim, 100);
	assert_string_equal(sim_draw(&sim, 200, 10), "0010010.1.");
}

/* Given two of one priority and a third above, when the first of the two was preempted, then it
 * goes on before the second. */
static void who_is_preempted_keeps_its_place_among_equals(void **state)
{
	/* REQ: SCHED-6 */
	(void)state;
	start(0, 2, SCHED_PERIODIC, 30, 100);
	start(1, 2, SCHED_PERIODIC, 30, 100);
	start(2, 1, SCHED_PERIODIC, 10, 110);
	sim_run(&sim, 100);
	assert_string_equal(sim_draw(&sim, 200, 10), "0200111...");
}

static void equals_run_in_the_order_of_their_arrival(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *a, *b;

	(void)state;
	a = start(0, 2, SCHED_DEFERRABLE, 30, 100);
	b = start(1, 2, SCHED_DEFERRABLE, 30, 100);
	sim_run(&sim, 1);
	sim.now = 100;
	sim_settle(&sim);
	sleep_until(a, NS_NEVER);
	sim_settle(&sim);
	sleep_until(b, NS_NEVER);
	wake_at(b, 110);
	wake_at(a, 120);
	assert_string_equal(sim_draw(&sim, 200, 10), "11000...");
}

static void budget_used_up_throttles_until_the_next_release(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_PERIODIC, 30, 100);

	(void)state;
	start(1, 2, SCHED_PERIODIC, 90, 100);
	sim_run(&sim, 100);
	assert_string_equal(sim_draw(&sim, 300, 10), "00011111110001111111");
	assert_int_equal(e->overruns, 2);
	assert_int_equal(e->late, 0);
}

/* Given a running reservation, when only lower priorities wake up, then no timer is programmed for
 * them. */
static void timers_of_lower_priorities_do_not_interrupt(void **state)
{
	/* REQ: SCHED-6, SCHED-8 */
	struct sched_entity *low, *high;

	(void)state;
	high = start(0, 1, SCHED_PERIODIC, 60, 100);
	low = start(1, 2, SCHED_PERIODIC, 20, 100);
	sim_run(&sim, 100);
	sim.now = 100;
	sim_settle(&sim);
	assert_ptr_equal(sim.cpu->current, high);
	sleep_until(low, 120);
	sim_settle(&sim);
	assert_int_equal(sim.cpu->event, 160);
}

static void a_timer_of_a_higher_priority_is_programmed(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *high;

	(void)state;
	high = start(0, 1, SCHED_DEFERRABLE, 60, 100);
	start(1, 2, SCHED_PERIODIC, 20, 100);
	sim_run(&sim, 100);
	sim.now = 100;
	sim_settle(&sim);
	sleep_until(high, 115);
	sim_settle(&sim);
	assert_ptr_equal(sim.cpu->current, &sim.e[1]);
	assert_int_equal(sim.cpu->event, 115);
}

/* Periodic: C 30, asleep from 100 on with nobody above: gone at 130; wakes at 120 with 10 left. */
static void a_periodic_servers_budget_runs_away_while_it_sleeps(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_PERIODIC, 30, 100);

	(void)state;
	sim_run(&sim, 100);
	sim.now = 100;
	sim_settle(&sim);
	sleep_until(e, NS_NEVER);
	wake_at(e, 120);
	assert_int_equal(e->remaining, 10);
	assert_string_equal(sim_draw(&sim, 220, 10), "0.......00");
}

/* What it ran itself is not counted a second time. */
static void running_away_begins_when_it_falls_asleep(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_PERIODIC, 30, 100);

	(void)state;
	sim_run(&sim, 110);
	sleep_until(e, NS_NEVER);
	wake_at(e, 115);
	assert_int_equal(e->remaining, 30 - 10 - 5);
}

static void a_periodic_server_that_wakes_after_its_budget_ran_away_waits(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_PERIODIC, 30, 100);

	(void)state;
	sim_run(&sim, 100);
	sim.now = 100;
	sim_settle(&sim);
	sleep_until(e, 150);
	assert_string_equal(sim_draw(&sim, 250, 10), "..........000..");
}

/* While higher priorities run nothing runs away: the sleeper could not have run either. */
static void nothing_runs_away_while_higher_priorities_run(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 2, SCHED_PERIODIC, 30, 100);

	(void)state;
	start(1, 1, SCHED_PERIODIC, 40, 100); /* runs 100 to 140 */
	start(2, 3, SCHED_PERIODIC, 10, 100); /* runs after it: does not count */
	sim_run(&sim, 100);
	sim.now = 100;
	sim_settle(&sim);
	sleep_until(e, NS_NEVER);
	wake_at(e, 160); /* 60 after the release, 40 of them taken by 1: 20 ran away */
	assert_int_equal(e->remaining, 10);
}

/* The same when it fell asleep in an earlier period: only what ran since the release counts. */
static void what_ran_before_the_release_does_not_save_budget(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 2, SCHED_PERIODIC, 30, 100);

	(void)state;
	start(1, 1, SCHED_PERIODIC, 20, 50); /* 100-120, 150-170, .. 300-320, 350-370 */
	sim_run(&sim, 100);
	sim.now = 100;
	sim_settle(&sim);
	sleep_until(e, NS_NEVER);
	wake_at(e, 340); /* 300-320 taken, 20 of its own ran away */
	assert_int_equal(e->release, 300);
	assert_int_equal(e->remaining, 10);
	sim_settle(&sim);
	sleep_until(e, NS_NEVER);
	wake_at(e, 410); /* 400-410 taken by 1, which is running just now */
	assert_int_equal(e->remaining, 30);
}

/* More stretches than are remembered: the older ones count against the owner, never for it. */
static void forgotten_stretches_never_give_budget(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 2, SCHED_PERIODIC, 9000, 10000);

	(void)state;
	start(1, 1, SCHED_PERIODIC, 20, 100);
	sim_run(&sim, 10000);
	sim.now = 10000;
	sim_settle(&sim);
	sleep_until(e, NS_NEVER);
	wake_at(e, 15000);
	/* 1 had 1000 of 5000; of its 50 stretches some are forgotten */
	assert_true(e->remaining <= 9000 - 4000);
	assert_true(e->remaining >= 9000 - 5000 + (int64_t)(SCHED_STRETCHES - 1) * 20);
}

static void a_polling_server_loses_what_is_left_when_it_sleeps(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_POLLING, 30, 100);

	(void)state;
	sim_run(&sim, 110);
	sleep_until(e, 120);
	assert_string_equal(sim_draw(&sim, 300, 10), ".........000.......");
}

static void a_polling_server_that_sleeps_at_the_release_waits_for_the_next(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_POLLING, 30, 100);

	(void)state;
	sim_run(&sim, 110);
	sleep_until(e, 201);
	assert_string_equal(sim_draw(&sim, 340, 10), "...................000.");
}

/* Who waits for its period wakes exactly at the release: no period is missed. */
static void a_polling_server_that_waits_for_its_period_has_every_one(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_POLLING, 30, 100);

	(void)state;
	for (ns_t k = 1; k < 50; k++) {
		sim_run(&sim, k * 100 + 20);
		assert_ptr_equal(sim.cpu->current, e);
		assert_int_equal(sched_wait_period(sim.cpu, e, sim.now), (k + 1) * 100);
	}
	assert_int_equal(e->ran, 49 * 20);
}

/* Served, asleep and awake again at one instant: not twice. */
static void a_polling_server_is_not_served_twice_at_one_release(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_POLLING, 30, 100);

	(void)state;
	sim_run(&sim, 100);
	sim_settle(&sim);
	assert_int_equal(e->state, SCHED_READY);
	sched_block(sim.cpu, e, NS_NEVER, 100);
	sched_wake(sim.cpu, e, 100);
	assert_int_equal(e->state, SCHED_THROTTLED);
	assert_string_equal(sim_draw(&sim, 230, 10), "..........000");
}

static void a_deferrable_server_keeps_its_budget_within_the_period(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_DEFERRABLE, 30, 100);

	(void)state;
	sim_run(&sim, 110);
	sleep_until(e, 170);
	assert_string_equal(sim_draw(&sim, 300, 10), "......00.000.......");
	assert_int_equal(e->late, 0);
}

/* The end of one period and the beginning of the next: 2C back to back, which admission counts. */
static void a_deferrable_server_may_run_twice_in_a_row(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_DEFERRABLE, 30, 100);

	(void)state;
	sim_run(&sim, 100);
	sim_settle(&sim);
	sleep_until(e, 270);
	sim_run(&sim, 250);
	assert_string_equal(sim_draw(&sim, 450, 10), "..000000.......000..");
	assert_int_equal(e->late, 0);
}

/* What is left at the end of the period is not added to the next one. */
static void a_deferrable_servers_rest_does_not_add_up(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_DEFERRABLE, 30, 100);

	(void)state;
	sim_run(&sim, 110);
	sleep_until(e, 290);
	sim_run(&sim, 280);
	assert_string_equal(sim_draw(&sim, 350, 10), ".0000..");
}

/* Sporadic: 10 of 30 consumed at 100 come back at 200, 20 consumed at 150 at 250. */
static void a_sporadic_servers_budget_comes_back_a_period_after_each_activation(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_SPORADIC, 30, 100);

	(void)state;
	sim_run(&sim, 110);
	sleep_until(e, 150);
	assert_string_equal(sim_draw(&sim, 370, 10), "....00...0....00...0....00");
	assert_int_equal(whole(e), 30);
}

static void a_sporadic_server_that_slept_long_has_all(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_SPORADIC, 30, 100);

	(void)state;
	sim_run(&sim, 110);
	sleep_until(e, 570);
	sim_run(&sim, 560);
	assert_string_equal(sim_draw(&sim, 710, 10), ".000.......000.");
}

/* A piece that comes back while an earlier one still runs keeps its own time: not back too early
 * (the mistake in POSIX's sporadic server). */
static void pieces_of_a_sporadic_server_are_not_mixed(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_SPORADIC, 40, 100);

	(void)state;
	sim_run(&sim, 120); /* 20 consumed, back at 200 */
	sleep_until(e, 190);
	/* at 190 the other 20: run 190 to 210, back at 290; the first 20 came back at 200, run 210
	 * to 230, back at 300 */
	assert_string_equal(sim_draw(&sim, 330, 10), ".......0000......0000");
	assert_int_equal(e->refills->list[0].when, 390);
	assert_int_equal(whole(e), 40);
}

/* Nine activations in one period: the ninth joins the eighth, both come back when the ninth would.
 */
static void a_full_list_of_refills_merges_against_the_owner(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_SPORADIC, 100, 1000);

	(void)state;
	sim_run(&sim, 1000);
	for (unsigned i = 0; i < 10; i++) {
		ns_t at = 1000 + 20 * i;

		sim_run(&sim, at);
		sched_wake(sim.cpu, e, at);
		sim_run(&sim, at + 5);
		sched_block(sim.cpu, e, NS_NEVER, at + 5);
		sim_settle(&sim);
		assert_int_equal(whole(e), 100);
	}
	assert_int_equal(e->refills->count, SCHED_REFILLS);
	assert_int_equal(e->refills->list[6].when, 2120);
	assert_int_equal(e->refills->list[7].when, 2180); /* those of 2140, 2160, 2180 */
	assert_int_equal(e->refills->list[7].amount, 15);
}

/* Between falling asleep and the next choice time passes; a server that sleeps often pays for it,
 * but gets it back like everything else. */
static void what_falling_asleep_costs_comes_back_too(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_SPORADIC, 100, 1000);

	(void)state;
	sim_run(&sim, 1000);
	for (unsigned i = 0; i < 100; i++) {
		ns_t at = 1000 + 300 * i;

		sim_run(&sim, at);
		sched_wake(sim.cpu, e, at);
		assert_int_equal(whole(e), 100);
		sim_run(&sim, at + 5);
		sched_block(sim.cpu, e, NS_NEVER, at + 5);
		sim.now += 3;
		sim_settle(&sim);
	}
	assert_int_equal(e->ran, 100 * 8);
	sched_wake(sim.cpu, e, sim.now + 5000);
	assert_int_equal(e->remaining, 100);
}

/* Given an interrupt that came late, then what was taken too much is paid from what comes back. */
static void debt_of_a_sporadic_server_is_paid(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_SPORADIC, 30, 100);

	(void)state;
	sched_pick(sim.cpu, 100);
	assert_null(sched_pick(sim.cpu, 137));
	assert_int_equal(whole(e), 30);
	assert_ptr_equal(sched_pick(sim.cpu, 200), e);
	assert_int_equal(sim.cpu->event, 230); /* 37 came back, 7 of them owed */
}

static void debt_is_paid_from_the_next_budget(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e = start(0, 1, SCHED_PERIODIC, 30, 100);

	(void)state;
	sched_pick(sim.cpu, 100);
	assert_null(sched_pick(sim.cpu, 137));
	assert_ptr_equal(sched_pick(sim.cpu, 200), e);
	assert_int_equal(sim.cpu->event, 223);
}

/* What could not be served by the end of the period is lost, and counted as late. */
static void overload_is_counted_and_does_not_pile_up(void **state)
{
	/* REQ: SCHED-6, OPS-2 */
	struct sched_entity *e;

	(void)state;
	start(0, 1, SCHED_PERIODIC, 80, 100);
	e = start(1, 2, SCHED_PERIODIC, 40, 100);
	sim_run(&sim, 100);
	assert_string_equal(sim_draw(&sim, 400, 10), "000000001100000000110000000011");
	sim_run(&sim, 1350);
	assert_int_equal(e->late, 12); /* one a period, to the end of the one from 1200 */
	assert_int_equal(sim.e[0].late, 0);
}

static void after_standing_still_no_backlog_is_served(void **state)
{
	/* REQ: SCHED-6 */
	(void)state;
	for (unsigned server = SCHED_PERIODIC; server <= SCHED_SPORADIC; server++) {
		fresh(NULL);
		start(0, 1, (enum sched_server)server, 10, 100);
		sim_run(&sim, 150);
		sim.now = 5000;
		assert_string_equal(sim_draw(&sim, 5300, 10), "0.........0.........0.........");
	}
}

static void first_release_is_not_before_the_time_that_is_owed(void **state)
{
	/* REQ: SCHED-6 */
	struct sched_entity *e;

	(void)state;
	for (unsigned server = SCHED_PERIODIC; server <= SCHED_SPORADIC; server++) {
		fresh(NULL);
		e = start(0, 1, (enum sched_server)server, 30, 100);
		sim_run(&sim, 110);
		sched_block(sim.cpu, e, 150, 110);
		sim_run(&sim, 155);
		sched_stop(sim.cpu, e, 155);
		sched_start(sim.cpu, e, 155);
		sim_run(&sim, 190);
		assert_string_equal(sim_draw(&sim, 350, 10), server == SCHED_SPORADIC
								     ? "...........000.."
								     : ".000.......000..");
	}
}

static ns_t told[5];

static void observe(struct sched_cpu *c, struct sched_entity *e, enum sched_event what, ns_t when)
{
	(void)c;
	assert_non_null(e);
	told[what] = when;
}

static void releases_budgets_and_misses_are_told(void **state)
{
	/* REQ: OPS-3 */
	struct sched_entity *low;

	(void)state;
	start(0, 1, SCHED_PERIODIC, 60, 200);
	low = start(1, 2, SCHED_PERIODIC, 50, 200);
	low->deadline = 100;
	sim.cpu->observe = observe;
	sim_run(&sim, 220);
	assert_int_equal(told[SCHED_EV_RELEASE], 200);
	sim_run(&sim, 265);
	assert_int_equal(told[SCHED_EV_BUDGET], 400);
	assert_int_equal(told[SCHED_EV_MISS], 0);
	sim_run(&sim, 315);
	assert_int_equal(told[SCHED_EV_MISS], 300);
	sched_wait_period(sim.cpu, low, 315);
	sim_run(&sim, 401);
	assert_int_equal(told[SCHED_EV_WAKE], 400);
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_highest_priority_runs_first),
		FRESH(a_release_of_a_higher_priority_preempts),
		FRESH(who_is_preempted_keeps_its_place_among_equals),
		FRESH(equals_run_in_the_order_of_their_arrival),
		FRESH(budget_used_up_throttles_until_the_next_release),
		FRESH(timers_of_lower_priorities_do_not_interrupt),
		FRESH(a_timer_of_a_higher_priority_is_programmed),
		FRESH(a_periodic_servers_budget_runs_away_while_it_sleeps),
		FRESH(running_away_begins_when_it_falls_asleep),
		FRESH(a_periodic_server_that_wakes_after_its_budget_ran_away_waits),
		FRESH(nothing_runs_away_while_higher_priorities_run),
		FRESH(what_ran_before_the_release_does_not_save_budget),
		FRESH(forgotten_stretches_never_give_budget),
		FRESH(a_polling_server_loses_what_is_left_when_it_sleeps),
		FRESH(a_polling_server_that_sleeps_at_the_release_waits_for_the_next),
		FRESH(a_polling_server_that_waits_for_its_period_has_every_one),
		FRESH(a_polling_server_is_not_served_twice_at_one_release),
		FRESH(a_deferrable_server_keeps_its_budget_within_the_period),
		FRESH(a_deferrable_server_may_run_twice_in_a_row),
		FRESH(a_deferrable_servers_rest_does_not_add_up),
		FRESH(a_sporadic_servers_budget_comes_back_a_period_after_each_activation),
		FRESH(a_sporadic_server_that_slept_long_has_all),
		FRESH(pieces_of_a_sporadic_server_are_not_mixed),
		FRESH(a_full_list_of_refills_merges_against_the_owner),
		FRESH(what_falling_asleep_costs_comes_back_too),
		FRESH(debt_of_a_sporadic_server_is_paid),
		FRESH(debt_is_paid_from_the_next_budget),
		FRESH(overload_is_counted_and_does_not_pile_up),
		FRESH(after_standing_still_no_backlog_is_served),
		FRESH(first_release_is_not_before_the_time_that_is_owed),
		FRESH(releases_budgets_and_misses_are_told),
	};

	return cmocka_run_group_tests_name("sched_fp", tests, NULL, NULL);
}
