/* SPDX-License-Identifier: Apache-2.0 */
/* Services that make room for others by moving; what a stop or a restart of the VM leaves of them.
 */
#include "services_world.h"

/* --- another one has to move first --- */

/* 20 + 5 + 5 + 30 % are on CPU 0, 50 % on CPU 1: 50 % more need the 30 % to go. */
static uint32_t create_that_needs_room(void)
{
	return create(adu, 5 * MS, 10 * MS, 10 * MS);
}

static void start_mover(bool sleepy)
{
	struct vcpu *m = service(movable, 0);

	sleeps[m->index] = sleepy;
	register_code(movable, 0, WORLD_GPA, STACK);
	launch(movable, movable, 0);
	live_until(15 * MS);
	assert_true(m->entity.ran > 0 || sleepy);
}

static void a_service_that_fits_only_after_a_move_waits_for_it(void **state)
{
	/* REQ: SCHED-4, SCHED-5, RT-4 */
	(void)state;
	for (unsigned sleepy = 0; sleepy < 2; sleepy++) {
		struct vcpu *m;
		uint32_t n;

		fresh(state);
		m = service(movable, 0);
		start_mover(sleepy);
		live_until(20 * MS + 2500 * US); /* in the middle of its job */
		n = create_that_needs_room();
		assert_int_equal(admission_tasks[m->index].cpu, 1);
		if (state_of(adu, n) != HCALL_SERVICE_MOVING)
			assert_true(sleepy);
		assert_int_equal(launch(adu, adu, n), SBI_SUCCESS);
		live_until(200 * MS);
		assert_ptr_equal(m->cpu, &cpus[1]);
		assert_int_equal(state_of(adu, n), HCALL_SERVICE_RUNNING);
		/* from 30 ms on, every period in full */
		assert_int_equal(service(adu, n)->entity.ran, 17 * 5 * MS);
		if (!sleepy)
			assert_in_range(m->entity.ran, 18 * 3 * MS, 19 * 3 * MS);
		for (uint32_t i = 0; i < vcpu_count; i++)
			assert_int_equal(vcpus[i].entity.late, 0);
		assert_sound();
	}
}

static void who_does_not_run_moves_at_once(void **state)
{
	/* REQ: SCHED-5 */
	uint32_t n = create_that_needs_room();

	(void)state;
	live_until(1100 * US);
	assert_ptr_equal(service(movable, 0)->cpu, &cpus[1]);
	assert_int_equal(state_of(adu, n), HCALL_SERVICE_READY);
	assert_sound();
}

static void one_moves_for_one_at_a_time(void **state)
{
	/* REQ: SCHED-5 */
	struct world w = systems;
	uint32_t n;

	(void)state;
	w.cpus = 3;
	w.vm[1].service[0].cpus = 7;
	begin(&w);
	start_mover(false);
	live_until(20 * MS + 2500 * US);
	n = create_that_needs_room();
	/* It could go on to CPU 2, but not before it has arrived. */
	assert_refused(friend, 3 * MS, 10 * MS, 10 * MS, HCALL_REFUSED_CPU, 1100000);
	live_until(41 * MS);
	assert_int_equal(state_of(adu, n), HCALL_SERVICE_READY);
	assert_int_equal(create(friend, 3 * MS, 10 * MS, 10 * MS), 0);
	live_until(61 * MS);
	assert_ptr_equal(service(movable, 0)->cpu, &cpus[2]);
	assert_int_equal(state_of(friend, 0), HCALL_SERVICE_READY);
	assert_sound();
}

static void who_waits_for_a_move_can_be_deleted(void **state)
{
	/* REQ: SCHED-5, RT-4 */
	(void)state;
	for (unsigned launched = 0; launched < 2; launched++) {
		uint32_t n;

		fresh(state);
		start_mover(false);
		live_until(20 * MS + 2500 * US);
		n = create_that_needs_room();
		if (launched)
			launch(adu, adu, n);
		assert_int_equal(state_of(adu, n), HCALL_SERVICE_MOVING);
		assert_int_equal(delete (adu, adu, n), SBI_SUCCESS);
		live_until(60 * MS);
		assert_int_equal(state_of(adu, n), HCALL_SERVICE_EMPTY);
		assert_int_equal(service(adu, n)->arch.resets, 0);
		assert_ptr_equal(service(movable, 0)->cpu, &cpus[1]);
		assert_int_equal(atomic_load(&adu->services->share_ppm), 100000);
		assert_int_equal(create_that_needs_room(), n);
		assert_sound();
	}
}

