/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts itself as fast as it can, through SBI, through its own pending bit and, where it has
 * an interrupt file, by messages to it.
 */
#include "attack.h"
#include "sbi.h"

#define ROUNDS 50000

static volatile uint64_t interrupts;

static void on_interrupt(struct trap_frame *frame)
{
	(void)frame;
	interrupts++;
	csr_clear(sip, SIE_SOFTWARE);
}

static uint64_t self(void)
{
	uint64_t hart;

	__asm__("mv %0, tp" : "=r"(hart));
	return hart;
}

static void report(const char *what)
{
	print("attack " ATTACK_NAME ": %s: %d sent, %lu taken\n", what, ROUNDS, interrupts);
	interrupts = 0;
}

static void storm_sbi(void)
{
	for (int i = 0; i < ROUNDS; i++)
		sbi_call3(SBI_IPI, SBI_IPI_SEND, 1, self(), 0);
	report("SBI");
}

static void storm_sip(void)
{
	for (int i = 0; i < ROUNDS; i++)
		csr_set(sip, SIE_SOFTWARE);
	report("sip");
}

static void storm_messages(void)
{
	uint64_t accepted = 0;

	for (uint64_t i = 0; i < ROUNDS; i++)
		accepted += try_store(IMSIC_BASE + self() * 0x1000, 4, i % 256);
	print("attack " ATTACK_NAME ": messages: %d sent, %lu accepted\n", ROUNDS, accepted);
}

void attack(void)
{
	trap_hook = on_interrupt;
	csr_write(sie, SIE_SOFTWARE);
	interrupts_on();
	storm_sbi();
	storm_sip();
	storm_messages();
	interrupts_off();
	csr_write(sie, 0);
}
