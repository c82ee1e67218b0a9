/* SPDX-License-Identifier: Apache-2.0 */
/* Real-time services: registered, created, launched, deleted; what is promised and what is refused.
 */
#include "services_world.h"

/* --- registered ones --- */

static void a_registered_service_is_launched_with_its_code(void **state)
{
	/* REQ: RT-1 */
	struct vcpu *s = service(adu, 1);

	(void)state;
	assert_int_equal(launch(adu, adu, 1), SBI_ERR_INVALID_PARAM); /* has no code yet */
	assert_int_equal(register_code(adu, 1, WORLD_GPA + 8, STACK), SBI_SUCCESS);
	assert_int_equal(state_of(adu, 1), HCALL_SERVICE_READY);
	live_until(15 * MS);
	assert_int_equal(s->arch.resets, 0);
	assert_int_equal(launch(adu, adu, 1), SBI_SUCCESS);
	assert_int_equal(launch(adu, adu, 1), SBI_ERR_ALREADY_STARTED);
	live_until(19 * MS);
	assert_int_equal(s->arch.resets, 0); /* the first release is the next k * P */
	live_until(29 * MS);
	assert_int_equal(s->arch.resets, 1);
	assert_int_equal(s->arch.pc, WORLD_GPA + 8);
	assert_int_equal(s->arch.argument, 77);
	assert_int_equal(s->start_stack, STACK);
	assert_int_equal(s->entity.ran, 500 * US);
	assert_int_equal(status(adu, 1, HCALL_STATUS_RAN), 500 * US);
}

static void a_service_of_the_boot_runs_as_soon_as_it_has_code(void **state)
{
	/* REQ: RT-1 */
	struct world w = systems;

	(void)state;
	w.vm[0].at_boot = true;
	begin(&w);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, 0), SBI_SUCCESS);
	assert_int_equal(state_of(adu, 0), HCALL_SERVICE_RUNNING);
	live_until(39 * MS);
	assert_int_equal(service(adu, 0)->entity.ran, 3 * 500 * US);
}

static void code_must_be_the_vms_own(void **state)
{
	/* REQ: RT-1 */
	uint64_t end = WORLD_GPA + WORLD_MEMORY;

	(void)state;
	assert_int_equal(register_code(adu, 0, WORLD_GPA + 1, STACK), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(register_code(adu, 0, end, STACK), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(register_code(adu, 0, UINT64_MAX - 1, STACK), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, STACK + 8), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, end + 16), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, WORLD_GPA), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, end), SBI_SUCCESS);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, end), SBI_ERR_ALREADY_AVAILABLE);
	assert_int_equal(register_code(adu, FREE, WORLD_GPA, end), SBI_ERR_INVALID_PARAM);
	assert_int_equal(register_code(adu, 6, WORLD_GPA, end), SBI_ERR_INVALID_PARAM);
	assert_int_equal(register_code(adu, 32, WORLD_GPA, end), SBI_ERR_INVALID_PARAM);
	assert_int_equal(register_code(adu, UINT64_MAX, WORLD_GPA, end), SBI_ERR_INVALID_PARAM);
	assert_int_equal(register_code(stranger, 0, WORLD_GPA, end), SBI_ERR_NOT_SUPPORTED);
}

static void a_configured_service_can_be_stopped_and_launched_again(void **state)
{
	/* REQ: RT-1, RT-4 */
	struct vcpu *s = service(adu, 0);

	(void)state;
	register_code(adu, 0, WORLD_GPA, STACK);
	assert_int_equal(delete (adu, adu, 0), SBI_ERR_ALREADY_STOPPED);
	launch(adu, adu, 0);
	live_until(12 * MS + 100 * US); /* behind rt0 */
	assert_int_equal(delete (adu, adu, 0), SBI_SUCCESS);
	live_until(12 * MS + 200 * US);
	assert_int_equal(state_of(adu, 0), HCALL_SERVICE_READY);
	assert_int_equal(launch(adu, adu, 0), SBI_SUCCESS);
	live_until(19 * MS);
	assert_int_equal(s->arch.resets, 1); /* not within the period in which it has run */
	live_until(22 * MS + 100 * US);
	assert_int_equal(s->arch.resets, 2);
	assert_sound();
}

