/* SPDX-License-Identifier: Apache-2.0 */
/* Remote fences, and sleeping and waking at the wrong moment. */
#include "sbi_system.h"

static void a_remote_fence_waits_for_harts_on_other_cpus_only(void **state)
{
	/* REQ: CPU-4 */
	uint32_t before;

	(void)state;
	start(second);
	shim_make_current(v);
	assert_int_equal(CALL(RFNC, 0, {1, 0}), SBI_SUCCESS); /* itself: at once */
	assert_int_equal(v->wait, WAIT_NOTHING);
	before = shim_fences[1][SHIM_FENCE_I];
	assert_int_equal(CALL(RFNC, 1, {7, 0, 0x1000}), SBI_SUCCESS);
	assert_ptr_not_equal(host_run(&cpus[0]), v);
	host_take_kick(&cpus[1]);
	assert_true(shim_fences[1][SHIM_FENCE_I] > before);
	shim_make_current(v);
	assert_int_equal(CALL(RFNC, 2, {UINT64_MAX, UINT64_MAX}), SBI_SUCCESS);
	host_take_kick(&cpus[1]);
	shim_make_current(v);
}

static void a_hart_that_is_stopped_answers_a_remote_fence(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	assert_int_equal(CALL(RFNC, 0, {2, 0}), SBI_SUCCESS); /* second has never been started */
	host_run(&cpus[0]);
	host_take_kick(&cpus[1]);
	shim_make_current(v);
	assert_int_equal(v->wait, WAIT_NOTHING);
}

/* The answer may be there before the asker has fallen asleep. */
static void an_answer_that_comes_early_is_not_lost(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	start(second);
	shim_make_current(v);
	assert_int_equal(CALL(RFNC, 0, {2, 0}), SBI_SUCCESS);
	host_take_kick(&cpus[1]); /* before CPU 0 has come to its dispatch */
	shim_make_current(v);
	assert_int_equal(v->wait, WAIT_NOTHING);
}

/* Nothing but the answers ends waiting for a fence: no interrupt, no timer. */
static void an_interrupt_does_not_end_waiting_for_a_fence(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	start(second);
	shim_make_current(v);
	shim_csr_write(CSR_VSIE, VSIE_STIE | VSIE_SSIE);
	shim_csr_write(CSR_VSTIMECMP, host_now / 100 + 10);
	assert_int_equal(CALL(RFNC, 0, {2, 0}), SBI_SUCCESS);
	assert_int_equal(CALL_BY(second, IPI, 0, {1, 0}), SBI_SUCCESS);
	for (unsigned i = 0; i < 50; i++) {
		assert_ptr_not_equal(host_run(&cpus[0]), v);
		host_now += 100 * US;
	}
	host_take_kick(&cpus[1]);
	shim_make_current(v);
}

static void assert_runs_again(struct vcpu *who)
{
	for (unsigned i = 0; i < 50; i++) {
		if (host_run(who->cpu) == who)
			return;
		host_now += 100 * US;
	}
	fail_msg("it sleeps for ever");
}

static void answer_from_cpu1(void)
{
	host_take_kick(&cpus[1]);
}

static void interrupt_from_cpu1(void)
{
	CALL_BY(second, IPI, 0, {1, 0});
}

/* Between asking to sleep and falling asleep the hypervisor looks at interrupts: what comes then
 * counts. */
static void an_answer_between_asking_and_falling_asleep_is_not_lost(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	start(second);
	shim_make_current(v);
	host_on_poll = answer_from_cpu1;
	assert_int_equal(CALL(RFNC, 0, {2, 0}), SBI_SUCCESS);
	assert_runs_again(v);
}

static void an_interrupt_between_wfi_and_falling_asleep_is_not_lost(void **state)
{
	/* REQ: CPU-5, CPU-4 */
	(void)state;
	start(second);
	shim_make_current(v);
	shim_csr_write(CSR_VSIE, VSIE_SSIE);
	shim_csr_write(CSR_STVAL, 0x10500073);
	shim_csr_write(CSR_SSTATUS, shim_csr_read(CSR_SSTATUS) | SSTATUS_SPP);
	host_on_poll = interrupt_from_cpu1;
	riscv_exception(v, CAUSE_VIRTUAL_INSN);
	assert_runs_again(v);
}

static void remote_fences_check_their_arguments(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	for (unsigned function = 0; function < 3; function++) {
		assert_int_equal(CALL(RFNC, function, {8, 0}), SBI_ERR_INVALID_PARAM);
		assert_int_equal(CALL(RFNC, function, {1, 3}), SBI_ERR_INVALID_PARAM);
		assert_int_equal(CALL(RFNC, function, {1, 1ull << 40}), SBI_ERR_INVALID_PARAM);
		assert_int_equal(CALL(RFNC, function, {1ull << 63, 1}), SBI_ERR_INVALID_PARAM);
	}
	for (unsigned function = 3; function < 8; function++) /* guests have no guests */
		assert_int_equal(CALL(RFNC, function, {1, 0}), SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(v->wait, WAIT_NOTHING);
}

/* Two harts fence each other at the same time: none waits for ever. */
static void fences_that_cross_do_not_lock_each_other(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	start(second);
	shim_make_current(v);
	for (unsigned i = 0; i < 50; i++) {
		shim_make_current(second);
		shim_make_current(v);
		assert_int_equal(CALL(RFNC, 0, {7, 0}), SBI_SUCCESS);
		assert_int_equal(CALL_BY(second, RFNC, 1, {7, 0}), SBI_SUCCESS);
		settle();
	}
	shim_make_current(v);
	shim_make_current(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_remote_fence_waits_for_harts_on_other_cpus_only),
		FRESH(a_hart_that_is_stopped_answers_a_remote_fence),
		FRESH(an_answer_that_comes_early_is_not_lost),
		FRESH(an_interrupt_does_not_end_waiting_for_a_fence),
		FRESH(an_answer_between_asking_and_falling_asleep_is_not_lost),
		FRESH(an_interrupt_between_wfi_and_falling_asleep_is_not_lost),
		FRESH(remote_fences_check_their_arguments),
		FRESH(fences_that_cross_do_not_lock_each_other),
	};

	return cmocka_run_group_tests_name("fence", tests, NULL, NULL);
}
