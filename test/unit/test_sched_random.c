/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of the scheduler over long random runs with fixed seeds. The oracles know the
 * definitions (C every P, earliest deadline, bandwidth C/P) and nothing of the implementation.
 */
#include "cmocka_all.h"
#include "sim.h"

typedef __int128 wide;

static struct sim sim;

/* Oracle of reservations that never sleep: what each still must get in its present period. */
struct promise {
	ns_t first;             /* first release */
	ns_t served;            /* in the present period */
	uint64_t period_number; /* of the present period */
};

static struct promise promises[SIM_MAX];
static unsigned reservations;
static uint64_t stretches, best_effort_ns;

static ns_t owed(unsigned i, ns_t t)
{
	return t < promises[i].first ? 0 : sim.e[i].capacity - promises[i].served;
}

static ns_t deadline(unsigned i)
{
	return promises[i].first + (promises[i].period_number + 1) * sim.e[i].period;
}

static void check_stretch(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	ns_t earliest = NS_NEVER;

	(void)cpu;
	stretches++;
	for (unsigned i = 0; i < reservations; i++) {
		struct promise *p = &promises[i];

		if (from >= p->first && (from - p->first) / s->e[i].period != p->period_number) {
			/* a period has ended: everything promised was given */
			assert_int_equal(p->served, s->e[i].capacity);
			assert_int_equal((from - p->first) / s->e[i].period, p->period_number + 1);
			p->period_number++;
			p->served = 0;
		}
		if (owed(i, from) && deadline(i) < earliest)
			earliest = deadline(i);
	}
	if (!sched_is_rt(who)) {
		assert_true(earliest == NS_NEVER); /* nobody with a reservation waits meanwhile */
		best_effort_ns += to - from;
		return;
	}
	assert_true(deadline((unsigned)(who - s->e)) == earliest);
	assert_true(owed((unsigned)(who - s->e), from) >= to - from);
	promises[who - s->e].served += to - from;
	assert_true(to <= deadline((unsigned)(who - s->e)));
}

/* Reservations with U <= 1 and D = P, the last one filling up what is left if `full`. */
static unsigned random_set(uint64_t *seed, bool full)
{
	unsigned n = 2 + (unsigned)random_below(seed, 7);
	wide left = 1000000; /* ppm */

	for (unsigned i = 0; i < n; i++) {
		ns_t period = 100000 + random_below(seed, 4) * 100000 +
			      random_below(seed, 2) * random_below(seed, 99999);
		wide most = left * period / 1000000;
		ns_t capacity =
			i == n - 1 && full ? (ns_t)most : 10000 + random_below(seed, period / n);

		if (capacity > (ns_t)most)
			capacity = (ns_t)most;
		if (capacity < 10000)
			return i;
		sim_rt(&sim, i, capacity, period, period);
		left -= ((wide)capacity * 1000000 + period - 1) / period;
	}
	return n;
}

/* Given any admitted set, when nobody sleeps, then at every moment the earliest deadline runs, all
 * get exactly C in every period, none is late. */
static void admitted_sets_are_never_late(void **state)
{
	/* REQ: SCHED-1, SCHED-4 */
	uint64_t seed = 11, sets = 0;

	(void)state;
	stretches = 0;
	while (sets < 60) {
		ns_t start;

		sim_init(&sim);
		memset(promises, 0, sizeof(promises));
		reservations = random_set(&seed, sets % 2);
		if (!reservations)
			continue;
		start = random_below(&seed, 10000000);
		for (unsigned i = 0; i < reservations; i++) {
			sched_start(sim.cpu, &sim.e[i], start);
			promises[i].first = (start / sim.e[i].period + 1) * sim.e[i].period;
		}
		if (sets % 3)
			sched_start(sim.cpu, sim_be(&sim, reservations, 5000), start);
		sim.ran = check_stretch;
		sim.now = start;
		sim_run(&sim, start + 300000000);
		for (unsigned i = 0; i < reservations; i++)
			assert_int_equal(sim.e[i].late, 0);
		sets++;
	}
	assert_true(stretches > 100000);
	assert_true(best_effort_ns > 0);
}

/*
 * Oracle of the bandwidth: in any window of length L a (C, P) server runs at most L*C/P + 3C(1 -
 * C/P): at worst a late budget, that of the period that begins then, and the next one ahead of
 * time follow each other.
 */
struct account {
	wide served, lowest; /* lowest: of served*P - C*t over all beginnings of windows so far */
	wide highest_excess;
};

static struct account accounts[SIM_MAX];

static void account(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	struct account *a;
	wide at;

	(void)cpu;
	if (!sched_is_rt(who))
		return;
	a = &accounts[who - s->e];
	at = a->served * who->period - (wide)who->capacity * from;
	if (at < a->lowest)
		a->lowest = at;
	a->served += to - from;
	at = a->served * who->period - (wide)who->capacity * to;
	if (at - a->lowest > a->highest_excess)
		a->highest_excess = at - a->lowest;
	stretches++;
}

enum habit { SLEEPS, WAITS_FOR_EVENTS, WAITS_FOR_PERIODS, EVERYTHING };

static void act(struct sched_entity *e, enum habit habit, uint64_t *seed)
{
	unsigned choice = habit == EVERYTHING ? (unsigned)random_below(seed, 3) : (unsigned)habit;

	if (e->state == SCHED_BLOCKED && !random_below(seed, 3))
		sched_wake(sim.cpu, e, sim.now);
	if (e != sim.cpu->current || e->state != SCHED_READY || random_below(seed, 3))
		return;
	if (choice == SLEEPS)
		sched_block(sim.cpu, e, sim.now + random_below(seed, 2 * e->period), sim.now);
	else if (choice == WAITS_FOR_EVENTS)
		sched_block(sim.cpu, e, NS_NEVER, sim.now);
	else
		sched_wait_period(sim.cpu, e, sim.now);
}

