/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How late the bare board's timer is while a program does nothing but take exceptions. QEMU counts
 * instructions a block at a time; an exception ends a block early, and the interrupt that was due
 * waits for the next ones. Natively this adds some 400 instructions to the 0 to 100 of its
 * comparator. The attack tests add what this program says to the bound of those attackers that live
 * in exceptions.
 */
#include "clock.h"
#include "csr.h"
#include "print.h"
#include "sbi.h"
#include "stats.h"
#include "time.h"

#define ROUNDS       2000
#define DELAY_TICKS  20
#define DELAY_SPREAD 97 /* rounds meet the timer at different places of the loop */

void guest_main(void);
void late_handler(void);
/* Takes illegal-instruction exceptions until the timer has interrupted; its cycle count. */
uint64_t late_run(uint64_t deadline_ticks);

__asm__("	.text\n"
	"	.balign 4\n"
	"late_handler:\n"
	"	csrr	t0, scause\n"
	"	bltz	t0, 1f\n"
	"	csrr	t0, sepc\n"
	"	addi	t0, t0, 4\n"
	"	csrw	sepc, t0\n"
	"	sret\n"
	"1:	rdcycle	a0\n"
	"	li	t0, -1\n"
	"	csrw	0x14d, t0\n" /* stimecmp: never again */
	"	sret\n"
	"late_run:\n"
	"	csrw	0x14d, a0\n"
	"	li	a0, 0\n"
	"2:	.word	0\n"
	"	beqz	a0, 2b\n"
	"	ret\n");

void guest_main(void)
{
	static struct clock clock;
	static struct stats late;

	clock_calibrate(&clock);
	stats_init(&late);
	csr_write(stvec, (uint64_t)late_handler);
	csr_set(sie, SIE_TIMER);
	csr_set(sstatus, SSTATUS_SIE);
	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t deadline = read_time() + DELAY_TICKS + round * 37 % DELAY_SPREAD;

		stats_add(&late, late_run(deadline) - clock_cycle_at(&clock, deadline));
	}
	stats_result(&late, "late");
	print("\n");
	shutdown();
}
