/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs and VMs over two CPUs: dispatch, sleeping and waking, requests, faults, stop and restart.
 */
#include "cmocka_all.h"
#include "core/table.h"
#include "host.h"

/* "smp": one vCPU on each CPU, may restart. "rt": a reservation on CPU 1. "other": best effort on
 * CPU 0. */
static const struct world two_cpus = {
	.cpus = 2,
	.vms = 3,
	.vm =
		{
			{.name = "smp",
			 .vcpus = 2,
			 .vic = VIC_PLIC,
			 .uart = 10,
			 .copies = true,
			 .on_reboot = ACTION_RESTART,
			 .flags = VM_CLEAR,
			 .vcpu = {{.cpu = 0}, {.cpu = 1}}},
			{.name = "rt",
			 .on_fault = ACTION_STOP,
			 .vcpu = {{.cpu = 1, .capacity_ns = 200 * US, .period_ns = MS}}},
			{.name = "other", .on_fault = ACTION_INJECT, .vcpu = {{.cpu = 0}}},
		},
};

static struct vcpu *smp0, *smp1, *rt, *other;

static int fresh(void **state)
{
	(void)state;
	world_start(&two_cpus);
	smp0 = &vms[0].vcpus[0];
	smp1 = &vms[0].vcpus[1];
	rt = &vms[1].vcpus[0];
	other = &vms[2].vcpus[0];
	world_work(100);
	world_forget_output();
	return 0;
}

/* Both CPUs go on until nothing is asked of them any more. */
static void settle(void)
{
	for (unsigned i = 0; i < 400; i++) {
		host_run(&cpus[0]);
		host_run(&cpus[1]);
		host_now += 10 * US;
	}
	world_work(2000);
	host_run(&cpus[1]);
}

/* CPU 1 lives on until `when`, without jumps that no comparator would make. */
static void live_until(ns_t when)
{
	while (host_now < when) {
		host_run(&cpus[1]);
		host_now = host_now / (50 * US) * 50 * US + 50 * US;
	}
}

/* v calls: it is what its CPU runs at the moment. */
static void make_current(struct vcpu *v)
{
	for (unsigned i = 0; i < 100; i++) {
		if (host_run(v->cpu) == v) {
			host_cpu = v->cpu;
			return;
		}
		host_now += 100 * US;
	}
	fail_msg("vCPU %u never runs", v->index);
}

static void start_second_hart(void)
{
	uint32_t expected = VCPU_STOPPED;

	assert_true(atomic_compare_exchange_strong(&smp1->power, &expected, VCPU_START_PENDING));
	atomic_fetch_add(&vms[0].running, 1);
	smp1->start_entry = WORLD_GPA + 64;
	smp1->start_argument = 77;
	host_cpu = &cpus[0];
	vcpu_request(smp1, REQ_START);
}

static void the_first_vcpu_starts_at_the_entry_with_its_tree(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	make_current(smp0);
	assert_int_equal(smp0->arch.pc, WORLD_GPA);
	assert_int_equal(smp0->arch.argument, WORLD_GPA + 0x8000);
	assert_int_equal(smp0->arch.resets, 1);
	assert_int_equal(smp0->number, 0);
}

static void other_vcpus_do_not_run_before_they_are_started(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	settle();
	assert_int_equal(smp1->arch.enters, 0);
	assert_int_equal(atomic_load(&smp1->power), VCPU_STOPPED);
}

static void a_hart_that_is_started_on_another_cpu_runs_there(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	start_second_hart();
	assert_int_equal(smp1->arch.enters, 0); /* not by the one who asked */
	assert_true(host_has_kick(&cpus[1]));
	make_current(smp1);
	assert_int_equal(smp1->arch.pc, WORLD_GPA + 64);
	assert_int_equal(smp1->arch.argument, 77);
	assert_int_equal(atomic_load(&smp1->power), VCPU_STARTED);
}

static void a_reservation_preempts_best_effort_at_its_release(void **state)
{
	/* REQ: SCHED-1 */
	(void)state;
	start_second_hart();
	live_until(5 * MS + 500 * US);
	assert_ptr_equal(host_run(&cpus[1]), smp1);
	assert_int_equal(host_cpus[1].timer, 6 * MS);
	host_now = 6 * MS;
	assert_ptr_equal(host_run(&cpus[1]), rt);
	assert_int_equal(host_cpus[1].timer, 6 * MS + 200 * US);
	host_now = 6 * MS + 200 * US;
	assert_ptr_equal(host_run(&cpus[1]), smp1);
	assert_int_equal(host_cpus[1].timer, 7 * MS);
}

