/* SPDX-License-Identifier: Apache-2.0 */
/* Best-effort vCPUs that may run on two CPUs: claimed, asked, stopped and woken wherever they are.
 */
#include "cmocka_all.h"
#include "abi/hypercall.h"
#include "core/table.h"
#include "host.h"

#define BOTH 3u

/* Three that may run on both CPUs, one that belongs to CPU 0, a reservation on CPU 1. */
static const struct world systems = {
	.cpus = 2,
	.vms = 5,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.name = "a", .copies = true, .vcpu = {{.cpus = BOTH}}},
			{.name = "b", .vcpu = {{.cpus = BOTH}}},
			{.name = "c", .vcpu = {{.cpus = BOTH}}},
			{.name = "pinned", .vcpu = {{.cpu = 0}}},
			{.name = "rt",
			 .vcpu = {{.cpu = 1, .capacity_ns = 4 * MS, .period_ns = 10 * MS}}},
		},
};

static struct vcpu *a, *b, *c, *rt;

static int fresh(void **state)
{
	(void)state;
	world_start(&systems);
	a = &vms[0].vcpus[0];
	b = &vms[1].vcpus[0];
	c = &vms[2].vcpus[0];
	rt = &vms[4].vcpus[0];
	world_live(MS, NULL);
	return 0;
}

/* Nobody is on two CPUs, in two places of the scheduler, or known to the wrong one. */
static void assert_consistent(void)
{
	for (uint32_t i = 0; i < vcpu_count; i++) {
		const struct sched_entity *e = &vcpus[i].entity;
		uint32_t places = 0;

		if (sched_is_rt(e))
			continue;
		for (uint32_t j = 0; j < cpu_count; j++) {
			const struct sched_cpu *s = &cpus[j].sched;

			places += s->mine == e;
			places += s->kept == e;
			if (cpus[j].current == &vcpus[i])
				assert_ptr_equal(vcpus[i].cpu, &cpus[j]);
		}
		places += atomic_load(&best_effort.ready[e->priority - 1]) >> e->id & 1;
		assert_int_equal(places, e->state == SCHED_READY);
	}
}

static void sleep_until(struct vcpu *v, ns_t when)
{
	host_cpu = v->cpu;
	v->arch.enabled = HOST_TIMER | HOST_SOFTWARE;
	v->arch.timer = when;
	v->arch.pending = 0;
	vcpu_sleep(v, WAIT_INTERRUPT, when);
}

/* Until v is in the guest on some CPU. */
static void make_current(struct vcpu *v)
{
	for (unsigned i = 0; i < 100 && v->cpu->current != v; i++)
		world_live(host_now + 300 * US, NULL);
	assert_ptr_equal(v->cpu->current, v);
}

static void make_current_on(struct vcpu *v, uint32_t cpu)
{
	for (unsigned i = 0; i < 400 && cpus[cpu].current != v; i++)
		world_live(host_now + 300 * US, NULL);
	assert_ptr_equal(cpus[cpu].current, v);
}

static void all_cpus_serve_all_who_may_run_there(void **state)
{
	/* REQ: SCHED-5 */
	uint32_t seen[3] = {0};

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		world_live(host_now + 250 * US, NULL);
		for (uint32_t j = 0; j < 3; j++)
			for (uint32_t k = 0; k < 2; k++)
				seen[j] |= (uint32_t)(cpus[k].current == &vcpus[j]) << k;
		assert_ptr_not_equal(cpus[1].current, &vcpus[3]);
		assert_consistent();
	}
	for (uint32_t j = 0; j < 3; j++) {
		assert_int_equal(seen[j], BOTH);
		assert_true(vcpus[j].arch.comes > 5);
		assert_true(vcpus[j].entity.ran > 20 * MS);
	}
	assert_int_equal(rt->entity.late, 0);
	assert_in_range(rt->entity.ran, 36 * MS, 44 * MS);
}

static void a_request_finds_its_vcpu_wherever_it_is(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		world_live(host_now + (1 + i % 7) * 100 * US, NULL);
		a->arch.pending = 0;
		host_cpu = &cpus[i & 1];
		vcpu_request(a, REQ_IPI); /* whoever has it, running or not */
		if (i % 3 == 0) {         /* a stale kick to the CPU that it is not on */
			struct cpu *other = a->cpu == &cpus[0] ? &cpus[1] : &cpus[0];

			atomic_fetch_or(&other->kicked[SCHED_BE], 1ull << a->index);
			arch_kick(other, false);
		}
		world_live(host_now + 10 * US, NULL);
		for (unsigned j = 0; j < 50 && !(a->arch.pending & HOST_SOFTWARE); j++)
			world_live(host_now + 100 * US, NULL); /* held back for the reservation */
		assert_true(a->arch.pending & HOST_SOFTWARE);
		assert_consistent();
	}
}

static void a_sleeper_wakes_and_runs_where_there_is_room(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	make_current_on(a, 1);
	sleep_until(a, NS_NEVER);
	world_live(host_now + MS, NULL);
	assert_int_equal(a->entity.state, SCHED_BLOCKED);
	assert_ptr_equal(a->cpu, &cpus[1]);
	assert_consistent();
	host_cpu = &cpus[0];
	vcpu_request(a, REQ_IPI);
	make_current(a);
	make_current_on(a, 0);
	sleep_until(a, host_now + 3 * MS);
	world_live(host_now + MS, NULL);
	assert_int_equal(a->entity.state, SCHED_BLOCKED);
	world_live(host_now + 20 * MS, NULL);
	assert_int_equal(a->entity.state, SCHED_READY);
	assert_consistent();
}

static void nobody_is_told(struct sched_cpu *told)
{
	(void)told;
}

