/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations that leave for another CPU. */
#include "cmocka_all.h"
#include "sim.h"

static struct sim sim;

/* Given two CPUs, when a reservation leaves one at a period boundary, then the other goes on with
 * its times: nothing is given twice. */
static void a_throttled_reservation_moves_with_its_times(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	for (unsigned kind = 0; kind <= SCHED_SPORADIC + 1; kind++) {
		bool edf = kind > SCHED_SPORADIC;
		struct sched_entity *e;

		sim_init_cpus(&sim, 2, edf ? &sched_edf : &sched_fixed_priority);
		e = edf ? sim_rt(&sim, 0, 20, 100, 100)
			: sim_fp(&sim, 0, 3, (enum sched_server)kind, 20, 100, 100);
		sched_start(&sim.cpu[0], e, 0);
		assert_true(sched_pick(&sim.cpu[0], 100) == e);
		assert_false(sched_depart(&sim.cpu[0], e, 110)); /* runs */
		assert_null(sched_pick(&sim.cpu[0], 120));
		assert_true(sched_depart(&sim.cpu[0], e, 130));
		assert_null(sched_pick(&sim.cpu[0], 210));
		sched_arrive(&sim.cpu[1], e, 140);
		sim.now = 140;
		sim_draw(&sim, 330, 10);
		assert_string_equal(sim.lane[1], "......00........00.");
		assert_string_equal(sim.lane[0], "...................");
	}
}

static void a_sleeping_reservation_moves_with_its_timer(void **state)
{
	/* REQ: SCHED-5 */
	struct sched_entity *e;

	(void)state;
	for (unsigned own_timer = 0; own_timer < 2; own_timer++) {
		sim_init_cpus(&sim, 2, &sched_edf);
		e = sim_rt(&sim, 0, 20, 100, 100);
		sched_start(&sim.cpu[0], e, 0);
		sched_pick(&sim.cpu[0], 100);
		sched_block(&sim.cpu[0], e, own_timer ? 350 : NS_NEVER, 110);
		sched_pick(&sim.cpu[0], 110);
		assert_true(sched_depart(&sim.cpu[0], e, 130));
		assert_int_equal(sim.cpu[0].timed.count, 0);
		sched_arrive(&sim.cpu[1], e, 140);
		if (!own_timer)
			sched_wake(&sim.cpu[1], e, 350);
		sim.now = own_timer ? 300 : 350;
		sim_draw(&sim, 380, 10);
		assert_string_equal(sim.lane[1], own_timer ? ".....00." : "00.");
	}
}

/* Many moves at random between two CPUs, asleep or throttled: never more than C per k*P under fixed
 * priority, exactly C if it never sleeps. */
static ns_t given[2000];

static void watch(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	(void)cpu;
	(void)s;
	while (who && from < to) {
		ns_t end = sched_earlier(from / 1000 * 1000 + 1000, to);

		given[from / 1000] += end - from;
		from = end;
	}
}

static void moving_at_random_gives_nobody_more(void **state)
{
	/* REQ: SCHED-5 */
	uint64_t seed = 9;
	uint32_t home = 0;
	unsigned moves = 0;
	struct sched_entity *e;

	(void)state;
	sim_init_cpus(&sim, 2, &sched_fixed_priority);
	memset(given, 0, sizeof(given));
	e = sim_fp(&sim, 0, 3, SCHED_DEFERRABLE, 300, 1000, 1000);
	sched_start(&sim.cpu[0], e, 0);
	sim.ran = watch;
	while (sim.now < 1900000) {
		bool sleepy = sim.now < 1000000;

		sim_run(&sim, sim.now + 1 + random_below(&seed, 400));
		if (e->state == SCHED_BLOCKED && !random_below(&seed, 3))
			sched_wake(&sim.cpu[home], e, sim.now);
		else if (sleepy && sim.cpu[home].current == e && e->state == SCHED_READY)
			sched_block(&sim.cpu[home], e, sim.now + random_below(&seed, 2000),
				    sim.now);
		sim_settle(&sim);
		if (!random_below(&seed, 2) && sched_depart(&sim.cpu[home], e, sim.now)) {
			home = !home;
			moves++;
			sched_arrive(&sim.cpu[home], e, sim.now);
		}
	}
	for (unsigned i = 0; i < 1000; i++)
		assert_true(given[i] <= 300);
	for (unsigned i = 1010; i < 1890; i++)
		assert_int_equal(given[i], 300);
	assert_true(moves > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_throttled_reservation_moves_with_its_times),
		CASE(a_sleeping_reservation_moves_with_its_timer),
		CASE(moving_at_random_gives_nobody_more),
	};

	return cmocka_run_group_tests_name("sched_move", tests, NULL, NULL);
}