static void who_goes_on_is_not_loaded_again(void **state)
{
	/* REQ: CPU-2 */
	uint32_t loads;

	(void)state;
	make_current(smp0);
	loads = smp0->arch.loads;
	host_run(&cpus[0]);
	assert_ptr_equal(host_run(&cpus[0]), smp0);
	assert_int_equal(smp0->arch.loads, loads);
}

static void a_change_saves_one_and_loads_the_other(void **state)
{
	/* REQ: CPU-1 */
	uint32_t saves, loads;

	(void)state;
	make_current(smp0);
	saves = smp0->arch.saves;
	loads = other->arch.loads;
	make_current(other);
	assert_int_equal(smp0->arch.saves, saves + 1);
	assert_int_equal(other->arch.loads, loads + 1);
}

static void wfi_gives_the_cpu_away_until_the_guests_own_timer(void **state)
{
	/* REQ: CPU-5, TIME-1 */
	ns_t wake;

	(void)state;
	make_current(smp0);
	smp0->arch.enabled = HOST_TIMER;
	wake = smp0->arch.timer = host_now + 700 * US;
	vcpu_sleep(smp0, WAIT_INTERRUPT, arch_vcpu_timer(smp0));
	assert_ptr_equal(host_run(&cpus[0]), other);
	assert_int_equal(host_cpus[0].timer, wake);
	host_now = wake;
	make_current(smp0);
	assert_int_equal(smp0->wait, WAIT_NOTHING);
}

static void an_interrupt_from_a_sibling_ends_wfi(void **state)
{
	/* REQ: CPU-5, CPU-4 */
	(void)state;
	start_second_hart();
	make_current(smp0);
	smp0->arch.enabled = HOST_SOFTWARE;
	vcpu_sleep(smp0, WAIT_INTERRUPT, NS_NEVER);
	make_current(other);
	make_current(smp1);
	vcpu_request(smp0, REQ_IPI);
	make_current(smp0);
	assert_true(smp0->arch.pending & HOST_SOFTWARE);
}

static void an_interrupt_that_is_not_enabled_does_not_end_wfi(void **state)
{
	/* REQ: CPU-5 */
	uint32_t enters;

	(void)state;
	make_current(smp0);
	smp0->arch.enabled = HOST_EXTERNAL;
	vcpu_sleep(smp0, WAIT_INTERRUPT, NS_NEVER);
	host_run(&cpus[0]);
	enters = smp0->arch.enters;
	host_cpu = &cpus[1];
	vcpu_request(smp0, REQ_IPI);
	settle();
	assert_int_equal(smp0->arch.enters, enters);
	assert_true(smp0->arch.pending & HOST_SOFTWARE); /* but it is there when it wakes */
}

static void no_interrupt_ends_waiting_for_the_period(void **state)
{
	/* REQ: SCHED-1 */
	ns_t now;

	(void)state;
	host_now = 10 * MS;
	make_current(rt);
	now = host_now;
	rt->arch.enabled = HOST_SOFTWARE;
	vcpu_sleep(rt, WAIT_PERIOD, NS_NEVER);
	assert_null(host_run(&cpus[1]));
	host_cpu = &cpus[0];
	vcpu_request(rt, REQ_IPI);
	host_now += 100 * US;
	assert_null(host_run(&cpus[1]));
	host_now = now / MS * MS + MS;
	assert_ptr_equal(host_run(&cpus[1]), rt);
	assert_int_equal(rt->arch.value, host_now); /* the nominal release */
}

/* Given two vCPUs asked to look at their lines, when the kick is handled, then none is forgotten.
 */
static void more_requests_than_one_kick_handles_are_all_handled(void **state)
{
	/* REQ: CPU-4 (bounds) */
	static const struct world many = {
		.cpus = 2,
		.vms = 12,
		.flags = SYSTEM_QUIET,
		.vm = {[1 ... 11] = {.vcpu = {{.cpu = 1}}}},
	};

	(void)state;
	world_start(&many);
	host_run(&cpus[1]);
	host_cpu = &cpus[0];
	for (unsigned i = 1; i < 12; i++)
		vcpu_request(&vms[i].vcpus[0], REQ_IPI);

	for (unsigned i = 0; i < 12; i++)
		host_take_kick(&cpus[1]);
	for (unsigned i = 1; i < 12; i++)
		assert_true(vms[i].vcpus[0].arch.pending & HOST_SOFTWARE);
	assert_false(host_has_kick(&cpus[1]));
}

