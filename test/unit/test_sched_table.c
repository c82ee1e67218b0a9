/* SPDX-License-Identifier: Apache-2.0 */
/* Time tables, case by case and over random tables. */
#include "cmocka_all.h"
#include "sim.h"

#define PLANS 3u
#define SLOTS 16u

static struct sim sim;
static struct sched_plan plans[PLANS];
static struct sched_slot slots[PLANS][SLOTS];

static int fresh(void **state)
{
	(void)state;
	sim_init_cpus(&sim, 1, &sched_time_table);
	memset(plans, 0, sizeof(plans));
	sim.cpu->plans = plans;
	return 0;
}

/* A plan from a drawing: a digit is that entity's unit of time, anything else a gap. */
static void plan(unsigned index, const char *drawing, ns_t unit)
{
	struct sched_plan *p = &plans[index];
	unsigned n = 0;

	for (unsigned i = 0; drawing[i]; i++) {
		unsigned from = i;

		if (drawing[i] < '0' || drawing[i] > '9')
			continue;
		while (drawing[i + 1] == drawing[i])
			i++;
		assert_true(n < SLOTS);
		slots[index][n++] = (struct sched_slot){.start = from * unit,
							.end = (i + 1) * unit,
							.owner = &sim.e[drawing[from] - '0'],
							.next = 99};
	}
	*p = (struct sched_plan){
		.frame = strlen(drawing) * unit, .slots = slots[index], .count = n};
	sched_link_plan(p, slots[index], index);
	sim.cpu->plan_count = index + 1;
}

/* Owners come before the plans, which keep their first slots. */
static void plans_for(unsigned owners, ns_t unit, const char *first, const char *second)
{
	for (unsigned i = 0; i < owners; i++)
		sim_rt(&sim, i, 10, 100, 100);
	plan(0, first, unit);
	if (second)
		plan(1, second, unit);
	for (unsigned i = 0; i < owners; i++)
		sched_start(sim.cpu, &sim.e[i], sim.now);
}

static void owners_run_in_their_slots_and_nobody_in_the_gaps(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(2, 10, "00.1.0.", NULL);
	assert_string_equal(sim_draw(&sim, 210, 10), "00.1.0.00.1.0.00.1.0.");
}

static void gaps_go_to_best_effort(void **state)
{
	/* REQ: SCHED-7, SCHED-2 */
	(void)state;
	plans_for(2, 10, "00.1.0.", NULL);
	sched_start(sim.cpu, sim_be(&sim, 2, 1000), 0);
	assert_string_equal(sim_draw(&sim, 210, 10), "002120200212020021202");
}

static void gaps_may_stay_idle(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(2, 10, "00.1.0.", NULL);
	plans[0].gaps_idle = true;
	sched_start(sim.cpu, sim_be(&sim, 2, 1000), 0);
	sim_run(&sim, 5);
	sim.now = 10;
	sched_block(sim.cpu, &sim.e[0], NS_NEVER, 10);
	assert_string_equal(sim_draw(&sim, 70, 10), "..1...");
}

/* Given an owner that sleeps in its slot, then best effort has the rest, and the next slot begins
 * no earlier. */
static void what_an_owner_leaves_goes_to_best_effort(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(2, 10, "0000.111", NULL);
	sched_start(sim.cpu, sim_be(&sim, 2, 1000), 0);
	sim_run(&sim, 10);
	sched_block(sim.cpu, &sim.e[0], 30, 10);
	assert_string_equal(sim_draw(&sim, 160, 10), "220211100002111");
}

/* Only the owner of the present slot is looked at: no other sleeper interrupts it. */
static void sleepers_do_not_interrupt_another_owners_slot(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(3, 10, "000111222", NULL);
	sim_settle(&sim);
	sched_block(sim.cpu, &sim.e[1], 5, 0);
	sched_block(sim.cpu, &sim.e[2], 7, 0);
	sim_settle(&sim);
	assert_ptr_equal(sim.cpu->current, &sim.e[0]);
	assert_int_equal(sim.cpu->event, 30);
	assert_string_equal(sim_draw(&sim, 90, 10), "000111222");
}

static void many_sleepers_that_are_due_never_cost_the_owner_its_slot(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(9, 10, "012345678", NULL);
	for (unsigned i = 0; i < 9; i++)
		sched_block(sim.cpu, &sim.e[i], i == 3 ? 9 : 1 + i % 3, 0);
	sim.now = 30; /* all are due; the owner's timer was the last */
	assert_string_equal(sim_draw(&sim, 90, 10), "345678");
}

