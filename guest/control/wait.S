/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

	.macro store_start record
	sd	t1, WAIT_CYCLE(\record)
	sd	t2, WAIT_TIME(\record)
	.endm

	.text
/* void wait_for_partita(struct wait *): the clocks are read by the first instructions that run. */
	.globl	wait_for_partita
wait_for_partita:
	mv	t0, a0			/* SBI 2.0, 3: all registers but a0 and a1 survive a call */
	li	a7, HCALL_EXTENSION
	li	a6, HCALL_WAIT_NEXT_PERIOD
	ecall
	rdcycle	t1
	rdtime	t2
	sd	a0, WAIT_ERROR(t0)
	sd	a1, WAIT_RELEASE(t0)
	store_start t0
	ret

/* void wait_for_timer(struct wait *): the same without Partita, until time reaches ->release. */
	.globl	wait_for_timer
wait_for_timer:
	ld	t0, WAIT_RELEASE(a0)
	csrw	CSR_STIMECMP, t0
1:	wfi
	rdcycle	t1
	rdtime	t2
	bltu	t2, t0, 1b
	store_start a0
	ret

/* void work(uint64_t rounds): two instructions a round. */
	.globl	work
work:
	addi	a0, a0, -1
	bnez	a0, work
	ret
