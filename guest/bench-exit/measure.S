/* SPDX-License-Identifier: Apache-2.0 */

	.text
	.option	norelax			/* relaxed addresses lean on gp, which is overwritten here */
/* uint64_t instret_nothing(void) */
	.globl	instret_nothing
instret_nothing:
	rdinstret t0
	rdinstret t1
	sub	a0, t1, t0
	ret

/* uint64_t instret_call(extension, function, argument) */
	.globl	instret_call
instret_call:
	mv	a7, a0
	mv	a6, a1
	mv	a0, a2
	rdinstret t0
	ecall
	rdinstret t1
	sub	a0, t1, t0
	ret

/* uint64_t instret_read(address): one byte, as 16550 drivers do it */
	.globl	instret_read
instret_read:
	rdinstret t0
	lbu	a1, 0(a0)
	rdinstret t1
	sub	a0, t1, t0
	ret

/* uint64_t instret_write(address, byte) */
	.globl	instret_write
instret_write:
	rdinstret t0
	sb	a1, 0(a0)
	rdinstret t1
	sub	a0, t1, t0
	ret

	.macro callee_saved op
	\op	ra, 0(t0)
	\op	sp, 8(t0)
	\op	gp, 16(t0)
	\op	tp, 24(t0)
	\op	s0, 32(t0)
	\op	s1, 40(t0)
	\op	s2, 48(t0)
	\op	s3, 56(t0)
	\op	s4, 64(t0)
	\op	s5, 72(t0)
	\op	s6, 80(t0)
	\op	s7, 88(t0)
	\op	s8, 96(t0)
	\op	s9, 104(t0)
	\op	s10, 112(t0)
	\op	s11, 120(t0)
	.endm

	/* Every register but x0, a0 and a1. */
	.macro survivors op, base
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30, 31
	\op	x\r, \r * 8(\base)
	.endr
	.endm

	.macro exit_with_all_registers_set name, instruction:vararg
	.globl	\name
\name:
	la	t0, own_registers
	callee_saved sd
	la	a1, registers_before
	ld	a0, 10 * 8(a1)
	survivors ld, a1
	\instruction
	la	a1, registers_after
	sd	a0, 10 * 8(a1)
	survivors sd, a1
	la	t0, own_registers
	callee_saved ld
	ret
	.endm

/*
 * Each loads registers_before into all registers (a6, a7 and a0 among them say what is called or
 * read), leaves to the hypervisor and stores what came back in registers_after. In between there
 * is no stack: interrupts must be off. a1 is the base, as a call destroys it anyway.
 */
exit_with_all_registers_set registers_over_call, ecall
exit_with_all_registers_set registers_over_read, lbu a0, 0(a0)
exit_with_all_registers_set registers_over_write, sb x17, 0(a0)

	.bss
	.balign	8
own_registers:
	.space	16 * 8