/* The next release of who waits for its period is the start of its next slot. */
static void waiting_for_the_period_ends_at_the_next_own_slot(void **state)
{
	/* REQ: SCHED-7 */
	struct sched_entity *e = &sim.e[0];

	(void)state;
	plans_for(2, 10, "00.10.1", NULL);
	sim_run(&sim, 5);
	assert_int_equal(sched_wait_period(sim.cpu, e, 5), 40);
	sim_run(&sim, 41);
	assert_ptr_equal(sim.cpu->current, e);
	assert_int_equal(sched_wait_period(sim.cpu, e, 45), 70);
	sim.now = 45;
	assert_string_equal(sim_draw(&sim, 105, 5) + 1, "..110000..1");
}

/* Waiting 100,000 times never leaves the table. */
static void waiting_never_leaves_the_table(void **state)
{
	/* REQ: SCHED-7, TIME-4 */
	struct sched_entity *e = &sim.e[0];
	uint64_t seed = 3;

	(void)state;
	plans_for(2, 333331, "0.100.1", NULL);
	sched_block(sim.cpu, &sim.e[1], NS_NEVER, 0);
	for (uint64_t k = 0; k < 50000; k++) {
		ns_t start = k / 2 * 7 * 333331 + k % 2 * 3 * 333331;

		sim.now = start + random_below(&seed, 200);
		sim_settle(&sim);
		assert_ptr_equal(sim.cpu->current, e);
		assert_int_equal(e->release, start);
		sim.now += random_below(&seed, 300000);
		assert_int_equal(sched_wait_period(sim.cpu, e, sim.now),
				 (k + 1) / 2 * 7 * 333331 + (k + 1) % 2 * 3 * 333331);
		sim_settle(&sim);
		assert_null(sim.cpu->current);
	}
}

/* Too late for the next slot: the one after it. */
static void who_is_late_waits_for_the_next_slot_after_now(void **state)
{
	/* REQ: SCHED-7 */
	struct sched_entity *e = &sim.e[0];

	(void)state;
	plans_for(1, 10, "0.0.0.0.0.", NULL);
	sim_settle(&sim);
	assert_int_equal(sched_wait_period(sim.cpu, e, 25), 40);
	sim.now = 25;
	assert_string_equal(sim_draw(&sim, 65, 5) + 1, "..00..0");
}

static void who_stood_still_finds_its_place_again(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(3, 10, "0..112.", NULL);
	sim_run(&sim, 5);
	for (uint64_t k = 1; k < 60; k++) {
		sim.now = k * 777777 / 10 * 10;
		sched_pick(sim.cpu, sim.now); /* one look is enough */
		assert_int_equal(sim.cpu->current ? '0' + (sim.cpu->current - sim.e) : '.',
				 "0..112."[sim.now / 10 % 7]);
		assert_true(sim.cpu->event > sim.now && sim.cpu->event <= sim.now + 70);
	}
}

/* Frames begin at multiples of the frame from the clock's 0, whenever the CPU starts. */
static void frames_count_from_the_clocks_zero(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	sim.now = 1234567890;
	plans_for(2, 10, "01..", NULL);
	assert_string_equal(sim_draw(&sim, 1234567890 + 80, 10), "1..01..0");
}

static ns_t told_plan, told_release[4], told_budget[4], told_wake;
static unsigned releases;

static void observe(struct sched_cpu *c, struct sched_entity *e, enum sched_event what, ns_t when)
{
	(void)c;
	if (what == SCHED_EV_PLAN) {
		assert_null(e);
		told_plan = when;
	} else if (what == SCHED_EV_RELEASE) {
		releases++;
		told_release[e - sim.e] = when;
	} else if (what == SCHED_EV_BUDGET) {
		told_budget[e - sim.e] = when;
	} else if (what == SCHED_EV_WAKE) {
		told_wake = when;
	}
}

static void a_wanted_plan_begins_at_the_end_of_the_frame(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(2, 10, "00.1", "11..0");
	sim.cpu->observe = observe;
	sim_run(&sim, 50);
	atomic_store(&sim.cpu->plan_wanted, 1);
	assert_string_equal(sim_draw(&sim, 180, 10), "0.111..011..0");
	assert_int_equal(told_plan, 80);
	assert_int_equal(sim.cpu->plan, 1);
	sim_run(&sim, 190);
	atomic_store(&sim.cpu->plan_wanted, 0); /* the frame from 180 to 230 is over first */
	assert_string_equal(sim_draw(&sim, 270, 10), "1..000.1");
	assert_int_equal(told_plan, 230);
}

static void a_plan_that_does_not_exist_is_not_entered(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(2, 10, "00.1", "11..0");
	atomic_store(&sim.cpu->plan_wanted, 2);
	assert_string_equal(sim_draw(&sim, 80, 10), "00.100.1");
}