static void only_who_may_launches_services_of_another_vm(void **state)
{
	/* REQ: RT-1 */
	(void)state;
	register_code(adu, 0, WORLD_GPA, STACK);
	assert_int_equal(launch(stranger, adu, 0), SBI_ERR_DENIED);
	assert_int_equal(delete (stranger, adu, 0), SBI_ERR_DENIED);
	assert_int_equal(call3(stranger, HCALL_SERVICE_STATUS, 0, 0, 0, NULL), SBI_ERR_DENIED);
	assert_int_equal(launch(movable, adu, 0), SBI_ERR_DENIED);
	assert_int_equal(launch(stranger, adu, 6), SBI_ERR_INVALID_PARAM);
	assert_int_equal(launch(friend, stranger, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call3(friend, HCALL_SERVICE_LAUNCH, 6, 0, 0, NULL), SBI_ERR_INVALID_PARAM);
	assert_int_equal(call3(friend, HCALL_SERVICE_LAUNCH, UINT64_MAX, 0, 0, NULL),
			 SBI_ERR_INVALID_PARAM);
	assert_int_equal(launch(friend, adu, 0), SBI_SUCCESS);
	assert_int_equal(delete (friend, adu, 0), SBI_SUCCESS);
}

/* --- created ones --- */

static void a_created_service_has_what_it_asked_for(void **state)
{
	/* REQ: RT-1, SCHED-4 */
	uint32_t n = create(adu, MS, 5 * MS, 4 * MS);
	struct vcpu *s = service(adu, n);

	(void)state;
	assert_int_equal(n, FREE);
	assert_int_equal(state_of(adu, n), HCALL_SERVICE_READY);
	assert_int_equal(status(adu, n, HCALL_STATUS_CAPACITY), MS);
	assert_int_equal(status(adu, n, HCALL_STATUS_PERIOD), 5 * MS);
	assert_int_equal(status(adu, n, HCALL_STATUS_DEADLINE), 4 * MS);
	assert_int_equal(status(adu, n, HCALL_STATUS_CPU), 0);
	assert_int_equal(atomic_load(&adu->services->share_ppm), 50000 + 50000 + 200000);
	launch(adu, adu, n);
	live_until(104 * MS);
	assert_int_equal(s->arch.pc, WORLD_GPA + 8);
	assert_int_equal(s->arch.argument, 7);
	assert_int_equal(s->entity.ran, 20 * MS); /* at 5, 10, .. 100 */
	assert_int_equal(status(adu, n, HCALL_STATUS_LATE), 0);
	assert_sound();
}

static void what_makes_no_sense_is_refused_as_argument(void **state)
{
	/* REQ: SCHED-4 */
	const ns_t huge[] = {UINT64_MAX, 1ull << 63, UINT64_MAX / 1000000 + 2, 1ull << 32};

	(void)state;
	assert_refused(adu, 9999, MS, MS, HCALL_REFUSED_ARGUMENT, 0);
	assert_refused(adu, 2 * MS, 10 * MS, MS, HCALL_REFUSED_ARGUMENT, 0);
	assert_refused(adu, MS, 10 * MS, 11 * MS, HCALL_REFUSED_ARGUMENT, 0);
	assert_refused(adu, 10 * US, 99 * US, 99 * US, HCALL_REFUSED_ARGUMENT, 0);
	assert_refused(adu, MS, 1000 * MS + 1, MS, HCALL_REFUSED_ARGUMENT, 0);
	assert_refused(adu, 0, 0, 0, HCALL_REFUSED_ARGUMENT, 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_refused(adu, MS, huge[i], MS, HCALL_REFUSED_ARGUMENT, 0);
		assert_refused(adu, huge[i], 10 * MS, 10 * MS, HCALL_REFUSED_ARGUMENT, 0);
		assert_refused(adu, huge[i], huge[i], huge[i], HCALL_REFUSED_ARGUMENT, 0);
	}
}

static void a_vm_has_no_more_services_than_slots(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(create(adu, 100 * US, 10 * MS, 10 * MS), FREE + i);
	assert_refused(adu, 100 * US, 10 * MS, 10 * MS, HCALL_REFUSED_SLOT, 6);
	assert_refused(movable, 100 * US, 10 * MS, 10 * MS, HCALL_REFUSED_SLOT, 1);
	delete (adu, adu, FREE + 1);
	assert_int_equal(create(adu, 100 * US, 10 * MS, 10 * MS), FREE + 1);
}

static void registration_ends_with_a_call(void **state)
{
	/* REQ: RT-1 */
	(void)state;
	create(adu, 100 * US, 10 * MS, 10 * MS);
	assert_int_equal(call3(adu, HCALL_REGISTRATION_END, 0, 0, 0, NULL), SBI_SUCCESS);
	assert_refused(adu, 100 * US, 10 * MS, 10 * MS, HCALL_REFUSED_CLOSED, 0);
	assert_int_equal(launch(adu, adu, FREE), SBI_SUCCESS);
}

static void registration_ends_with_time(void **state)
{
	/* REQ: RT-1 */
	struct world w = systems;

	(void)state;
	w.vm[0].registration_us = 5000;
	begin(&w);
	host_now = 5 * MS;
	create(adu, 100 * US, 10 * MS, 10 * MS);
	host_now = 5 * MS + 1;
	assert_refused(adu, 100 * US, 10 * MS, 10 * MS, HCALL_REFUSED_CLOSED, 0);
}

static void a_vm_keeps_within_its_share(void **state)
{
	/* REQ: SCHED-4 */
	struct world w = systems;

	(void)state;
	w.vm[0].share_ppm = 250000;
	begin(&w);
	assert_refused(adu, 1500 * US + 1, 10 * MS, 10 * MS, HCALL_REFUSED_VM_SHARE, 250001);
	create(adu, 1500 * US, 10 * MS, 10 * MS);
	assert_refused(adu, 10 * US, 1000 * MS, 1000 * MS, HCALL_REFUSED_VM_SHARE, 250010);
}

static void more_than_a_cpu_has_is_refused_with_its_sum(void **state)
{
	/* REQ: SCHED-4 */
	struct world w = systems;

	(void)state;
	w.vm[1].service[0].cpus = 1; /* nobody can be moved */
	begin(&w);
	assert_refused(adu, 5 * MS, 10 * MS, 10 * MS, HCALL_REFUSED_CPU, 1100000);
	create(adu, 4 * MS, 10 * MS, 10 * MS);
	assert_refused(adu, 10 * US, 10 * MS, 10 * MS, HCALL_REFUSED_CPU, 1001000);
	assert_sound();
}

static void a_deadline_that_would_be_missed_is_refused_with_the_interval(void **state)
{
	/* REQ: SCHED-4 */
	(void)state;
	create(adu, MS, 10 * MS, 2 * MS);
	assert_refused(adu, 1500 * US, 20 * MS, 2 * MS, HCALL_REFUSED_DEADLINE, 2 * MS);
	assert_sound();
}

static void a_test_that_takes_too_long_is_refused(void **state)
{
	/* REQ: SCHED-4 */
	const uint64_t args[6] = {WORLD_GPA, STACK, 0, MS, 10 * MS, 9 * MS};
	struct hcall_result r;

	(void)state;
	host_cpu = &cpus[0];
	do
		r = hypercall(&adu->vcpus[0], HCALL_SERVICE_CREATE, args);
	while (adu->services->phase != SERVICES_TEST);
	adu->services->run.points_most = 1;
	do
		r = hypercall(&adu->vcpus[0], HCALL_SERVICE_CREATE, args);
	while (r.error == HCALL_AGAIN);
	assert_int_equal(r.error, SBI_ERR_DENIED);
	assert_int_equal(r.value >> 56, HCALL_REFUSED_LIMIT);
	assert_int_equal(r.value << 8 >> 8, 1);
	create(adu, MS, 10 * MS, 9 * MS); /* the next one is not concerned */
}

static void two_harts_create_one_after_the_other(void **state)
{
	/* REQ: SCHED-4 */
	struct vcpu *first = &adu->vcpus[0], *second = &adu->vcpus[1];
	struct hcall_result r;

	(void)state;
	assert_int_equal(one_step(first, MS).error, HCALL_AGAIN);
	r = one_step(second, MS);
	assert_int_equal(r.error, SBI_ERR_DENIED);
	assert_int_equal(r.value, (uint64_t)HCALL_REFUSED_BUSY << 56);
	do
		r = one_step(first, MS);
	while (r.error == HCALL_AGAIN);
	assert_int_equal(r.error, SBI_SUCCESS);
	assert_int_equal(one_step(second, MS).error, HCALL_AGAIN);
}

static void who_leaves_its_test_alone_loses_it(void **state)
{
	/* REQ: SCHED-4 */
	struct vcpu *first = &adu->vcpus[0], *second = &adu->vcpus[1];
	uint64_t value;

	(void)state;
	one_step(first, MS);
	host_now += 10 * MS - 1;
	assert_int_equal(create_by(second, MS, 10 * MS, 10 * MS, &value), SBI_ERR_DENIED);
	host_now += 1;
	assert_int_equal(create_by(second, MS, 10 * MS, 10 * MS, &value), SBI_SUCCESS);
	assert_int_equal(one_step(first, MS).error, HCALL_AGAIN); /* begins again */
	assert_int_equal(create_by(first, MS, 10 * MS, 10 * MS, &value), SBI_SUCCESS);
	assert_sound();
}

static void a_test_that_was_overtaken_begins_again(void **state)
{
	/* REQ: SCHED-4 */
	struct vcpu *v = &adu->vcpus[0];
	struct hcall_result r;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		one_step(v, 5 * MS);
	create(friend, MS, 10 * MS, 10 * MS); /* of another VM, on the other CPU */
	do
		r = one_step(v, MS);
	while (r.error == HCALL_AGAIN);
	assert_int_equal(r.error, SBI_SUCCESS);
	assert_sound();
}

static void who_is_always_overtaken_is_told_so(void **state)
{
	/* REQ: SCHED-4 */
	struct vcpu *v = &adu->vcpus[0];
	struct hcall_result r;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		r = one_step(v, MS);
		if (r.error != HCALL_AGAIN)
			break;
		delete (friend, friend, create(friend, 100 * US, 10 * MS, 10 * MS));
	}
	assert_int_equal(r.error, SBI_ERR_DENIED);
	assert_int_equal(r.value, (uint64_t)HCALL_REFUSED_BUSY << 56);
	create(adu, MS, 10 * MS, 10 * MS);
}

