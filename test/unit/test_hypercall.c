/* SPDX-License-Identifier: Apache-2.0 */
/* Partita's own calls that are not about services: who am I, who is there, what have I got, plans.
 */
#include "cmocka_all.h"
#include "abi/hypercall.h"
#include "core/table.h"
#include "host.h"

static const struct world systems = {
	.cpus = 2,
	.vms = 4,
	.flags = SYSTEM_QUIET,
	.policy = {POLICY_TABLE, POLICY_EDF},
	.vm =
		{
			{.name = "twenty-three-letters-xx",
			 .vcpus = 2,
			 .flags = VM_MAY_PLAN,
			 .vcpu = {{.cpu = 1}, {.cpu = 1}},
			 .free_services = 3,
			 .free_cpus = 2,
			 .share_ppm = 123456},
			{.name = "slots", .vcpu = {{.capacity_ns = MS, .period_ns = 10 * MS}}},
			{.name = "rt",
			 .vcpu = {{.cpu = 1,
				   .capacity_ns = 2 * MS,
				   .period_ns = 10 * MS,
				   .deadline_ns = 8 * MS}}},
			{.vcpu = {{.cpu = 1}}},
		},
	.plans = 2,
	.plan = {{10 * MS, 1, {{0, 2 * MS, 2 + 3}}}, {5 * MS, 1, {{MS, 2 * MS, 2 + 3}}}},
};

static struct vcpu *hart, *slots, *rt, *other;

static int fresh(void **state)
{
	(void)state;
	world_start(&systems);
	hart = &vms[0].vcpus[0];
	slots = &vms[1].vcpus[0];
	rt = &vms[2].vcpus[0];
	other = &vms[3].vcpus[0];
	return 0;
}

static uint64_t ask(struct vcpu *v, uint64_t function, uint64_t a, uint64_t b)
{
	const uint64_t args[6] = {a, b};
	uint64_t value;

	assert_int_equal(world_call(v, function, args, &value), SBI_SUCCESS);
	return value;
}

static long refused(struct vcpu *v, uint64_t function, uint64_t a, uint64_t b)
{
	const uint64_t args[6] = {a, b};
	uint64_t value;

	return world_call(v, function, args, &value);
}

static void a_vm_learns_who_it_is_and_who_is_there(void **state)
{
	/* REQ: OPS-2 */
	char name[TABLE_NAME_BYTES];

	(void)state;
	assert_int_equal(ask(other, HCALL_VM_ID, 0, 0), 3);
	assert_int_equal(ask(other, HCALL_VM_INFO, HCALL_SELF, HCALL_INFO_COUNT), 4);
	assert_int_equal(ask(other, HCALL_VM_INFO, 0, HCALL_INFO_VCPUS), 2);
	assert_int_equal(ask(other, HCALL_VM_INFO, 0, HCALL_INFO_SERVICES), 3);
	assert_int_equal(ask(other, HCALL_VM_INFO, 0, HCALL_INFO_SHARE_PPM), 123456);
	assert_int_equal(ask(other, HCALL_VM_INFO, 1, HCALL_INFO_SHARE_PPM), 0);
	assert_int_equal(ask(other, HCALL_VM_INFO, 1, HCALL_INFO_STATE), VM_RUNNING);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t part = ask(other, HCALL_VM_INFO, 0, HCALL_INFO_NAME + i);

		memcpy(name + 8 * i, &part, 8);
	}
	assert_string_equal(name, "twenty-three-letters-xx");
	host_cpu = &cpus[1];
	vm_stop(&vms[2], "test", false);
	assert_int_equal(ask(other, HCALL_VM_INFO, 2, HCALL_INFO_STATE), VM_STOPPING);
	world_live(20 * MS, NULL);
	assert_int_equal(ask(other, HCALL_VM_INFO, 2, HCALL_INFO_STATE), VM_ENDED);
}