static void sleepers(uint64_t seed, bool short_deadlines, enum habit habit)
{
	unsigned n;

	sim_init(&sim);
	memset(accounts, 0, sizeof(accounts));
	n = random_set(&seed, false);
	for (unsigned i = 0; i < n; i++) {
		struct sched_entity *e = &sim.e[i];

		if (short_deadlines) { /* sum of C/D at most 1: an admitted set */
			e->deadline = e->period / 2 + random_below(&seed, e->period / 2);
			e->capacity /= 2;
		}
		sched_start(sim.cpu, e, 0);
		accounts[i].lowest = (wide)1 << 100;
	}
	sched_start(sim.cpu, sim_be(&sim, n, 7000), 0);
	sim.ran = account;
	for (unsigned i = 0; i < 20000; i++) {
		ns_t pace = random_below(&seed, 4) ? 3000 : 150000;

		sim_run(&sim, sim.now + 1 + random_below(&seed, pace));
		for (unsigned j = 0; j < n; j++)
			act(&sim.e[j], habit, &seed);
	}
	for (unsigned i = 0; i < n; i++) {
		wide c = sim.e[i].capacity, p = sim.e[i].period;

		assert_true(accounts[i].highest_excess <= 3 * c * (p - c));
	}
}

static void sleeping_never_yields_more_than_the_bandwidth(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	stretches = 0;
	for (uint64_t seed = 1; seed <= 40; seed++)
		sleepers(seed * 7919, false, (enum habit)(seed % 4));
	assert_true(stretches > 100000);
}

static void sleeping_with_d_below_p_never_yields_more_than_c_per_p(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++)
		sleepers(seed * 104729, true, (enum habit)(seed % 4));
}

/* Given neighbours that sleep and wake at random, when a reservation never sleeps, then it gets
 * exactly C in each of its periods. */
static ns_t victim_served[1001];

static void watch_victim(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	const ns_t p = s->e[0].period;

	(void)cpu;
	while (who == &s->e[0] && from < to) {
		ns_t end = from / p * p + p < to ? from / p * p + p : to;

		victim_served[from / p] += end - from;
		from = end;
	}
}

static void sleepers_never_delay_a_neighbour(void **state)
{
	/* REQ: SCHED-1, TIME-4 */
	(void)state;
	for (uint64_t round = 1; round <= 20; round++) {
		uint64_t seed = round * 65537;

		sim_init(&sim);
		memset(victim_served, 0, sizeof(victim_served));
		sim_rt(&sim, 0, 200000, 1000000, 1000000);
		sim_rt(&sim, 1, 150000, 500000, 500000);
		sim_rt(&sim, 2, 100000, 333334, 333334);
		sim_rt(&sim, 3, 19000, 100000, 100000);
		sim.ran = watch_victim;
		for (unsigned i = 0; i < 4; i++)
			sched_start(sim.cpu, &sim.e[i], 0);
		while (sim.now < 1000000000) {
			ns_t next = sim.now + 1 + random_below(&seed, 40000);

			sim_run(&sim, next < 1000000000 ? next : 1000000000);
			for (unsigned i = 1; i < 4; i++)
				act(&sim.e[i], EVERYTHING, &seed);
		}
		for (unsigned i = 1; i < 1000; i++)
			assert_int_equal(victim_served[i], 200000);
	}
}

/* Round robin over a long time with random sleepers: whoever is always ready gets time in
 * proportion to its weight. */
static ns_t given[SIM_MAX];

static void give(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	(void)cpu;
	if (who)
		given[who - s->e] += to - from;
}

static void always_ready_best_effort_shares_by_weight_whatever_sleepers_do(void **state)
{
	/* REQ: SCHED-2 */
	uint64_t seed = 99;

	(void)state;
	sim_init(&sim);
	memset(given, 0, sizeof(given));
	for (unsigned i = 0; i < 6; i++)
		sched_start(sim.cpu, sim_be(&sim, i, 1000 * (1 + i % 3)), 0);
	sched_start(sim.cpu, sim_rt(&sim, 6, 20000, 100000, 100000), 0);
	sim.ran = give;
	for (unsigned i = 0; i < 60000; i++) {
		struct sched_entity *e = &sim.e[3 + random_below(&seed, 3)];

		sim_run(&sim, sim.now + 1 + random_below(&seed, 3000));
		if (e->state == SCHED_READY && sim.cpu->current == e)
			sched_block(sim.cpu, e, sim.now + random_below(&seed, 20000), sim.now);
	}
	assert_true(given[1] > given[0] * 199 / 100 && given[1] < given[0] * 201 / 100);
	assert_true(given[2] > given[0] * 299 / 100 && given[2] < given[0] * 301 / 100);
	for (unsigned i = 3; i < 6; i++) /* who sleeps never gets more than who does not */
		assert_true(given[i] <= given[i - 3] + 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(admitted_sets_are_never_late),
		CASE(sleeping_never_yields_more_than_the_bandwidth),
		CASE(sleeping_with_d_below_p_never_yields_more_than_c_per_p),
		CASE(sleepers_never_delay_a_neighbour),
		CASE(always_ready_best_effort_shares_by_weight_whatever_sleepers_do),
	};

	return cmocka_run_group_tests_name("sched_random", tests, NULL, NULL);
}
