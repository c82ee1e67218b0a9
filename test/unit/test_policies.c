/* SPDX-License-Identifier: Apache-2.0 */
/* A whole system starts with the policy that its table gives each CPU. */
#include "cmocka_all.h"
#include "core/table.h"
#include "host.h"

static struct sched_entity *entity(uint32_t vcpu)
{
	return &vcpus[vcpu].entity;
}

/* Given fixed priority on CPU 0 and EDF on CPU 1, when the system starts, then each CPU has its
 * policy, every vCPU its priority and its server. */
static void every_cpu_has_the_policy_of_its_table(void **state)
{
	/* REQ: SCHED-8, SCHED-6 */
	struct world w = {
		.cpus = 3,
		.vms = 5,
		.policy = {POLICY_FP, POLICY_EDF, POLICY_FP},
		.vm[0].vcpu[0] = {.capacity_ns = MS,
				  .period_ns = 10 * MS,
				  .priority = 7,
				  .server = SERVER_SPORADIC},
		.vm[1].vcpu[0] = {.capacity_ns = 2 * MS,
				  .period_ns = 20 * MS,
				  .priority = 3,
				  .server = SERVER_DEFERRABLE},
		.vm[2].vcpu[0] = {.cpu = 1, .capacity_ns = MS, .period_ns = 10 * MS},
		.vm[3].vcpu[0] = {.cpu = 2,
				  .capacity_ns = MS,
				  .period_ns = 10 * MS,
				  .priority = 1,
				  .server = SERVER_SPORADIC},
	};

	(void)state;
	world_start(&w);
	assert_ptr_equal(cpus[0].sched.policy, &sched_fixed_priority);
	assert_ptr_equal(cpus[1].sched.policy, &sched_edf);
	assert_ptr_equal(cpus[2].sched.policy, &sched_fixed_priority);
	assert_ptr_not_equal(cpus[0].sched.busy, cpus[2].sched.busy);
	assert_int_equal(entity(0)->priority, 7);
	assert_int_equal(entity(0)->server, SCHED_SPORADIC);
	assert_int_equal(entity(1)->server, SCHED_DEFERRABLE);
	assert_non_null(entity(0)->refills);
	assert_non_null(entity(3)->refills);
	assert_ptr_not_equal(entity(0)->refills, entity(3)->refills);
	assert_false(entity(2)->extra_time);
}

/* ... and it schedules by it: priorities, not deadlines; the budget comes back as the server says.
 */
static void a_system_under_fixed_priority_runs_by_it(void **state)
{
	/* REQ: SCHED-8, SCHED-6 */
	struct world w = {
		.vms = 2,
		.policy = {POLICY_FP},
		.vm[0].vcpu[0] = {.capacity_ns = MS, .period_ns = 10 * MS, .priority = 7},
		.vm[1].vcpu[0] = {.capacity_ns = 2 * MS,
				  .period_ns = 20 * MS,
				  .priority = 3,
				  .server = SERVER_SPORADIC},
	};
	struct sched_cpu *c;

	(void)state;
	world_start(&w);
	c = &cpus[0].sched;
	assert_ptr_equal(sched_pick(c, 20 * MS), entity(1));
	assert_int_equal(c->event, 22 * MS);
	assert_ptr_equal(sched_pick(c, 22 * MS), entity(0));
	assert_int_equal(entity(1)->refills->count, 1);
	assert_int_equal(entity(1)->refills->list[0].when, 40 * MS);
}

/* Two plans of CPU 0; CPU 1 has none. */
static void a_system_with_a_time_table_runs_by_it(void **state)
{
	/* REQ: SCHED-8, SCHED-7 */
	struct world w = {
		.cpus = 2,
		.vms = 3,
		.policy = {POLICY_TABLE},
		.vm[0].vcpu[0] = {.capacity_ns = MS, .period_ns = 10 * MS},
		.vm[1].vcpu[0] = {.capacity_ns = MS, .period_ns = 10 * MS},
		.vm[2].vcpu[0] = {.cpu = 1, .capacity_ns = MS, .period_ns = 10 * MS},
		.plans = 2,
		.plan = {{10 * MS, 3, {{0, 2 * MS, 0}, {3 * MS, 2 * MS, 1}, {6 * MS, MS, 0}}},
			 {5 * MS, 2, {{0, MS, 1}, {MS, 2 * MS, 0}}}},
	};
	struct sched_cpu *c;
	ns_t base = 1000 * MS;

	(void)state;
	world_start(&w);
	c = &cpus[0].sched;
	assert_ptr_equal(c->policy, &sched_time_table);
	assert_ptr_equal(cpus[1].sched.policy, &sched_edf);
	assert_int_equal(c->plan_count, 2);
	assert_int_equal(entity(0)->first[0], 0);
	assert_int_equal(entity(0)->first[1], 1);
	assert_int_equal(entity(1)->first[0], 1);
	assert_int_equal(entity(1)->first[1], 0);
	assert_int_equal(c->plans[0].slots[0].next, 2);
	assert_int_equal(c->plans[0].slots[1].next, 1);
	assert_int_equal(c->plans[0].slots[2].next, 0);
	assert_ptr_equal(sched_pick(c, base), entity(0));
	assert_int_equal(c->event, base + 2 * MS);
	assert_ptr_not_equal(sched_pick(c, base + 2 * MS), entity(0));
	assert_ptr_equal(sched_pick(c, base + 3 * MS), entity(1));
	assert_int_equal(c->event, base + 5 * MS);
	atomic_store(&c->plan_wanted, 1);
	assert_ptr_equal(sched_pick(c, base + 6 * MS), entity(0));
	assert_ptr_equal(sched_pick(c, base + 10 * MS), entity(1));
	assert_ptr_equal(sched_pick(c, base + 11 * MS), entity(0));
}

static void gaps_of_a_system_may_stay_idle(void **state)
{
	/* REQ: SCHED-7 */
	struct world w = {
		.cpus = 2,
		.vms = 2,
		.policy = {POLICY_TABLE},
		.vm[0].vcpu[0] = {.capacity_ns = MS, .period_ns = 10 * MS},
		.vm[1].vcpu[0] = {.cpu = 0},
		.plans = 1,
		.plan = {{10 * MS, 1, {{0, 2 * MS, 0}}}},
	};

	(void)state;
	world_start(&w);
	sched_pick(&cpus[0].sched, 1000 * MS);
	assert_non_null(sched_pick(&cpus[0].sched, 1003 * MS));
	w.gaps_idle = true;
	world_start(&w);
	sched_pick(&cpus[0].sched, 1000 * MS);
	assert_null(sched_pick(&cpus[0].sched, 1003 * MS));
	assert_int_equal(cpus[0].sched.event, 1010 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_cpu_has_the_policy_of_its_table),
		CASE(a_system_under_fixed_priority_runs_by_it),
		CASE(a_system_with_a_time_table_runs_by_it),
		CASE(gaps_of_a_system_may_stay_idle),
	};

	return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