static void a_mover_that_is_stopped_has_moved(void **state)
{
	/* REQ: SCHED-5, RT-4 */
	uint32_t n;

	(void)state;
	start_mover(false);
	live_until(20 * MS + 2500 * US);
	n = create(adu, 500 * US, MS, MS);
	launch(adu, adu, n);
	assert_int_equal(delete (movable, movable, 0), SBI_SUCCESS);
	live_until(20 * MS + 2600 * US);
	assert_ptr_equal(service(movable, 0)->cpu, &cpus[1]);
	assert_int_equal(launch(movable, movable, 0), SBI_SUCCESS);
	live_until(29 * MS);
	assert_int_equal(service(adu, n)->entity.ran, 0); /* not in the period the mover ran in */
	live_until(69 * MS);
	assert_int_equal(service(adu, n)->entity.ran, 39 * 500 * US);
	assert_int_equal(service(movable, 0)->entity.ran, 4 * 3 * MS);
	assert_sound();
}

/* A slot whose service is deleted while the test counts on its move is not what the new one gets.
 */
static void a_mover_that_is_deleted_gives_its_slot_to_nobody_before_it_has_gone(void **state)
{
	/* REQ: SCHED-5 */
	struct world w = systems;
	struct hcall_result r;
	struct vcpu *v;

	(void)state;
	w.vm[1].service[0].cpus = 1;
	w.vm[0].free_cpus = 3;
	w.vm[4].vcpu[0].capacity_ns = 1 * MS; /* CPU 0: 10 + 5 + 5 + 30 % */
	w.vm[5].vcpu[0].capacity_ns = 6 * MS; /* CPU 1: 60 % */
	begin(&w);
	v = &adu->vcpus[0];
	assert_int_equal(create(adu, 3 * MS, 10 * MS, 10 * MS), FREE); /* CPU 0: 80 % */
	do { /* 50 % fit CPU 0 only without it */
		r = one_step(v, 5 * MS);
	} while (r.error == HCALL_AGAIN && adu->services->phase != SERVICES_COMMIT);
	assert_int_equal(adu->services->phase, SERVICES_COMMIT);
	delete (adu, adu, FREE);
	while (r.error == HCALL_AGAIN)
		r = one_step(v, 5 * MS);
	assert_sound();
	live_until(50 * MS);
	assert_sound();
	if (r.error == SBI_SUCCESS)
		assert_int_equal(service(adu, (uint32_t)r.value)->cpu->index,
				 admission_tasks[service(adu, (uint32_t)r.value)->index].cpu);
}

/* --- stop and restart of the VM --- */

enum { EMPTY, READY, RUNNING, ASLEEP, ENDING, MOVING, MOVING_LAUNCHED, LEAVING, STATES };

static void bring_to(unsigned where)
{
	uint32_t n = FREE;

	if (where == EMPTY)
		return;
	if (where >= MOVING) {
		start_mover(false);
		live_until(20 * MS + 2500 * US);
		n = create_that_needs_room();
		if (where == MOVING_LAUNCHED)
			launch(adu, adu, n);
		if (where == LEAVING)
			delete (adu, adu, n);
		return;
	}
	n = create(adu, 2 * MS, 10 * MS, 10 * MS);
	sleeps[service(adu, n)->index] = where == ASLEEP;
	if (where != READY)
		launch(adu, adu, n);
	live_until(21 * MS);
	if (where == ENDING)
		delete (adu, adu, n);
}

static void a_restart_empties_the_services_whatever_they_do(void **state)
{
	/* REQ: RT-1, OPS-2 */
	(void)state;
	for (unsigned where = 0; where < STATES; where++) {
		fresh(state);
		register_code(adu, 0, WORLD_GPA, STACK);
		launch(adu, adu, 0);
		bring_to(where);
		host_cpu = &cpus[1];
		vm_stop(adu, "test", true);
		live_until(host_now + 30 * MS);
		assert_int_equal(atomic_load(&adu->state), VM_RUNNING);
		memset(sleeps, 0, sizeof(sleeps));
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(atomic_load(&service(adu, i)->service), SERVICE_EMPTY);
		assert_int_equal(atomic_load(&adu->services->share_ppm), 100000);
		assert_sound();
		assert_int_equal(register_code(adu, 0, WORLD_GPA, STACK), SBI_SUCCESS);
		assert_int_equal(create(adu, 2 * MS, 10 * MS, 10 * MS), FREE);
		assert_int_equal(launch(adu, adu, FREE), SBI_SUCCESS);
		live_until(host_now + 30 * MS);
		assert_true(service(adu, FREE)->entity.ran >= 2 * MS);
	}
}