/* Given a reservation that runs, when best effort on its CPU is asked for something, then it is not
 * interrupted for that; nothing is lost. */
static void requests_to_best_effort_do_not_disturb_a_running_reservation(void **state)
{
	/* REQ: SCHED-1, IRQ-2 */
	(void)state;
	start_second_hart();
	make_current(smp1);
	live_until(9 * MS + 950 * US);
	host_now = 10 * MS;
	assert_ptr_equal(host_run(&cpus[1]), rt);
	host_cpu = &cpus[0];
	vcpu_request(smp1, REQ_IPI);
	assert_false(host_has_kick(&cpus[1]));
	vcpu_request(rt, REQ_IPI);
	assert_true(host_has_kick(&cpus[1]));
	host_now = 10 * MS + 200 * US;
	assert_ptr_equal(host_run(&cpus[1]), smp1);
	host_take_kick(&cpus[1]);
	assert_true(smp1->arch.pending & HOST_SOFTWARE);
	assert_true(rt->arch.pending & HOST_SOFTWARE);
}

static void a_fault_is_injected_or_ends_the_vm_as_configured(void **state)
{
	/* REQ: OPS-2, MEM-2 */
	(void)state;
	make_current(other);
	assert_true(vm_fault(other, "reads outside its memory", 0x1234, 0x80200000));
	assert_int_equal(atomic_load(&vms[2].state), VM_RUNNING);
	host_now = 3 * MS;
	make_current(rt);
	assert_false(vm_fault(rt, "writes outside its memory", 0x5678, 0x80200004));
	settle();
	assert_int_equal(atomic_load(&vms[1].state), VM_ENDED);
	assert_true(
		world_said("vm other vcpu 0: reads outside its memory: 0x1234 at pc 0x80200000"));
	assert_true(world_said("vm rt vcpu 0: writes outside its memory: 0x5678 at pc 0x80200004"));
	assert_int_equal(atomic_load(&rt->power), VCPU_STOPPED);
}

static void a_flood_of_faults_gives_few_lines(void **state)
{
	/* REQ: OPS-2 */
	unsigned lines = 0;

	(void)state;
	make_current(other);
	world_forget_output();
	for (unsigned i = 0; i < 100000; i++) {
		vm_fault(other, "reads outside its memory", i, 0);
		if (i % 100 == 0)
			world_work(100);
	}
	for (const char *at = world_out; (at = strstr(at, "reads outside")); at++)
		lines++;
	assert_true(lines >= 8 && lines <= 32);
	assert_int_equal(atomic_load(&vms[2].faults), 100000);
	assert_true(world_said("more are counted"));
}

static void a_vm_that_ends_stops_all_its_vcpus_and_nobody_elses(void **state)
{
	/* REQ: OPS-2, CPU-4 */
	uint32_t enters0, enters1, others;

	(void)state;
	start_second_hart();
	make_current(smp1);
	make_current(smp0);
	vm_stop(&vms[0], "shutdown", false);
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_ENDED);
	assert_int_equal(atomic_load(&smp0->power), VCPU_STOPPED);
	assert_int_equal(atomic_load(&smp1->power), VCPU_STOPPED);
	enters0 = smp0->arch.enters;
	enters1 = smp1->arch.enters;
	others = other->arch.enters;
	settle();
	assert_int_equal(smp0->arch.enters, enters0);
	assert_int_equal(smp1->arch.enters, enters1);
	assert_true(other->arch.enters > others);
	assert_false(host_is_off);
	assert_true(world_said("vm smp has ended: shutdown"));
}

static void stopping_twice_is_stopping_once(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	make_current(smp0);
	vm_stop(&vms[0], "first", false);
	host_cpu = &cpus[1];
	vm_stop(&vms[0], "second", true);
	settle();
	vm_stop(&vms[0], "third", false);
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_ENDED);
	assert_true(world_said("first"));
	assert_false(world_said("second") || world_said("third"));
}