static void what_is_not_there_is_refused(void **state)
{
	/* REQ: OPS-2 */
	const uint64_t vms_not_there[] = {4, 63, 64, 0xfffffffe, 1ull << 32, UINT64_MAX};

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(refused(other, HCALL_VM_INFO, vms_not_there[i], 0),
				 SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(other, HCALL_VM_INFO, 0, 5), SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(other, HCALL_VM_INFO, 0, HCALL_INFO_NAME + 3),
			 SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(other, HCALL_VM_INFO, 0, UINT64_MAX), SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(other, HCALL_QUERY, 12, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(other, HCALL_QUERY, UINT64_MAX, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(other, 11, 0, 0), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(refused(other, UINT64_MAX, 0, 0), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(refused(other, HCALL_WAIT_NEXT_PERIOD, 0, 0), SBI_ERR_DENIED);
}

static void a_reservation_knows_its_present_period(void **state)
{
	/* REQ: RT-4, SCHED-4 */
	(void)state;
	world_live(10 * MS, NULL);
	assert_ptr_equal(cpus[1].current, rt);
	host_now += 700 * US;
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_RELEASE, 0), 10 * MS);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_DUE, 0), 18 * MS);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_RAN, 0), 700 * US);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_BUDGET, 0), 1300 * US);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_TIME, 0), 10 * MS + 700 * US);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_CAPACITY, 0), 2 * MS);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_PERIOD, 0), 10 * MS);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_DEADLINE, 0), 8 * MS);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_CPU, 0), 1);
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_STATE, 0), HCALL_SERVICE_RUNNING);
	host_now += 5 * MS; /* late: nothing is left, and not less */
	assert_int_equal(ask(rt, HCALL_QUERY, HCALL_STATUS_BUDGET, 0), 0);
	world_live(22 * MS, NULL);
	assert_int_equal(rt->entity.overruns, 2);
	assert_int_equal(ask(other, HCALL_QUERY, HCALL_STATUS_CAPACITY, 0), 0);
	assert_int_equal(ask(other, HCALL_QUERY, HCALL_STATUS_PERIOD, 0), 0);
}

static void only_who_may_changes_the_plan(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	world_live(MS, NULL);
	assert_int_equal(refused(other, HCALL_PLAN, 1, 0), SBI_ERR_DENIED);
	assert_int_equal(refused(slots, HCALL_PLAN, 1, 0), SBI_ERR_DENIED);
	assert_int_equal(refused(hart, HCALL_PLAN, 2, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(hart, HCALL_PLAN, 1ull << 32, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(refused(hart, HCALL_PLAN, UINT64_MAX, 0), SBI_ERR_INVALID_PARAM);
	world_live(9 * MS, NULL);
	assert_int_equal(cpus[0].sched.plan, 0);
	assert_int_equal(refused(hart, HCALL_PLAN, 1, 0), SBI_SUCCESS);
	assert_int_equal(cpus[0].sched.plan, 0); /* not before the frame's end */
	world_live(21 * MS, NULL);
	assert_int_equal(cpus[0].sched.plan, 1);
}

/* Given a slot's owner, when it waits, then it is told its next slot. */
static void in_a_time_table_the_next_release_is_the_next_slot(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	world_live(11 * MS, NULL);
	assert_ptr_equal(cpus[0].current, slots);
	host_cpu = &cpus[0];
	refused(slots, HCALL_WAIT_NEXT_PERIOD, 0, 0);
	world_live(11 * MS + 1, NULL);
	assert_int_equal(slots->arch.value, 20 * MS);
	assert_int_equal(slots->entity.state, SCHED_BLOCKED);
}

int main(void)
{
#define FRESH(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		FRESH(a_vm_learns_who_it_is_and_who_is_there),
		FRESH(what_is_not_there_is_refused),
		FRESH(a_reservation_knows_its_present_period),
		FRESH(only_who_may_changes_the_plan),
		FRESH(in_a_time_table_the_next_release_is_the_next_slot),
	};

	return cmocka_run_group_tests_name("hypercall", tests, NULL, NULL);
}
