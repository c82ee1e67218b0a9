/* SPDX-License-Identifier: Apache-2.0 */
#include "csr.h"

	.text
/*
 * The smallest timer handler: reads the clocks first, disarms, returns. Uses t0-t2 and a5, which
 * the functions below leave alone while interrupts are on.
 */
	.balign	4
	.globl	timer_stub
timer_stub:
	rdinstret t0
	rdcycle	t1
	li	t2, -1
	csrw	CSR_STIMECMP, t2
	sret

/*
 * void take_pending(struct sample *): the timer is pending, interrupts are off. From the
 * instruction that lets it through to the handler's first, and on to the one after it again.
 */
	.globl	take_pending
take_pending:
	rdinstret a2
	csrsi	sstatus, SSTATUS_SIE
	rdinstret a3
	csrci	sstatus, SSTATUS_SIE
	sub	t0, t0, a2
	sub	a3, a3, a2
	sd	t0, 0(a0)
	sd	a3, 8(a0)
	ret

/*
 * void take_armed(struct sample *, uint64_t past): interrupts are on when the timer is set to a
 * moment that has passed; from that instruction to the handler's first.
 */
	.globl	take_armed
take_armed:
	csrsi	sstatus, SSTATUS_SIE
	rdinstret a2
	csrw	CSR_STIMECMP, a1
	rdinstret a3
	csrci	sstatus, SSTATUS_SIE
	sub	t0, t0, a2
	sub	a3, a3, a2
	sd	t0, 0(a0)
	sd	a3, 8(a0)
	ret

/*
 * uint64_t take_running(uint64_t deadline): `cycle` at the handler's first instruction, the timer
 * having come while a loop ran.
 */
	.globl	take_running
take_running:
	li	t1, 0
	csrw	CSR_STIMECMP, a0
	csrsi	sstatus, SSTATUS_SIE
1:	beqz	t1, 1b
	csrci	sstatus, SSTATUS_SIE
	mv	a0, t1
	ret

/* uint64_t take_idle(uint64_t deadline): the same, the hart having slept in wfi. */
	.globl	take_idle
take_idle:
	li	t1, 0
	csrw	CSR_STIMECMP, a0
	csrsi	sstatus, SSTATUS_SIE
1:	wfi
	beqz	t1, 1b
	csrci	sstatus, SSTATUS_SIE
	mv	a0, t1
	ret
