/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts every hart the machine has, has each say so, interrupts each, fences each remotely and
 * stops each again: what an SMP guest needs of its firmware (HSM, IPI, RFENCE), step by step.
 */
#include <stdbool.h>
#include "csr.h"
#include "print.h"
#include "sbi.h"
#include "time.h"
#include "trap.h"

#define HARTS_MAX     8
#define STACK_BYTES   4096
#define TIMEOUT_TICKS (2000 * TICKS_PER_MS)
#define POLL_TICKS    (1 * TICKS_PER_MS) /* also keeps a timer armed: see print's lock and -icount */
#define ONE_HART      1ul
#define ALL_HARTS     UINT64_MAX /* as base: every hart there is */

/* What harts say to the boot hart; each writes its own. */
static volatile struct {
	bool up;
	uint64_t interrupts;
	uint64_t patched;
	bool stop;
} harts[HARTS_MAX];

static struct {
	uint8_t run[STACK_BYTES];
	uint8_t trap[STACK_BYTES];
} stacks[HARTS_MAX] __attribute__((aligned(16)));
static struct hart_start starts[HARTS_MAX];
static uint64_t boot_hart;

void guest_main(uint64_t hart);

static void fail(const char *what, uint64_t hart, int64_t error)
{
	print("smp: FAILED: %s, hart %lu, error %ld\n", what, hart, error);
	shutdown();
}

static uint64_t this_hart(void)
{
	uint64_t hart;

	__asm__("mv %0, tp" : "=r"(hart));
	return hart;
}

/* A function in memory that the boot hart rewrites; what runs after a remote fence.i is the new. */
static uint32_t patch[2] __attribute__((aligned(8))) = {0x00100513, 0x00008067}; /* li a0,1; ret */

static uint64_t call_patch(void)
{
	return ((uint64_t(*)(void))(uint64_t)patch)();
}

static void on_interrupt(struct trap_frame *frame)
{
	uint64_t hart = this_hart();

	if (frame->cause == (CAUSE_INTERRUPT | IRQ_TIMER)) {
		timer_set(read_time() + POLL_TICKS);
		return;
	}
	if (frame->cause != (CAUSE_INTERRUPT | IRQ_SOFTWARE))
		fail("unexpected trap", hart, (int64_t)frame->cause);
	csr_clear(sip, SIE_SOFTWARE);
	harts[hart].patched = call_patch();
	harts[hart].interrupts++;
}

static void interrupts_init(void)
{
	trap_hook = on_interrupt;
	timer_set(read_time() + POLL_TICKS);
	csr_write(sie, SIE_SOFTWARE | SIE_TIMER);
	interrupts_on();
}

static void run_hart(uint64_t hart)
{
	interrupts_init();
	print("smp: hart %lu up\n", hart);
	harts[hart].up = true;
	while (!harts[hart].stop)
		wfi();
	interrupts_off();
}

/* Sleeps until it holds: harts of an emulator take turns, and a spinning one only keeps its own. */
static bool wait_until(bool (*holds)(uint64_t), uint64_t hart)
{
	uint64_t end = read_time() + TIMEOUT_TICKS;

	while (!holds(hart)) {
		if (read_time() > end)
			return false;
		wfi();
	}
	return true;
}

static bool is_up(uint64_t hart)
{
	return harts[hart].up;
}

static bool was_interrupted(uint64_t hart)
{
	return harts[hart].interrupts > 0;
}

static struct sbi_result status(uint64_t hart)
{
	return sbi_call3(SBI_HSM, SBI_HSM_STATUS, hart, 0, 0);
}

static bool is_stopped(uint64_t hart)
{
	return status(hart).value == SBI_HSM_STOPPED;
}

static void start(uint64_t hart)
{
	int64_t error;

	if (status(hart).value != SBI_HSM_STOPPED)
		fail("not stopped before its start", hart, (int64_t)status(hart).value);
	starts[hart] = (struct hart_start){stacks[hart].run + STACK_BYTES,
					   stacks[hart].trap + STACK_BYTES, run_hart};
	error = hart_start(hart, &starts[hart]);
	if (error != SBI_SUCCESS)
		fail("start", hart, error);
	if (!wait_until(is_up, hart))
		fail("does not come up", hart, 0);
	if (status(hart).value != SBI_HSM_STARTED)
		fail("not started", hart, (int64_t)status(hart).value);
	error = hart_start(hart, &starts[hart]);
	if (error != SBI_ERR_ALREADY_AVAILABLE)
		fail("second start", hart, error);
}

static void fence(uint64_t mask, uint64_t base)
{
	int64_t error = sbi_call3(SBI_RFENCE, SBI_RFENCE_FENCE_I, mask, base, 0).error;

	if (error == SBI_SUCCESS)
		error = sbi_call(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA, mask, base, 0, 1 << 20, 0, 0)
				.error;
	if (error == SBI_SUCCESS)
		error = sbi_call(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, mask, base, 0, UINT64_MAX,
				 1, 0)
				.error;
	if (error != SBI_SUCCESS)
		fail("remote fence", base, error);
}

static void interrupt(uint64_t hart)
{
	struct sbi_result result;

	harts[hart].interrupts = 0;
	result = sbi_call3(SBI_IPI, SBI_IPI_SEND, ONE_HART, hart, 0);
	if (result.error != SBI_SUCCESS)
		fail("ipi", hart, result.error);
	if (!wait_until(was_interrupted, hart))
		fail("ipi does not arrive", hart, 0);
}

/* Old code runs there, gets rewritten here, is fenced, and new code must run there. */
static void check_patch(uint64_t hart)
{
	interrupt(hart);
	if (harts[hart].patched != 1)
		fail("runs wrong code", hart, (int64_t)harts[hart].patched);
	patch[0] = 0x00200513; /* li a0,2 */
	fence_i();
	fence(ONE_HART, hart);
	interrupt(hart);
	if (harts[hart].patched != 2)
		fail("runs old code", hart, (int64_t)harts[hart].patched);
	patch[0] = 0x00100513;
	fence_i();
	fence(0, ALL_HARTS);
}

static void stop(uint64_t hart)
{
	harts[hart].stop = true;
	sbi_call3(SBI_IPI, SBI_IPI_SEND, ONE_HART, hart, 0);
	if (!wait_until(is_stopped, hart))
		fail("does not stop", hart, 0);
}

static bool exists(uint64_t hart)
{
	return hart != boot_hart && status(hart).error == SBI_SUCCESS;
}

static void for_each_other(void (*step)(uint64_t))
{
	for (uint64_t hart = 0; hart < HARTS_MAX; hart++)
		if (exists(hart))
			step(hart);
}

static uint64_t count_up(void)
{
	uint64_t up = 1;

	for (uint64_t hart = 0; hart < HARTS_MAX; hart++)
		up += harts[hart].up;
	return up;
}

void guest_main(uint64_t hart)
{
	boot_hart = hart;
	interrupts_init();
	print("smp: hart %lu up, the first\n", hart);
	for_each_other(start);
	interrupt(boot_hart);
	for_each_other(check_patch);
	for_each_other(stop);
	print("smp: %lu harts up, ipi ok, rfence ok\n", count_up());
	shutdown();
}