static void time_of_a_deleted_service_is_free_when_its_period_is_over(void **state)
{
	/* REQ: SCHED-4, RT-4 */
	uint32_t n = create(adu, 4 * MS, 10 * MS, 10 * MS);

	(void)state;
	launch(adu, adu, n);
	live_until(11 * MS);
	assert_int_equal(delete (adu, adu, n), SBI_SUCCESS);
	live_until(11 * MS + 100 * US);
	assert_int_equal(state_of(adu, n), HCALL_SERVICE_RUNNING);
	assert_int_equal(admission_tasks[service(adu, n)->index].period, 10 * MS);
	assert_int_equal(atomic_load(&adu->services->share_ppm), 500000);
	live_until(19900 * US);
	assert_int_equal(state_of(adu, n), HCALL_SERVICE_RUNNING);
	assert_true(service(adu, n)->entity.ran <= 1100 * US);
	live_until(20 * MS + 4100 * US);
	assert_int_equal(state_of(adu, n), HCALL_SERVICE_EMPTY);
	assert_int_equal(atomic_load(&adu->services->share_ppm), 100000);
	assert_int_equal(create(adu, 4 * MS, 10 * MS, 10 * MS), n);
	assert_sound();
}

static void deleting_and_creating_yields_no_more_than_the_share(void **state)
{
	/* REQ: SCHED-4, RT-4 */
	ns_t ran = 0;
	uint64_t n = 0;
	bool there = false;

	(void)state;
	for (ns_t now = host_now; now < 401 * MS; now += 700 * US) {
		live_until(now);
		if (there && service(adu, (uint32_t)n)->entity.ran >= 500 * US &&
		    delete (adu, adu, n) == SBI_SUCCESS)
			ran += service(adu, (uint32_t)n)->entity.ran, there = false;
		if (!there && create_by(&adu->vcpus[0], 4 * MS, 10 * MS, 10 * MS, &n) == 0)
			there = launch(adu, adu, n) == SBI_SUCCESS;
		assert_sound();
	}
	assert_true(ran > 10 * MS);
	assert_true(ran <= 4 * 41 * MS);
	assert_int_equal(vcpus[vms[4].config->vcpu_first].entity.late, 0);
}

