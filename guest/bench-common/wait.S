/* SPDX-License-Identifier: Apache-2.0 */
#include "wait.h"

	.macro store_counters record
	sd	t1, WAIT_CYCLE(\record)
	sd	t2, WAIT_AFTER(\record)
	sd	t3, WAIT_BEFORE(\record)
	.endm

	.text
/* void wait_for_partita(struct wait *) */
	.globl	wait_for_partita
wait_for_partita:
	mv	t0, a0			/* SBI 2.0, 3: all registers but a0 and a1 survive a call */
	li	a7, HCALL_EXTENSION
	li	a6, HCALL_WAIT_NEXT_PERIOD
	rdinstret t3
	ecall
	rdcycle	t1
	rdinstret t2
	sd	a0, WAIT_ERROR(t0)
	sd	a1, WAIT_RELEASE(t0)
	store_counters t0
	ret

/* void wait_for_timer(struct wait *) */
	.globl	wait_for_timer
wait_for_timer:
	ld	t0, WAIT_RELEASE(a0)
	csrw	CSR_STIMECMP, t0
	rdinstret t3
1:	wfi
	rdcycle	t1
	rdinstret t2
	rdtime	t4
	bltu	t4, t0, 1b
	store_counters a0
	ret
