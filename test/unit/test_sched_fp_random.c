/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of fixed-priority servers over long random runs with fixed seeds. The oracles know the
 * definitions (C every P, a server's bound, response-time analysis) and nothing of the
 * implementation.
 */
#include "cmocka_all.h"
#include "sim.h"

#define MOST 6u

static struct sim sim;
static unsigned servers;
static ns_t response[MOST]; /* by analysis */
static bool greedy[MOST];   /* never sleeps */

/* Worst response of server i when released with everybody of its priority or above, a deferrable
 * one twice in a row; NS_NEVER beyond its deadline. */
static ns_t analyse(unsigned i)
{
	ns_t r = 0, next = sim.e[i].capacity;

	while (next != r) {
		r = next;
		if (r > sim.e[i].deadline)
			return NS_NEVER;
		next = sim.e[i].capacity;
		for (unsigned j = 0; j < servers; j++) {
			const struct sched_entity *e = &sim.e[j];
			ns_t jitter = e->server == SCHED_DEFERRABLE ? e->period - e->capacity : 0;

			if (j != i && e->priority <= sim.e[i].priority)
				next += (r + jitter + e->period - 1) / e->period * e->capacity;
		}
	}
	return r;
}

/* A random set that the analysis accepts, all with deadlines; false: this one it does not. */
static bool random_set(uint64_t *seed, enum sched_server only, bool mixed)
{
	servers = 2 + (unsigned)random_below(seed, MOST - 1);
	for (unsigned i = 0; i < servers; i++) {
		ns_t period = 100000 * (1 + random_below(seed, 8)) + random_below(seed, 2) * 7919;
		ns_t capacity = 10000 + random_below(seed, period / servers);

		sim_fp(&sim, i, 1 + (uint32_t)random_below(seed, 5),
		       mixed ? (enum sched_server)random_below(seed, 4) : only, capacity, period,
		       period - random_below(seed, 2) * random_below(seed, period - capacity));
	}
	for (unsigned i = 0; i < servers; i++) {
		response[i] = analyse(i);
		if (response[i] == NS_NEVER)
			return false;
	}
	return true;
}

/* Sleeps, waits for events and periods, wakes: whatever a guest may do. */
static void act(unsigned i, uint64_t *seed)
{
	struct sched_entity *e = &sim.e[i];

	if (e->state == SCHED_BLOCKED && !random_below(seed, 3))
		sched_wake(sim.cpu, e, sim.now);
	if (e != sim.cpu->current || e->state != SCHED_READY || random_below(seed, 3))
		return;
	switch (random_below(seed, 3)) {
	case 0:
		sched_block(sim.cpu, e, sim.now + random_below(seed, 2 * e->period), sim.now);
		break;
	case 1:
		sched_block(sim.cpu, e, NS_NEVER, sim.now);
		break;
	default:
		sched_wait_period(sim.cpu, e, sim.now);
	}
}

/* What each was given in its present period k*P, and of that by its deadline. */
static struct period {
	uint64_t k;
	ns_t served, in_time;
} present[MOST];
static uint64_t periods, stretches;

static void period_ended(unsigned i, uint64_t k)
{
	struct period *p = &present[i];

	if (k == p->k)
		return;
	if (sim.e[i].server != SCHED_SPORADIC)
		assert_true(p->served <= sim.e[i].capacity);
	if (greedy[i] && p->k) { /* released first at P */
		assert_int_equal(k, p->k + 1);
		assert_int_equal(p->served, sim.e[i].capacity);
		assert_int_equal(p->in_time, sim.e[i].capacity);
		periods++;
	}
	*p = (struct period){.k = k};
}

static void give(unsigned i, ns_t from, ns_t to)
{
	const struct sched_entity *e = &sim.e[i];

	while (from < to) {
		ns_t release = from / e->period * e->period;
		ns_t end = sched_earlier(release + e->period, to), due = release + e->deadline;

		period_ended(i, from / e->period);
		present[i].served += end - from;
		if (from < due)
			present[i].in_time += sched_earlier(end, due) - from;
		from = end;
	}
}

/* A sporadic server: no part of its budget is used twice within P minus its response. The stretches
 * of the past, as far as such a window reaches. */
#define KEPT 4096u
static struct stretch {
	ns_t from, to;
} past[MOST][KEPT];
static uint32_t pasts[MOST];

static void check_window(unsigned i, ns_t from, ns_t to)
{
	const struct sched_entity *e = &sim.e[i];
	ns_t window = e->period - response[i], sum = 0;

	past[i][pasts[i]++ % KEPT] = (struct stretch){from, to};
	for (uint32_t n = 1; n <= KEPT && n <= pasts[i]; n++) {
		struct stretch *s = &past[i][(pasts[i] - n) % KEPT];

		if (s->to + window <= to)
			break;
		sum += s->to - (s->from + window < to ? to - window : s->from);
	}
	assert_true(sum <= e->capacity);
}

static ns_t whole(const struct sched_entity *e)
{
	int64_t sum = e->remaining + (int64_t)e->refills->consumed;

	for (uint32_t i = 0; i < e->refills->count; i++)
		sum += (int64_t)e->refills->list[i].amount;
	return (ns_t)sum;
}

static void watch(struct sim *s, uint32_t cpu, struct sched_entity *who, ns_t from, ns_t to)
{
	(void)cpu;
	stretches++;
	for (unsigned i = 0; i < servers; i++) {
		struct sched_entity *e = &s->e[i];

		if (e->server == SCHED_SPORADIC)
			assert_int_equal(whole(e), e->capacity);
		period_ended(i, from / e->period);
		/* nobody of a higher priority waits */
		if (e->state == SCHED_READY)
			assert_true(sched_is_rt(who) && who->priority <= e->priority);
		assert_true(e->remaining <= (int64_t)e->capacity);
	}
	if (!sched_is_rt(who))
		return;
	give((unsigned)(who - s->e), from, to);
	if (who->server == SCHED_SPORADIC)
		check_window((unsigned)(who - s->e), from, to);
}

static void play(uint64_t *seed, unsigned turns)
{
	memset(present, 0, sizeof(present));
	memset(pasts, 0, sizeof(pasts));
	for (unsigned i = 0; i < servers; i++)
		sched_start(sim.cpu, &sim.e[i], 0);
	sched_start(sim.cpu, sim_be(&sim, servers, 7000), 0);
	sim.ran = watch;
	for (unsigned turn = 0; turn < turns; turn++) {
		ns_t pace = random_below(seed, 4) ? 3000 : 150000;

		sim_run(&sim, sim.now + 1 + random_below(seed, pace));
		for (unsigned i = 0; i < servers; i++)
			if (!greedy[i])
				act(i, seed);
	}
	for (unsigned i = 0; i < servers; i++)
		assert_int_equal(greedy[i] && sim.e[i].late, 0);
}

/* Given any set that response-time analysis accepts, when some never sleep and the others sleep and
 * wake as they like, then who never sleeps has C by its deadline in every period, and nobody has
 * more than its server allows. */
static void play_sets(enum sched_server only, bool mixed, uint64_t seed)
{
	unsigned sets = 0;

	while (sets < 40) {
		sim_init_cpus(&sim, 1, &sched_fixed_priority);
		if (!random_set(&seed, only, mixed))
			continue;
		for (unsigned i = 0; i < servers; i++)
			greedy[i] = random_below(&seed, 2);
		play(&seed, 3000);
		sets++;
	}
	assert_true(periods > 5000);
	assert_true(stretches > 100000);
}

#define BOUND(name, server)                                                                        \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		periods = stretches = 0;                                                           \
		play_sets(server, false, 1 + 65537 * (server));                                    \
	}