static void stopping_reaches_vcpus_in_every_kind_of_sleep(void **state)
{
	/* REQ: OPS-2 */
	static const enum vcpu_wait waits[] = {WAIT_INTERRUPT, WAIT_PERIOD, WAIT_FENCE};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		fresh(NULL);
		host_now = 20 * MS;
		make_current(rt);
		vcpu_sleep(rt, waits[i], NS_NEVER);
		host_run(&cpus[1]);
		host_cpu = &cpus[0];
		vm_stop(&vms[1], "test", false);
		settle();
		assert_int_equal(atomic_load(&vms[1].state), VM_ENDED);
		assert_int_equal(rt->entity.state, SCHED_OFF);
	}
}

/* A restart puts memory back as the pristine copy has it, byte for byte, and starts as at the
 * beginning. */
static void a_restart_restores_memory_devices_and_the_first_vcpu(void **state)
{
	/* REQ: OPS-2 */
	const struct table_copy *copy;
	uint8_t *memory;

	(void)state;
	copy = table_copy(vms[0].config->copy_first);
	for (unsigned i = 0; i < WORLD_MEMORY; i++)
		((uint8_t *)copy->phys)[i] = (uint8_t)(i * 7);
	memory = host_memory(&vms[0], WORLD_GPA, WORLD_MEMORY);
	start_second_hart();
	make_current(smp1);
	make_current(smp0);
	world_write(smp0, 0x10000007, 1, 0x5a); /* UART scratch */
	world_write(smp0, 0x0c000000 + 4 * 10, 4, 7);
	memset(memory, 0xee, WORLD_MEMORY);
	vm_stop(&vms[0], "reboot", true);
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_RUNNING);
	assert_memory_equal(memory, (void *)copy->phys, WORLD_MEMORY);
	make_current(smp0);
	assert_int_equal(smp0->arch.pc, WORLD_GPA);
	assert_int_equal(smp0->arch.argument, WORLD_GPA + 0x8000);
	assert_int_equal(smp0->arch.resets, 2);
	assert_int_equal(atomic_load(&smp1->power), VCPU_STOPPED);
	assert_int_equal(atomic_load(&vms[0].running), 1);
	assert_int_equal(world_read(smp0, 0x10000007, 1), 0);
	assert_int_equal(world_read(smp0, 0x0c000000 + 4 * 10, 4), 0);
	start_second_hart(); /* and it can do everything again */
	make_current(smp1);
	assert_int_equal(smp1->arch.resets, 2);
}

static void a_restart_works_many_times(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	for (unsigned i = 1; i <= 20; i++) {
		start_second_hart();
		make_current(smp1);
		make_current(i % 2 ? smp0 : smp1);
		vm_stop(&vms[0], "reboot", true);
		settle();
		make_current(smp0);
		assert_int_equal(smp0->arch.resets, i + 1);
	}
}

static void reboot_without_a_copy_is_a_stop(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	make_current(other);
	vm_stop(&vms[2], "reboot", true);
	settle();
	assert_int_equal(atomic_load(&vms[2].state), VM_ENDED);
}

/* While a VM is restored, its neighbours run on with unchanged timing. */
static void a_restart_does_not_touch_a_neighbours_reservation(void **state)
{
	/* REQ: OPS-2, SCHED-1 */
	(void)state;
	live_until(10 * MS + 500 * US);
	make_current(smp0);
	vm_stop(&vms[0], "reboot", true);
	live_until(11 * MS + 950 * US);
	for (ns_t release = 12 * MS; release < 40 * MS; release += MS) {
		host_now = release;
		assert_ptr_equal(host_run(&cpus[1]), rt);
		host_run(&cpus[0]);
		host_now = release + 200 * US;
		assert_ptr_not_equal(host_run(&cpus[1]), rt);
	}
	assert_int_equal(rt->entity.late, 0);
}

/*
 * Given a VM that is being stopped, one vCPU of which has stopped already, when another that has
 * not heard of it yet starts that one again, then it does not run: the VM has ended.
 */
