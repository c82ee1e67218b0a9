/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware interface that guests see (SBI 2.0), call by call, on two CPUs. */
#include "sbi_system.h"

static void a_call_goes_on_behind_the_ecall_and_changes_a0_and_a1_alone(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	for (unsigned i = 1; i < 32; i++)
		v->arch.x[i] = i;
	v->arch.x[17] = BASE;
	v->arch.x[16] = 0;
	shim_at(0x1000);
	assert_ptr_equal(riscv_sbi_exit(v), v);
	assert_int_equal(shim_csr_read(CSR_SEPC), 0x1004);
	assert_int_equal(v->arch.x[10], 0);
	assert_int_equal(v->arch.x[11], 0x02000000); /* version 2.0 */
	for (unsigned i = 1; i < 32; i++)
		if (i != 10 && i != 11 && i != 16 && i != 17)
			assert_int_equal(v->arch.x[i], i);
	assert_int_equal(v->exits[EXIT_SBI], 1);
}

static void base_tells_who_the_vm_thinks_it_runs_on(void **state)
{
	/* REQ: CPU-3 */
	(void)state;
	assert_int_equal(VALUE(BASE, 4), 0x1000);
	assert_int_equal(VALUE(BASE, 5), 0x2000);
	assert_int_equal(VALUE(BASE, 6), 0x3000);
	assert_int_equal(CALL(BASE, 7), SBI_ERR_NOT_SUPPORTED);
}

