/* SPDX-License-Identifier: Apache-2.0 */
/* Real-time services: registered, created, launched, deleted; what is promised and what is refused.
 */
#include "cmocka_all.h"
#include "abi/hypercall.h"
#include "core/services.h"
#include "core/table.h"
#include "host.h"

#define STACK (WORLD_GPA + 0x4000)
#define FREE  2u /* number of the first slot that is created at run time */

/* "adu" has two harts, a service of each kind and four free slots on CPU 0; "movable"'s one service
 * may be on both CPUs; "friend" may launch, "stranger" may not. 30 % of CPU 0 and 50 % of CPU 1 are
 * taken for good. */
static const struct world systems = {
	.cpus = 2,
	.vms = 6,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.name = "adu",
			 .vcpus = 2,
			 .copies = true,
			 .on_reboot = ACTION_RESTART,
			 .vcpu = {{.cpu = 0}, {.cpu = 1}},
			 .services = 2,
			 .service = {{.capacity_ns = 500 * US, .period_ns = 10 * MS},
				     {.capacity_ns = 500 * US, .period_ns = 10 * MS}},
			 .free_services = 4},
			{.name = "movable",
			 .on_reboot = ACTION_RESTART,
			 .copies = true,
			 .services = 1,
			 .service = {{.capacity_ns = 3 * MS, .period_ns = 10 * MS, .cpus = 3}}},
			{.name = "friend",
			 .vcpu = {{.cpu = 1}},
			 .may_services = 3,
			 .free_services = 4,
			 .free_cpus = 2},
			{.name = "stranger", .vcpu = {{.cpu = 1}}},
			{.name = "rt0",
			 .vcpu = {{.cpu = 0, .capacity_ns = 2 * MS, .period_ns = 10 * MS}}},
			{.name = "rt1",
			 .vcpu = {{.cpu = 1, .capacity_ns = 5 * MS, .period_ns = 10 * MS}}},
		},
};

static struct vm *adu, *movable, *friend, *stranger;
static bool sleeps[TABLE_MAX_VCPUS]; /* waits for its next period as soon as it runs */

static void begin(const struct world *w)
{
	memset(sleeps, 0, sizeof(sleeps));
	world_start(w);
	adu = &vms[0];
	movable = &vms[1];
	friend = &vms[2];
	stranger = &vms[3];
	host_now = MS;
}

static int fresh(void **state)
{
	(void)state;
	begin(&systems);
	return 0;
}

static void turn(struct vcpu *v)
{
	const uint64_t none[6] = {0};

	if (sleeps[v->index])
		hypercall(v, HCALL_WAIT_NEXT_PERIOD, none);
}

static void live_until(ns_t when)
{
	world_live(when, turn);
}

static struct vcpu *service(const struct vm *vm, uint32_t number)
{
	return &vm->vcpus[vm->config->vcpu_count + number];
}

static long create_by(struct vcpu *v, ns_t c, ns_t p, ns_t d, uint64_t *value)
{
	const uint64_t args[6] = {WORLD_GPA + 8, STACK, 7, c, p, d};

	return world_call(v, HCALL_SERVICE_CREATE, args, value);
}

/* -> its number */
static uint32_t create(const struct vm *vm, ns_t c, ns_t p, ns_t d)
{
	uint64_t value;

	assert_int_equal(create_by(&vm->vcpus[0], c, p, d, &value), SBI_SUCCESS);
	return (uint32_t)value;
}

static void assert_refused(const struct vm *vm, ns_t c, ns_t p, ns_t d, uint64_t reason,
			   uint64_t figure)
{
	uint64_t value;

	assert_int_equal(create_by(&vm->vcpus[0], c, p, d, &value), SBI_ERR_DENIED);
	assert_int_equal(value >> 56, reason);
	assert_int_equal(value << 8 >> 8, figure);
}

static long call3(const struct vm *by, uint64_t function, uint64_t a, uint64_t b, uint64_t c,
		  uint64_t *value)
{
	const uint64_t args[6] = {a, b, c};
	uint64_t none;

	return world_call(&by->vcpus[0], function, args, value ? value : &none);
}

static long launch(const struct vm *by, const struct vm *vm, uint64_t number)
{
	return call3(by, HCALL_SERVICE_LAUNCH, vm->index, number, 0, NULL);
}

static long delete (const struct vm *by, const struct vm *vm, uint64_t number)
{
	return call3(by, HCALL_SERVICE_DELETE, vm->index, number, 0, NULL);
}

static long register_code(const struct vm *vm, uint64_t number, uint64_t entry, uint64_t stack)
{
	const uint64_t args[6] = {number, entry, stack, 77};
	uint64_t value;

	return world_call(&vm->vcpus[0], HCALL_SERVICE_REGISTER, args, &value);
}

static uint64_t status(const struct vm *vm, uint64_t number, uint64_t what)
{
	uint64_t value;

	assert_int_equal(call3(vm, HCALL_SERVICE_STATUS, HCALL_SELF, number, what, &value), 0);
	return value;
}

static uint64_t state_of(const struct vm *vm, uint64_t number)
{
	return status(vm, number, HCALL_STATUS_STATE);
}

/* Every promise that the hypervisor has given can be kept; shares are what is there. */
static void assert_sound(void)
{
	struct admit_run run;

	assert_true(admit_all(&run, &admission));
	for (uint32_t i = 0; i < vm_count; i++) {
		uint64_t sum = 0;

		for (uint32_t j = 0; j < vm_vcpus(vms[i].config); j++) {
			const struct admit_task *t = &admission_tasks[vms[i].vcpus[j].index];

			if (t->period)
				sum += (t->capacity * 1000000 + t->period - 1) / t->period;
		}
		if (vms[i].services)
			assert_int_equal(atomic_load(&vms[i].services->share_ppm), sum);
	}
}

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
	r = hypercall(&adu->vcpus[0], HCALL_SERVICE_CREATE, args);
	assert_int_equal(r.error, HCALL_AGAIN);
	adu->services->run.points_most = 1;
	do
		r = hypercall(&adu->vcpus[0], HCALL_SERVICE_CREATE, args);
	while (r.error == HCALL_AGAIN);
	assert_int_equal(r.error, SBI_ERR_DENIED);
	assert_int_equal(r.value >> 56, HCALL_REFUSED_LIMIT);
	assert_int_equal(r.value << 8 >> 8, 1);
	create(adu, MS, 10 * MS, 9 * MS); /* the next one is not concerned */
}

static struct hcall_result one_step(struct vcpu *v, ns_t c)
{
	const uint64_t args[6] = {WORLD_GPA, STACK, 0, c, 10 * MS, 10 * MS};

	host_cpu = v->cpu;
	return hypercall(v, HCALL_SERVICE_CREATE, args);
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
	} while (r.error == HCALL_AGAIN && !adu->services->fits);
	assert_true(adu->services->fits);
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

	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