/* CPU 1 chooses at once, while CPU 0 is still in what made somebody ready. */
static void the_other_is_quick(struct sched_cpu *told)
{
	best_effort.notify = nobody_is_told;
	assert_ptr_equal(sched_pick(&cpus[1].sched, host_now), &a->entity);
	(void)told;
}

/* CPU 1 has nobody but, maybe, a, who sleeps on CPU 0. */
static void begin_with_a_sleeper(void)
{
	struct world w = systems;

	w.vms = 4;
	w.vm[1].vcpu[0].cpus = w.vm[2].vcpu[0].cpus = 1;
	world_start(&w);
	a = &vms[0].vcpus[0];
	world_live(MS, NULL);
	make_current_on(a, 1);
	sleep_until(a, NS_NEVER);
	world_live(host_now + MS, NULL);
	assert_int_equal(a->entity.state, SCHED_BLOCKED);
	a->entity.held = false; /* its registers are in no CPU */
	cpus[1].loaded = NULL;
	a->cpu = &cpus[0]; /* as if it had fallen asleep there */
	host_cpu = &cpus[0];
}

/* When a request wakes a sleeper, and another CPU claims it before the request has been carried out
 * to its end, then that one alone has it. */
static void who_is_claimed_while_it_is_being_woken_is_in_the_queue_no_more(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	begin_with_a_sleeper();
	best_effort.notify = the_other_is_quick;
	vcpu_request(a, REQ_IPI);
	assert_ptr_equal(cpus[1].sched.mine, &a->entity);
	assert_consistent();
}

/* When a vCPU is claimed by another CPU before the one that was asked has looked, then it passes
 * the request on. */
static void a_request_follows_who_has_been_claimed(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	begin_with_a_sleeper();
	best_effort.notify = nobody_is_told;
	vcpu_request(a, REQ_IPI);
	a->arch.pending = 0;
	vcpu_request_later(a, REQ_IPI);
	assert_ptr_equal(host_run(&cpus[1]), a);
	assert_ptr_equal(a->cpu, &cpus[1]);
	host_take_kick(&cpus[0]);
	assert_int_equal(a->arch.pending, 0); /* not CPU 0's any more */
	assert_true(host_has_kick(&cpus[1]));
	host_take_kick(&cpus[1]);
	assert_int_equal(a->arch.pending, HOST_SOFTWARE);
	assert_consistent();
}

/* When the CPU that was asked finds it in the queue, then it is its own while it is asked. */
static void who_is_in_the_queue_belongs_to_who_takes_it_out(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	begin_with_a_sleeper();
	best_effort.notify = nobody_is_told;
	vcpu_request(a, REQ_IPI);
	atomic_fetch_or(&cpus[1].kicked[SCHED_BE], 1ull << a->index);
	atomic_fetch_or(&a->requests, REQ_IPI);
	a->arch.pending = 0;
	host_cpu = &cpus[1];
	cpu_handle_kick(&cpus[1], SCHED_BE);
	assert_ptr_equal(a->cpu, &cpus[1]);
	assert_int_equal(a->arch.pending, HOST_SOFTWARE);
	assert_consistent();
}

static void a_vm_stops_wherever_its_vcpu_is(void **state)
{
	/* REQ: SCHED-5 */
	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		fresh(state);
		world_live(host_now + i * 130 * US, NULL);
		if (i % 4 == 0 && a->cpu->current == a)
			sleep_until(a, i % 8 ? NS_NEVER : host_now + 5 * MS);
		world_live(host_now + 20 * US, NULL);
		host_cpu = &cpus[i & 1];
		vm_stop(&vms[0], "test", i & 2);
		world_live(host_now + 20 * MS, NULL);
		assert_int_equal(atomic_load(&vms[0].state), i & 2 ? VM_RUNNING : VM_ENDED);
		assert_int_equal(a->entity.state, i & 2 ? SCHED_READY : SCHED_OFF);
		assert_consistent();
		if (i & 2)
			make_current(a); /* it begins anew */
		assert_int_equal(a->arch.resets, i & 2 ? 2 : 1);
	}
}

/* Random sleeps, wake-ups, stops and requests from both CPUs. */
static void whatever_happens_each_is_in_one_place(void **state)
{
	/* REQ: SCHED-5 */
	uint64_t seed = 11;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct vcpu *v = &vcpus[random_below(&seed, 4)];

		world_live(host_now + random_below(&seed, 400 * US), NULL);
		host_cpu = &cpus[random_below(&seed, 2)];
		switch (random_below(&seed, 4)) {
		case 0:
			if (v->cpu->current == v)
				sleep_until(v, host_now + random_below(&seed, 3 * MS));
			break;
		case 1:
			if (v->cpu->current == v) {
				host_cpu = v->cpu;
				vcpu_pass(v);
			}
			break;
		case 2:
			if (v == a)
				vm_stop(&vms[0], "test", true);
			break;
		default:
			vcpu_request(v, REQ_IPI);
		}
		world_live(host_now + 1, NULL);
		assert_consistent();
	}
	assert_int_equal(rt->entity.late, 0);
	assert_true(a->arch.resets > 20);
	assert_true(b->arch.comes > 50 && c->arch.comes > 50);
}

int main(void)
{
#define FRESH(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		FRESH(all_cpus_serve_all_who_may_run_there),
		FRESH(a_request_finds_its_vcpu_wherever_it_is),
		FRESH(a_sleeper_wakes_and_runs_where_there_is_room),
		FRESH(who_is_claimed_while_it_is_being_woken_is_in_the_queue_no_more),
		FRESH(a_request_follows_who_has_been_claimed),
		FRESH(who_is_in_the_queue_belongs_to_who_takes_it_out),
		FRESH(a_vm_stops_wherever_its_vcpu_is),
		FRESH(whatever_happens_each_is_in_one_place),
	};

	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