static void nothing_is_filled_while_the_vm_stops(void **state)
{
	/* REQ: RT-1 */
	uint64_t value;

	(void)state;
	host_cpu = &cpus[1];
	vm_stop(adu, "test", true);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, STACK), SBI_ERR_DENIED);
	assert_int_equal(create_by(&adu->vcpus[1], MS, 10 * MS, 10 * MS, &value), SBI_ERR_DENIED);
	live_until(30 * MS);
	assert_int_equal(register_code(adu, 0, WORLD_GPA, STACK), SBI_SUCCESS);
}

static void a_slot_that_is_being_filled_when_its_vm_stops_is_not_taken_away(void **state)
{
	/* REQ: RT-1 */
	struct vcpu *s = service(adu, FREE);

	(void)state;
	atomic_store(&s->service, SERVICE_TAKEN); /* by another CPU, in its commit */
	host_cpu = &cpus[1];
	vm_stop(adu, "test", true);
	live_until(20 * MS);
	assert_int_equal(atomic_load(&s->service), SERVICE_TAKEN);
	atomic_store(&s->service, SERVICE_READY); /* it has done so */
	host_cpu = &cpus[1];
	vm_stop(adu, "test", true);
	live_until(40 * MS);
	assert_int_equal(atomic_load(&s->service), SERVICE_EMPTY);
	assert_sound();
}

static void services_of_a_vm_that_has_ended_cannot_be_started(void **state)
{
	/* REQ: RT-1 */
	(void)state;
	register_code(adu, 0, WORLD_GPA, STACK);
	create(adu, MS, 10 * MS, 10 * MS);
	launch(adu, adu, FREE);
	live_until(15 * MS);
	host_cpu = &cpus[0];
	vm_stop(adu, "test", false);
	live_until(40 * MS);
	assert_int_equal(atomic_load(&adu->state), VM_ENDED);
	assert_int_equal(launch(friend, adu, 0), SBI_ERR_INVALID_PARAM);
	assert_int_equal(launch(friend, adu, FREE), SBI_ERR_INVALID_PARAM);
	assert_int_equal(atomic_load(&adu->services->share_ppm), 100000);
	assert_sound();
}

/* What HSM counts down when a hart stops: with services it never reaches "nobody is left". */
static void a_vm_with_services_outlives_its_harts(void **state)
{
	/* REQ: RT-1 */
	(void)state;
	assert_int_equal(atomic_load(&stranger->running), 1);
	assert_int_equal(atomic_load(&adu->running), 2);
}

/* Given a slot that ran on CPU 0, when it is created anew on CPU 1, then CPU 0 has nothing of it.
 */
static void a_slot_leaves_nothing_on_the_cpu_it_ran_on(void **state)
{
	/* REQ: SCHED-5 */
	struct world w = systems;
	struct vcpu *s;

	(void)state;
	w.vm[0].free_cpus = 3;
	w.vm[0].vcpu[0].cpu = w.vm[0].vcpu[1].cpu = 1; /* CPU 0 has no best effort */
	w.vm[1].vcpu[0].cpu = w.vm[4].vcpu[0].cpu = 1;
	begin(&w);
	assert_int_equal(create(adu, MS, 10 * MS, 10 * MS), FREE);
	s = service(adu, FREE);
	launch(adu, adu, FREE);
	live_until(10 * MS + 100 * US);
	live_until(14 * MS);
	assert_ptr_equal(s->cpu, &cpus[0]);
	delete (adu, adu, FREE);
	live_until(25 * MS);
	assert_ptr_not_equal(cpus[0].loaded, s);
	assert_ptr_not_equal(cpus[0].sched.current, &s->entity);
}

int main(void)
{
#define FRESH(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		FRESH(a_service_that_fits_only_after_a_move_waits_for_it),
		FRESH(who_does_not_run_moves_at_once),
		FRESH(one_moves_for_one_at_a_time),
		FRESH(who_waits_for_a_move_can_be_deleted),
		FRESH(a_mover_that_is_stopped_has_moved),
		FRESH(a_mover_that_is_deleted_gives_its_slot_to_nobody_before_it_has_gone),
		FRESH(a_restart_empties_the_services_whatever_they_do),
		FRESH(nothing_is_filled_while_the_vm_stops),
		FRESH(a_slot_that_is_being_filled_when_its_vm_stops_is_not_taken_away),
		FRESH(services_of_a_vm_that_has_ended_cannot_be_started),
		FRESH(a_vm_with_services_outlives_its_harts),
		FRESH(a_slot_leaves_nothing_on_the_cpu_it_ran_on),
	};

	return cmocka_run_group_tests_name("services_move", tests, NULL, NULL);
}