/* REQ: SCHED-6, SCHED-4 */
BOUND(periodic_servers_keep_their_bound_and_get_their_share, SCHED_PERIODIC)
/* REQ: SCHED-6, SCHED-4 */
BOUND(polling_servers_keep_their_bound_and_get_their_share, SCHED_POLLING)
/* REQ: SCHED-6, SCHED-4 */
BOUND(deferrable_servers_keep_their_bound_and_get_their_share, SCHED_DEFERRABLE)
/* REQ: SCHED-6, SCHED-4 */
BOUND(sporadic_servers_keep_their_bound_and_get_their_share, SCHED_SPORADIC)

static void mixed_servers_keep_their_bounds_and_get_their_shares(void **state)
{
	/* REQ: SCHED-6, SCHED-4 */
	(void)state;
	periods = stretches = 0;
	play_sets(SCHED_PERIODIC, true, 104729);
}

/* A polling and a deferrable server beside a busy one: who asks gets an answer as its kind
 * promises. A deferrable one that has not run in this period and wakes has its budget within its
 * response. */
static void an_unused_deferrable_server_answers_within_its_response(void **state)
{
	/* REQ: SCHED-6 */
	uint64_t seed = 77;

	(void)state;
	sim_init_cpus(&sim, 1, &sched_fixed_priority);
	servers = 2;
	sim_fp(&sim, 0, 1, SCHED_PERIODIC, 20000, 70000, 70000);
	sim_fp(&sim, 1, 2, SCHED_DEFERRABLE, 30000, 300000, 300000);
	response[1] = analyse(1);
	for (unsigned i = 0; i < 2; i++)
		sched_start(sim.cpu, &sim.e[i], 0);
	sim_run(&sim, 300001);
	for (unsigned i = 0; i < 2000; i++) {
		ns_t before = sim.e[1].ran, asked;

		sched_block(sim.cpu, &sim.e[1], NS_NEVER, sim.now);
		asked = (sim.now / 300000 + 2) * 300000 + random_below(&seed, 300000 - response[1]);
		sim_run(&sim, asked);
		sched_wake(sim.cpu, &sim.e[1], sim.now);
		before = sim.e[1].ran;
		sim_run(&sim, asked + response[1]);
		sim_settle(&sim);
		assert_int_equal(sim.e[1].ran - before, 30000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(periodic_servers_keep_their_bound_and_get_their_share),
		CASE(polling_servers_keep_their_bound_and_get_their_share),
		CASE(deferrable_servers_keep_their_bound_and_get_their_share),
		CASE(sporadic_servers_keep_their_bound_and_get_their_share),
		CASE(mixed_servers_keep_their_bounds_and_get_their_shares),
		CASE(an_unused_deferrable_server_answers_within_its_response),
	};

	return cmocka_run_group_tests_name("sched_fp_random", tests, NULL, NULL);
}