static void nobody_starts_a_hart_of_a_vm_that_is_stopping(void **state)
{
	/* REQ: OPS-2 */
	uint32_t expected = VCPU_STOPPED, enters;

	(void)state;
	start_second_hart();
	make_current(smp1);
	make_current(smp0);
	host_cpu = &cpus[0];
	vm_stop(&vms[0], "shutdown", false);
	host_take_kick(&cpus[0]); /* CPU 0 hears of it, CPU 1 not yet */
	assert_int_equal(atomic_load(&smp0->power), VCPU_STOPPED);
	enters = smp0->arch.enters;
	/* what HSM does for smp1 (sbi_hsm.c) */
	if (atomic_compare_exchange_strong(&smp0->power, &expected, VCPU_START_PENDING)) {
		host_cpu = &cpus[1];
		smp0->start_entry = WORLD_GPA;
		vcpu_request(smp0, REQ_START);
	}
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_ENDED);
	assert_int_equal(smp0->arch.enters, enters);
	assert_int_equal(smp0->entity.state, SCHED_OFF);
}

static void an_idle_best_effort_vm_alone_on_its_cpu_gets_wfi_itself(void **state)
{
	/* REQ: CPU-5 */
	static const struct world alone = {
		.cpus = 2, .vms = 2, .flags = SYSTEM_QUIET, .vm = {[1] = {.vcpu = {{.cpu = 1}}}}};

	(void)state;
	world_start(&alone);
	host_run(&cpus[1]);
	assert_true(vms[1].vcpus[0].arch.may_idle);
	fresh(NULL);
	make_current(smp0);
	assert_false(smp0->arch.may_idle);
}

static void the_table_is_checked_before_anything_is_built(void **state)
{
	/* REQ: OPS-1 */
	struct world bad = two_cpus;

	(void)state;
	bad.vm[0].vcpu[0].cpu = 7;
	assert_string_equal(world_start_fails(&bad), "a vCPU is wrong");
}

static void memory_is_owned_only_with_all_the_rights_asked_for(void **state)
{
	/* REQ: MEM-2 */
	const struct vm *vm = &vms[0];

	(void)state;
	assert_true(vm_owns(vm, WORLD_GPA, WORLD_MEMORY, REGION_R | REGION_W | REGION_X));
	assert_true(vm_owns(vm, WORLD_GPA + WORLD_MEMORY - 4, 4, REGION_X));
	assert_false(vm_owns(vm, WORLD_GPA + WORLD_MEMORY - 4, 5, REGION_X));
	assert_false(vm_owns(vm, WORLD_GPA - 1, 4, REGION_R));
	assert_false(vm_owns(vm, WORLD_GPA + WORLD_MEMORY, 1, REGION_R));
	assert_false(vm_owns(vm, UINT64_MAX, 2, REGION_R));
	assert_false(vm_owns(vm, WORLD_GPA + 8, UINT64_MAX, REGION_R));
	assert_false(vm_owns(vm, WORLD_GPA, 4, REGION_DEVICE));
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_first_vcpu_starts_at_the_entry_with_its_tree),
		FRESH(other_vcpus_do_not_run_before_they_are_started),
		FRESH(a_hart_that_is_started_on_another_cpu_runs_there),
		FRESH(a_reservation_preempts_best_effort_at_its_release),
		FRESH(who_goes_on_is_not_loaded_again),
		FRESH(a_change_saves_one_and_loads_the_other),
		FRESH(wfi_gives_the_cpu_away_until_the_guests_own_timer),
		FRESH(an_interrupt_from_a_sibling_ends_wfi),
		FRESH(an_interrupt_that_is_not_enabled_does_not_end_wfi),
		FRESH(no_interrupt_ends_waiting_for_the_period),
		FRESH(more_requests_than_one_kick_handles_are_all_handled),
		FRESH(requests_to_best_effort_do_not_disturb_a_running_reservation),
		FRESH(a_fault_is_injected_or_ends_the_vm_as_configured),
		FRESH(a_flood_of_faults_gives_few_lines),
		FRESH(a_vm_that_ends_stops_all_its_vcpus_and_nobody_elses),
		FRESH(stopping_twice_is_stopping_once),
		FRESH(stopping_reaches_vcpus_in_every_kind_of_sleep),
		FRESH(a_restart_restores_memory_devices_and_the_first_vcpu),
		FRESH(a_restart_works_many_times),
		FRESH(reboot_without_a_copy_is_a_stop),
		FRESH(a_restart_does_not_touch_a_neighbours_reservation),
		FRESH(nobody_starts_a_hart_of_a_vm_that_is_stopping),
		FRESH(an_idle_best_effort_vm_alone_on_its_cpu_gets_wfi_itself),
		FRESH(the_table_is_checked_before_anything_is_built),
		FRESH(memory_is_owned_only_with_all_the_rights_asked_for),
	};

	return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
