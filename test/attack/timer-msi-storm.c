/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Its first hart rearms a timer every ten microseconds, half of the time asleep in wfi, and takes
 * whatever comes; its second hart, on another CPU, sends that one messages (without an interrupt
 * file: interrupts through SBI) as fast as it can. Eight of these beside a running real-time vCPU
 * must not cause it a single exit.
 */
#include <stddef.h>
#include "attack.h"
#include "sbi.h"
#include "time.h"

#define STORM_TICKS   (400 * TICKS_PER_MS)
#define REARM_TICKS   (10 * TICKS_PER_US)
#define PHASE_TICKS   (3 * TICKS_PER_MS)
#define STACK_BYTES   2048
#define BURST         64
#define PAUSE_TICKS   (20 * TICKS_PER_US)
#define FILE_OF(hart) (IMSIC_BASE + (hart)*0x1000)

/* AIA 1.0, 3.8: the interrupt file's registers behind siselect and sireg. */
#define CSR_SISELECT 0x150
#define CSR_SIREG    0x151
#define CSR_STOPEI   0x15c
#define EIDELIVERY   0x70
#define EITHRESHOLD  0x72
#define EIE0         0xc0
#define EIE_WORDS    4

static struct {
	uint8_t run[STACK_BYTES];
	uint8_t trap[STACK_BYTES];
} stacks __attribute__((aligned(16)));
static struct hart_start start = {stacks.run + STACK_BYTES, stacks.trap + STACK_BYTES, NULL};
static volatile uint64_t timers, messages, sent;
static bool has_file;
static uint64_t end_ticks;

static void on_interrupt(struct trap_frame *frame)
{
	switch (frame->cause) {
	case CAUSE_INTERRUPT | IRQ_TIMER:
		timers++;
		timer_set(read_time() + REARM_TICKS);
		break;
	case CAUSE_INTERRUPT | IRQ_EXTERNAL:
		messages++;
		csr_write(CSR_STOPEI, 0);
		break;
	default:
		messages++;
		csr_clear(sip, SIE_SOFTWARE);
	}
}

static void file_write(uint64_t selected, uint64_t value)
{
	csr_write(CSR_SISELECT, selected);
	csr_write(CSR_SIREG, value);
}

static uint64_t open_file(uint64_t a, uint64_t b)
{
	(void)a;
	(void)b;
	file_write(EIDELIVERY, 1);
	file_write(EITHRESHOLD, 0);
	for (uint64_t i = 0; i < EIE_WORDS; i++)
		file_write(EIE0 + 2 * i, UINT64_MAX);
	return 0;
}

/* Without a pause at times it would never let an emulator's other harts run. */
static void send_messages(uint64_t hart)
{
	(void)hart;
	while (read_time() < end_ticks) {
		for (uint64_t i = 0; i < BURST; i++, sent++) {
			if (has_file)
				*(volatile uint32_t *)FILE_OF(0) = (uint32_t)(1 + sent % 255);
			else
				sbi_call3(SBI_IPI, SBI_IPI_SEND, 1, 0, 0);
		}
		sleep_until(read_time() + PAUSE_TICKS);
	}
}

void attack(void)
{
	has_file = guarded(open_file, 0, 0, NULL, NULL);
	end_ticks = read_time() + STORM_TICKS;
	start.function = send_messages;
	if (hart_start(1, &start) != SBI_SUCCESS)
		announce("no second hart");
	trap_hook = on_interrupt;
	timer_set(read_time() + REARM_TICKS);
	csr_write(sie, SIE_TIMER | SIE_EXTERNAL | SIE_SOFTWARE);
	interrupts_on();
	for (uint64_t now = read_time(); now < end_ticks; now = read_time())
		if (now / PHASE_TICKS & 1)
			wfi();
	interrupts_off();
	csr_write(sie, 0);
	print("attack " ATTACK_NAME ": %s, %lu timers, %lu messages sent, %lu taken\n",
	      has_file ? "interrupt file" : "SBI", timers, sent, messages);
}