static void probe_knows_what_is_there_and_nothing_else(void **state)
{
	/* REQ: CPU-1 */
	static const uint64_t there[] = {BASE, TIME, IPI,  RFNC,           HSM,
					 SRST, DBCN, SUSP, HCALL_EXTENSION};
	static const uint64_t not_there[] = {
		PMU, 0, 1, 2, 8, 0x43505043, 0x4e41434c, UINT64_MAX, (1ull << 32) + BASE};

	(void)state;
	for (unsigned i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		assert_int_equal(VALUE(BASE, 3, {there[i]}), 1);
	for (unsigned i = 0; i < sizeof(not_there) / sizeof(not_there[0]); i++) {
		assert_int_equal(VALUE(BASE, 3, {not_there[i]}), 0);
		if (not_there[i] != PMU)
			assert_int_equal(CALL(not_there[i], 0), SBI_ERR_NOT_SUPPORTED);
	}
	assert_int_equal(CALL(PMU, 0), SBI_ERR_NOT_SUPPORTED);
}

static void unknown_functions_are_not_supported(void **state)
{
	/* REQ: CPU-1, OPS-2 */
	static const uint64_t extensions[] = {BASE, TIME, IPI,  RFNC,           HSM,
					      SRST, DBCN, SUSP, HCALL_EXTENSION};

	(void)state;
	for (unsigned i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		assert_int_equal(CALL(extensions[i], 99), SBI_ERR_NOT_SUPPORTED);
		assert_int_equal(CALL(extensions[i], UINT64_MAX), SBI_ERR_NOT_SUPPORTED);
		assert_int_equal(CALL(extensions[i], 1ull << 32), SBI_ERR_NOT_SUPPORTED);
	}
}

static void set_timer_is_the_guests_own_comparator(void **state)
{
	/* REQ: TIME-1, TIME-4 */
	ns_t own = host_cpus[0].timer;

	(void)state;
	assert_int_equal(CALL(TIME, 0, {12345}), SBI_SUCCESS);
	assert_int_equal(shim_csr_read(CSR_VSTIMECMP), 12345);
	CALL(TIME, 0, {UINT64_MAX});
	CALL(TIME, 0, {0});
	assert_int_equal(host_cpus[0].timer, own);
}

static void a_hart_starts_with_its_number_and_argument(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	assert_int_equal(VALUE(HSM, 2, {1}), VCPU_STOPPED);
	assert_int_equal(CALL(HSM, 0, {1, WORLD_GPA + 0x40, 0x1234}), SBI_SUCCESS);
	assert_int_equal(VALUE(HSM, 2, {1}), VCPU_START_PENDING);
	shim_make_current(second);
	assert_int_equal(second->arch.pc, WORLD_GPA + 0x40);
	assert_int_equal(second->arch.x[10], 1);
	assert_int_equal(second->arch.x[11], 0x1234);
	assert_int_equal(VALUE(HSM, 2, {1}), VCPU_STARTED);
	assert_int_equal(atomic_load(&vms[0].running), 2);
}

static void starting_is_refused_with_the_standards_errors(void **state)
{
	/* REQ: CPU-4, OPS-2 */
	(void)state;
	assert_int_equal(CALL(HSM, 0, {3, WORLD_GPA, 0}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(HSM, 0, {UINT64_MAX, WORLD_GPA, 0}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(HSM, 0, {1ull << 32, WORLD_GPA, 0}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(HSM, 0, {1, 0, 0}), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(CALL(HSM, 0, {1, END, 0}), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(CALL(HSM, 0, {1, WORLD_GPA + 1, 0}), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(CALL(HSM, 0, {1, UINT64_MAX - 1, 0}), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(CALL(HSM, 0, {1, 0x10000000, 0}), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(CALL(HSM, 0, {0, WORLD_GPA, 0}), SBI_ERR_ALREADY_AVAILABLE);
	assert_int_equal(CALL(HSM, 0, {1, WORLD_GPA, 0}), SBI_SUCCESS);
	assert_int_equal(CALL(HSM, 0, {1, WORLD_GPA, 0}), SBI_ERR_ALREADY_AVAILABLE);
	assert_int_equal(atomic_load(&vms[0].running), 2);
	assert_int_equal(CALL(HSM, 2, {3}), SBI_ERR_INVALID_PARAM);
}

static void a_hart_that_stops_can_be_started_again(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		start(second);
		CALL_BY(second, HSM, 1);
		settle();
		assert_int_equal(VALUE(HSM, 2, {1}), VCPU_STOPPED);
		shim_make_current(v);
	}
	assert_int_equal(atomic_load(&vms[0].state), VM_RUNNING);
}

static void when_the_last_hart_stops_the_vm_has_ended(void **state)
{
	/* REQ: CPU-4, OPS-2 */
	(void)state;
	start(second);
	shim_make_current(v);
	CALL(HSM, 1);
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_RUNNING);
	shim_make_current(second);
	CALL_BY(second, HSM, 1);
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_ENDED);
}

static void a_hart_is_not_started_while_its_vm_stops(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	start(second);
	shim_make_current(v);
	CALL(SRST, 0, {0, 0});
	host_take_kick(&cpus[0]);
	CALL_BY(second, HSM, 0, {0, WORLD_GPA, 0}); /* has not heard of it */
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_ENDED);
	assert_int_equal(v->entity.state, SCHED_OFF);
	assert_int_equal(second->entity.state, SCHED_OFF);
}

static void retentive_suspend_is_a_sleep(void **state)
{
	/* REQ: CPU-5 */
	(void)state;
	shim_csr_write(CSR_VSIE, VSIE_STIE);
	shim_csr_write(CSR_VSTIMECMP, host_now / 100 + 50000);
	assert_int_equal(CALL(HSM, 3, {0}), SBI_SUCCESS);
	assert_ptr_not_equal(host_run(&cpus[0]), v);
	host_now += 6 * MS;
	shim_make_current(v);
	assert_int_equal(v->arch.x[10], 0);
}

static void non_retentive_suspend_resumes_at_the_address(void **state)
{
	/* REQ: CPU-5 (SBI 2.0, 9.5) */
	(void)state;
	shim_csr_write(CSR_VSIE, VSIE_STIE);
	shim_csr_write(CSR_VSATP, 123);
	shim_csr_write(CSR_VSSTATUS, SSTATUS_SIE);
	shim_csr_write(CSR_VSTIMECMP, host_now / 100 + 50000);
	CALL(HSM, 3, {0x80000000, WORLD_GPA + 0x80, 77});
	host_run(&cpus[0]);
	assert_int_equal(atomic_load(&v->power), VCPU_SUSPENDED);
	host_now += 6 * MS;
	shim_make_current(v);
	assert_int_equal(v->arch.pc, WORLD_GPA + 0x80);
	assert_int_equal(v->arch.x[10], 0);
	assert_int_equal(v->arch.x[11], 77);
	assert_int_equal(shim_csr_read(CSR_VSATP), 0);
	assert_int_equal(shim_csr_read(CSR_VSSTATUS) & SSTATUS_SIE, 0);
	assert_int_equal(atomic_load(&v->power), VCPU_STARTED);
}

static void suspend_is_refused_with_the_standards_errors(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	assert_int_equal(CALL(HSM, 3, {1}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(HSM, 3, {0x80000001}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(HSM, 3, {0x80000000, 0x5000, 0}), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(CALL(HSM, 3, {0x80000000, WORLD_GPA + 1, 0}), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(v->wait, WAIT_NOTHING);
}

static void system_suspend_wants_all_other_harts_stopped(void **state)
{
	/* REQ: CPU-5 */
	(void)state;
	assert_int_equal(CALL(SUSP, 0, {1, WORLD_GPA, 0}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(SUSP, 0, {0, 0x5000, 0}), SBI_ERR_INVALID_ADDRESS);
	start(second);
	shim_make_current(v);
	assert_int_equal(CALL(SUSP, 0, {0, WORLD_GPA, 0}), SBI_ERR_DENIED);
}

/* Which harts (bits) a call with (mask, base) means; UINT64_MAX: invalid parameter (SBI 2.0, 3.1).
 */
static uint64_t means(uint64_t mask, uint64_t base)
{
	uint64_t harts = 0;

	if (base == UINT64_MAX)
		return 7;
	for (unsigned i = 0; i < 64; i++)
		if (mask >> i & 1) {
			if (base + i < base || base + i >= 3)
				return UINT64_MAX;
			harts |= 1ull << (base + i);
		}
	return harts;
}

static void hart_masks_mean_what_the_standard_says(void **state)
{
	/* REQ: CPU-4, OPS-2 */
	static const uint64_t bases[] = {0,         1, 2, 3, 4, 63, 64, 1ull << 32, UINT64_MAX - 1,
					 UINT64_MAX};

	(void)state;
	start(second);
	shim_make_current(v);
	for (uint64_t i = 0; i < 10 * 32; i++) {
		uint64_t base = bases[i / 32],
			 mask = i % 32 < 16 ? i % 16 : 1ull << (i % 16 * 4 + 3), expected;
		long error;

		for (unsigned h = 0; h < 3; h++)
			vms[0].vcpus[h].arch.hvip = 0;
		host_cpu = &cpus[0];
		shim_csr_write(CSR_HVIP, 0);
		host_cpu = &cpus[1];
		shim_csr_write(CSR_HVIP, 0);
		expected = means(mask, base);
		error = CALL(IPI, 0, {mask, base});
		if (!mask && expected != UINT64_MAX)
			continue; /* nobody: whether the base matters is not said */
		for (unsigned n = 0; n < 6; n++) {
			host_take_kick(&cpus[0]);
			host_take_kick(&cpus[1]);
		}
		host_cpu = &cpus[0];
		for (unsigned h = 0; h < 3; h++) {
			struct vcpu *t = &vms[0].vcpus[h];
			uint64_t hvip = t->cpu->loaded == t ? shim_csrs[t->cpu->index][CSR_HVIP]
							    : t->arch.hvip;

			assert_int_equal(!!(hvip & HVIP_VSSIP),
					 expected != UINT64_MAX && expected >> h & 1);
		}
		assert_int_equal(error,
				 expected == UINT64_MAX ? SBI_ERR_INVALID_PARAM : SBI_SUCCESS);
	}
}

static void reset_ends_or_restarts_this_vm_only(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	assert_int_equal(CALL(SRST, 0, {3, 0}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(CALL(SRST, 0, {0, 2}), SBI_ERR_INVALID_PARAM);
	assert_int_equal(atomic_load(&vms[0].state), VM_RUNNING);
	CALL(SRST, 0, {1, 0});
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_RUNNING); /* it has copies */
	shim_make_current(v);
	CALL(SRST, 0, {0, 0});
	settle();
	assert_int_equal(atomic_load(&vms[0].state), VM_ENDED);
	assert_int_equal(atomic_load(&vms[1].state), VM_RUNNING);
	assert_int_equal(atomic_load(&vms[2].state), VM_RUNNING);
}

static void the_debug_console_writes_from_the_vms_own_memory(void **state)
{
	/* REQ: OPS-4, MEM-2 */
	char *memory = host_memory(v->vm, WORLD_GPA + 0x800, 64);
	uint64_t done = 0;

	(void)state;
	strcpy(memory, "debug console\r\n");
	while (done < 15) {
		uint64_t n = VALUE(DBCN, 0, {15 - done, WORLD_GPA + 0x800 + done, 0});

		assert_true(n >= 1);
		done += n;
	}
	assert_int_equal(done, 15);
	assert_int_equal(CALL(DBCN, 2, {'!'}), SBI_SUCCESS);
	assert_true(world_work(100));
	assert_string_equal(world_out, "debug console\r\n!");
}

static void the_debug_console_reads_into_the_vms_own_memory(void **state)
{
	/* REQ: OPS-4, MEM-2 */
	char *memory = host_memory(v->vm, WORLD_GPA + 0x800, 64);
	uint64_t got = 0;

	(void)state;
	assert_int_equal(VALUE(DBCN, 1, {10, WORLD_GPA + 0x800, 0}), 0);
	world_type("ok");
	world_work(100);
	shim_make_current(v);
	for (unsigned i = 0; i < 5; i++)
		got += VALUE(DBCN, 1, {10 - got, WORLD_GPA + 0x800 + got, 0});
	assert_int_equal(got, 2);
	assert_memory_equal(memory, "ok", 2);
}

static void the_debug_console_touches_nothing_else(void **state)
{
	/* REQ: MEM-2 */
	static const struct {
		uint64_t bytes, low, high;
	} wrong[] = {
		{8, END, 0},
		{8, 0, 0},
		{8, WORLD_GPA - 1, 0},
		{8, UINT64_MAX - 3, 0},
		{8, WORLD_GPA, 1},
		{8, 0x10000000, 0},
		{UINT64_MAX, WORLD_GPA, 0},
		{WORLD_MEMORY + 1, WORLD_GPA, 0},
	};

	(void)state;
	world_type("abc");
	world_work(100);
	shim_make_current(v);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		for (unsigned function = 0; function < 2; function++)
			assert_int_equal(
				CALL(DBCN, function, {wrong[i].bytes, wrong[i].low, wrong[i].high}),
				SBI_ERR_INVALID_PARAM);
	assert_int_equal(VALUE(DBCN, 0, {0, WORLD_GPA, 0}), 0);
	assert_true(world_work(100));
	assert_string_equal(world_out, "");
}

static void partitas_own_calls(void **state)
{
	/* REQ: RT-1 */
	(void)state;
	assert_int_equal(VALUE(HCALL_EXTENSION, HCALL_VM_ID), 0);
	assert_int_equal(CALL(HCALL_EXTENSION, HCALL_WAIT_NEXT_PERIOD), SBI_ERR_DENIED);
	shim_make_current(rt);
	assert_int_equal(value_of(rt, (struct shim_call){HCALL_EXTENSION, HCALL_VM_ID, {0}}), 1);
}

/* The value is the nominal release in ticks, whenever the vCPU really goes on. */
static void waiting_for_the_period_returns_the_release(void **state)
{
	/* REQ: RT-1, SCHED-1 */
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		ns_t release;

		shim_make_current(rt);
		release = host_now / MS * MS + MS;
		assert_int_equal(CALL_BY(rt, HCALL_EXTENSION, HCALL_WAIT_NEXT_PERIOD), SBI_SUCCESS);
		assert_ptr_not_equal(host_run(&cpus[1]), rt);
		assert_int_equal(host_cpus[1].timer, release);
		host_now = release + i * 1000;
		assert_ptr_equal(host_run(&cpus[1]), rt);
		assert_int_equal(rt->arch.x[10], SBI_SUCCESS);
		assert_int_equal(rt->arch.x[11], release / 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_call_goes_on_behind_the_ecall_and_changes_a0_and_a1_alone),
		FRESH(base_tells_who_the_vm_thinks_it_runs_on),
		FRESH(probe_knows_what_is_there_and_nothing_else),
		FRESH(unknown_functions_are_not_supported),
		FRESH(set_timer_is_the_guests_own_comparator),
		FRESH(a_hart_starts_with_its_number_and_argument),
		FRESH(starting_is_refused_with_the_standards_errors),
		FRESH(a_hart_that_stops_can_be_started_again),
		FRESH(when_the_last_hart_stops_the_vm_has_ended),
		FRESH(a_hart_is_not_started_while_its_vm_stops),
		FRESH(retentive_suspend_is_a_sleep),
		FRESH(non_retentive_suspend_resumes_at_the_address),
		FRESH(suspend_is_refused_with_the_standards_errors),
		FRESH(system_suspend_wants_all_other_harts_stopped),
		FRESH(hart_masks_mean_what_the_standard_says),
		FRESH(reset_ends_or_restarts_this_vm_only),
		FRESH(the_debug_console_writes_from_the_vms_own_memory),
		FRESH(the_debug_console_reads_into_the_vms_own_memory),
		FRESH(the_debug_console_touches_nothing_else),
		FRESH(partitas_own_calls),
		FRESH(waiting_for_the_period_returns_the_release),
	};

	return cmocka_run_group_tests_name("sbi", tests, NULL, NULL);
}