int main(void)
{
#define FRESH(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		FRESH(a_registered_service_is_launched_with_its_code),
		FRESH(a_service_of_the_boot_runs_as_soon_as_it_has_code),
		FRESH(code_must_be_the_vms_own),
		FRESH(a_configured_service_can_be_stopped_and_launched_again),
		FRESH(only_who_may_launches_services_of_another_vm),
		FRESH(a_created_service_has_what_it_asked_for),
		FRESH(what_makes_no_sense_is_refused_as_argument),
		FRESH(a_vm_has_no_more_services_than_slots),
		FRESH(registration_ends_with_a_call),
		FRESH(registration_ends_with_time),
		FRESH(a_vm_keeps_within_its_share),
		FRESH(more_than_a_cpu_has_is_refused_with_its_sum),
		FRESH(a_deadline_that_would_be_missed_is_refused_with_the_interval),
		FRESH(a_test_that_takes_too_long_is_refused),
		FRESH(two_harts_create_one_after_the_other),
		FRESH(who_leaves_its_test_alone_loses_it),
		FRESH(a_test_that_was_overtaken_begins_again),
		FRESH(who_is_always_overtaken_is_told_so),
		FRESH(time_of_a_deleted_service_is_free_when_its_period_is_over),
		FRESH(deleting_and_creating_yields_no_more_than_the_share),
	};

	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