/* The next release lies in the plan that is wanted already. */
static void waiting_across_a_change_of_plan_ends_in_the_new_plan(void **state)
{
	/* REQ: SCHED-7 */
	struct sched_entity *e = &sim.e[0];

	(void)state;
	plans_for(2, 10, "00.1", "11..0");
	sim_run(&sim, 5);
	atomic_store(&sim.cpu->plan_wanted, 1);
	assert_int_equal(sched_wait_period(sim.cpu, e, 5), 40 + 40);
	assert_string_equal(sim_draw(&sim, 95, 5), ".....111111....001");
}

/* Asked for when somebody waits already: it is woken at its slot in the new plan. */
static void who_waits_when_the_plan_changes_has_its_first_new_slot(void **state)
{
	/* REQ: SCHED-7 */
	struct sched_entity *e = &sim.e[0];

	(void)state;
	plans_for(2, 10, "1...0.....", "0...1");
	sim.cpu->observe = observe;
	sim_run(&sim, 45);
	assert_int_equal(sched_wait_period(sim.cpu, e, 45), 140);
	atomic_store(&sim.cpu->plan_wanted, 1);
	sim_run(&sim, 95);
	assert_string_equal(sim_draw(&sim, 205, 5), ".00......1100......110");
	assert_int_equal(told_release[0], 200);
}

/* One that sleeps for a reason of its own sleeps on. */
static void an_own_timer_is_not_touched_by_a_change_of_plan(void **state)
{
	/* REQ: SCHED-7 */
	(void)state;
	plans_for(2, 10, "1...0.....", "0...1");
	sim_run(&sim, 45);
	sched_block(sim.cpu, &sim.e[0], 105, 45);
	atomic_store(&sim.cpu->plan_wanted, 1);
	sim_run(&sim, 95);
	assert_string_equal(sim_draw(&sim, 165, 5), "..0......1100.");
}

static void an_owner_without_a_slot_in_the_new_plan_does_not_run(void **state)
{
	/* REQ: SCHED-7 */
	struct sched_entity *e = &sim.e[0];

	(void)state;
	plans_for(2, 10, "00.1", ".11..");
	sim_run(&sim, 5);
	atomic_store(&sim.cpu->plan_wanted, 1);
	assert_int_equal(sched_wait_period(sim.cpu, e, 5), 40); /* looks again then */
	sim_run(&sim, 40);
	assert_string_equal(sim_draw(&sim, 140, 10), ".11...11..");
}

static void a_release_is_told_at_the_start_of_an_owners_slot(void **state)
{
	/* REQ: OPS-3 */
	(void)state;
	plans_for(2, 10, "0..1", NULL);
	sim.cpu->observe = observe;
	releases = 0;
	sim_run(&sim, 35);
	assert_int_equal(releases, 2);
	assert_int_equal(told_release[0], 0);
	assert_int_equal(told_release[1], 30);
	assert_int_equal(told_budget[0], 40); /* it wanted on when its slot ended */
	assert_int_equal(sim.e[1].due, 40);
	sched_block(sim.cpu, &sim.e[1], 75, 35);
	sim_run(&sim, 79); /* in the middle of its slot: awake, but no release */
	assert_int_equal(told_wake, 75);
	assert_int_equal(told_release[1], 30);
	assert_int_equal(sim.e[0].overruns, 2);
	assert_int_equal(sim.e[1].overruns, 0);
}

/* Random tables, everybody always ready: every instant belongs to exactly whom the table says, for
 * many frames, with a clock that is looked at late. */
static void every_instant_belongs_to_whom_the_table_says(void **state)
{
	/* REQ: SCHED-7, TIME-4 */
	uint64_t seed = 17;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		char drawing[41];
		unsigned length = 5 + (unsigned)random_below(&seed, 36), n = 0;
		ns_t unit = 1 + random_below(&seed, 33333), begin = random_below(&seed, 1ull << 40);

		fresh(NULL);
		for (unsigned i = 0; i < length; i++) {
			bool again = i && random_below(&seed, 3);

			drawing[i] = again ? drawing[i - 1] : (char)('0' + random_below(&seed, 5));
			if (drawing[i] == '4')
				drawing[i] = '.';
			n += i && drawing[i] != drawing[i - 1];
		}
		drawing[length] = 0;
		if (n >= SLOTS || !strpbrk(drawing, "0123"))
			continue;
		begin = begin / (length * unit) * (length * unit);
		sim.now = begin;
		plans_for(4, unit, drawing, NULL);
		sim_draw(&sim, begin + 20 * length * unit, unit);
		for (unsigned i = 0; i < 20; i++)
			assert_memory_equal(sim.lane[0] + i * length, drawing, length);
	}
}

