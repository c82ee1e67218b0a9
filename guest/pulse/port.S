/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Context switch and interrupt entry. An interrupt saves what a call may destroy on the stack of
 * the task it meets and runs on the interrupt stack; nested ones go on there. At the end of the
 * outermost, back on the task's stack, the kernel may call port_switch like any task.
 */
#include "csr.h"

#define SWITCH_BYTES (14 * 8)
#define FRAME_BYTES  (20 * 8)
#define FRAME_PC     (17 * 8)
#define FRAME_STATUS (18 * 8)

	.macro callee_saved op
	\op	ra, 0(sp)
	\op	s0, 8(sp)
	\op	s1, 16(sp)
	\op	s2, 24(sp)
	\op	s3, 32(sp)
	\op	s4, 40(sp)
	\op	s5, 48(sp)
	\op	s6, 56(sp)
	\op	s7, 64(sp)
	\op	s8, 72(sp)
	\op	s9, 80(sp)
	\op	s10, 88(sp)
	\op	s11, 96(sp)
	.endm

	/* And s0, which remembers the interrupted stack. */
	.macro caller_saved op
	\op	ra, 0(sp)
	\op	t0, 8(sp)
	\op	t1, 16(sp)
	\op	t2, 24(sp)
	\op	t3, 32(sp)
	\op	t4, 40(sp)
	\op	t5, 48(sp)
	\op	t6, 56(sp)
	\op	a0, 64(sp)
	\op	a1, 72(sp)
	\op	a2, 80(sp)
	\op	a3, 88(sp)
	\op	a4, 96(sp)
	\op	a5, 104(sp)
	\op	a6, 112(sp)
	\op	a7, 120(sp)
	\op	s0, 128(sp)
	.endm

	.text
	.globl	port_switch
port_switch:
	addi	sp, sp, -SWITCH_BYTES
	callee_saved sd
	sd	sp, 0(a0)
	mv	sp, a1
	callee_saved ld
	addi	sp, sp, SWITCH_BYTES
	ret

/* A new task's first return address: s0 = function, s1 = argument. */
	.globl	port_first
port_first:
	csrsi	sstatus, SSTATUS_SIE
	mv	a0, s1
	jalr	s0
	call	task_exit

	.balign	4
	.globl	port_trap
port_trap:
	addi	sp, sp, -FRAME_BYTES
	caller_saved sd
	csrr	t0, sepc
	sd	t0, FRAME_PC(sp)
	csrr	t0, sstatus
	sd	t0, FRAME_STATUS(sp)
	mv	s0, sp
	la	t0, port_nesting
	lw	t1, 0(t0)
	addi	t2, t1, 1
	sw	t2, 0(t0)
	bnez	t1, 1f
	la	sp, __trap_stack_top
1:	csrr	a0, scause
	call	port_interrupt
	csrci	sstatus, SSTATUS_SIE
	mv	sp, s0
	la	t0, port_nesting
	lw	t1, 0(t0)
	addi	t1, t1, -1
	sw	t1, 0(t0)
	bnez	t1, 2f
	call	kernel_interrupt_exit
2:	ld	t0, FRAME_STATUS(sp)
	csrw	sstatus, t0
	ld	t0, FRAME_PC(sp)
	csrw	sepc, t0
	caller_saved ld
	addi	sp, sp, FRAME_BYTES
	sret
