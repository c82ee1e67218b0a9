/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two harts that do nothing but wait for each other in every way there is: wrs.nto, wrs.sto, pause,
 * wfi with something pending, interrupts and remote fences for each other. Each of them may make
 * the hypervisor choose anew; the neighbour must not feel it.
 */
#include <stddef.h>
#include "attack.h"
#include "sbi.h"
#include "time.h"

#define ROUNDS       20000
#define FENCE_ROUNDS 2000
#define STACK_BYTES  2048
#define WAIT_TICKS   (2000 * TICKS_PER_MS)
#define POLL_TICKS   (1 * TICKS_PER_MS)

static struct {
	uint8_t run[STACK_BYTES];
	uint8_t trap[STACK_BYTES];
} stacks __attribute__((aligned(16)));
static struct hart_start start = {stacks.run + STACK_BYTES, stacks.trap + STACK_BYTES, NULL};
static volatile uint64_t turns[2];
static volatile uint64_t interrupts;

static void on_interrupt(struct trap_frame *frame)
{
	interrupts++;
	csr_clear(sip, SIE_SOFTWARE);
	if (frame->cause == (CAUSE_INTERRUPT | IRQ_TIMER))
		timer_set(read_time() + POLL_TICKS);
}

/* Zawrs 1.0 by number: the assembler does not know the names. */
static inline void wrs_nto(void)
{
	__asm__ volatile(".word 0x00d00073" ::: "memory");
}

static inline void wrs_sto(void)
{
	__asm__ volatile(".word 0x01d00073" ::: "memory");
}

static inline void pause(void)
{
	__asm__ volatile(".word 0x0100000f" ::: "memory");
}

static void storm(uint64_t self)
{
	uint64_t other = 1 - self;

	csr_write(sie, SIE_SOFTWARE | SIE_TIMER);
	timer_set(read_time() + POLL_TICKS);
	interrupts_on();
	for (int i = 0; i < ROUNDS; i++) {
		wrs_nto();
		wrs_sto();
		pause();
		turns[self]++;
	}
	for (int i = 0; i < FENCE_ROUNDS; i++) {
		sbi_call3(SBI_IPI, SBI_IPI_SEND, 1, other, 0);
		wrs_nto();
		sbi_call(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA, 1, other, 0, UINT64_MAX, 0, 0);
		turns[self]++;
	}
	interrupts_off();
	timer_set(TIMER_NEVER);
	csr_write(sie, 0);
}

static void run_second(uint64_t hart)
{
	storm(hart);
}

static uint64_t one_wrs(uint64_t a, uint64_t b)
{
	(void)a;
	(void)b;
	wrs_nto();
	return 0;
}

void attack(void)
{
	struct fault fault = {0};

	if (!guarded(one_wrs, 0, 0, NULL, &fault)) {
		print("attack " ATTACK_NAME ": no Zawrs, cause %lx\n", fault.cause);
		return;
	}
	trap_hook = on_interrupt;
	start.function = run_second;
	if (hart_start(1, &start) != SBI_SUCCESS) {
		announce("no second hart");
		return;
	}
	storm(0);
	for (uint64_t end = read_time() + WAIT_TICKS;
	     turns[1] < ROUNDS + FENCE_ROUNDS && read_time() < end;)
		sleep_until(read_time() + POLL_TICKS);
	print("attack " ATTACK_NAME ": %lu and %lu turns, %lu interrupts\n", turns[0], turns[1],
	      interrupts);
}