/* What the definitions say of the plan in force. */
static struct {
	ns_t frame;
	unsigned plan;
} oracle;
static uint64_t in_slots, switches;

static void check_against_the_table(struct sim *s, uint32_t cpu, struct sched_entity *who,
				    ns_t from, ns_t to)
{
	const struct sched_slot *slot = NULL;
	struct sched_plan *p;

	(void)cpu;
	while (from >= oracle.frame + plans[oracle.plan].frame) {
		unsigned wanted = atomic_load(&s->cpu->plan_wanted);

		oracle.frame += plans[oracle.plan].frame;
		switches += wanted != oracle.plan;
		oracle.plan = wanted;
	}
	p = &plans[oracle.plan];
	for (unsigned i = 0; i < p->count; i++)
		if (from >= oracle.frame + p->slots[i].start &&
		    from < oracle.frame + p->slots[i].end)
			slot = &p->slots[i];
	if (!slot) {
		assert_false(sched_is_rt(who));
		return;
	}
	assert_true(!sched_is_rt(who) || who == slot->owner);
	if (slot->owner->state == SCHED_READY)
		assert_ptr_equal(who, slot->owner);
	if (who == slot->owner) {
		assert_true(to <= oracle.frame + slot->end);
		assert_int_equal(who->release, oracle.frame + slot->start);
		in_slots++;
	}
	assert_true(who || s->e[4].state != SCHED_READY); /* what is left goes to best effort */
}

/* Owners that sleep and wake as they like, plans that change at any time: a slot is its owner's
 * whenever that one is ready, nobody else's reservation ever runs in it, and the plan changes
 * exactly at the end of a frame. */
static void sleepers_and_changes_of_plan_never_touch_another_owners_slots(void **state)
{
	/* REQ: SCHED-7, TIME-4 */
	uint64_t seed = 4711;

	(void)state;
	in_slots = switches = 0;
	for (unsigned round = 0; round < 20; round++) {
		fresh(NULL);
		memset(&oracle, 0, sizeof(oracle));
		plans_for(4, 100 + random_below(&seed, 900), "0011.2330..2", "3.01.0");
		sched_start(sim.cpu, sim_be(&sim, 4, 700), 0);
		sim.ran = check_against_the_table;
		for (unsigned turn = 0; turn < 5000; turn++) {
			struct sched_entity *e = &sim.e[random_below(&seed, 5)];
			bool runs = e == sim.cpu->current && e->state == SCHED_READY;

			if (e->state == SCHED_BLOCKED && !random_below(&seed, 3))
				sched_wake(sim.cpu, e, sim.now);
			else if (runs && sched_is_rt(e) && random_below(&seed, 2))
				assert_true(sched_wait_period(sim.cpu, e, sim.now) > sim.now);
			else if (runs)
				sched_block(sim.cpu, e, sim.now + random_below(&seed, 9000),
					    sim.now);
			if (!random_below(&seed, 50))
				atomic_store(&sim.cpu->plan_wanted, random_below(&seed, 2));
			sim_run(&sim, sim.now + 1 + random_below(&seed, 400));
		}
	}
	assert_true(in_slots > 20000 && switches > 200);
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(owners_run_in_their_slots_and_nobody_in_the_gaps),
		FRESH(gaps_go_to_best_effort),
		FRESH(gaps_may_stay_idle),
		FRESH(what_an_owner_leaves_goes_to_best_effort),
		FRESH(sleepers_do_not_interrupt_another_owners_slot),
		FRESH(many_sleepers_that_are_due_never_cost_the_owner_its_slot),
		FRESH(waiting_for_the_period_ends_at_the_next_own_slot),
		FRESH(waiting_never_leaves_the_table),
		FRESH(who_is_late_waits_for_the_next_slot_after_now),
		FRESH(who_stood_still_finds_its_place_again),
		FRESH(frames_count_from_the_clocks_zero),
		FRESH(a_wanted_plan_begins_at_the_end_of_the_frame),
		FRESH(a_plan_that_does_not_exist_is_not_entered),
		FRESH(waiting_across_a_change_of_plan_ends_in_the_new_plan),
		FRESH(who_waits_when_the_plan_changes_has_its_first_new_slot),
		FRESH(an_own_timer_is_not_touched_by_a_change_of_plan),
		FRESH(an_owner_without_a_slot_in_the_new_plan_does_not_run),
		FRESH(a_release_is_told_at_the_start_of_an_owners_slot),
		FRESH(every_instant_belongs_to_whom_the_table_says),
		FRESH(sleepers_and_changes_of_plan_never_touch_another_owners_slots),
	};

	return cmocka_run_group_tests_name("sched_table", tests, NULL, NULL);
}
