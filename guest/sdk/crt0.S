/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of the boot hart (a0 = hart or vCPU number, a1 = device tree) and of harts started by
 * hart_start(). MMU and interrupts are off, every other register is undefined (SBI 2.0, 9.1).
 */
#include "csr.h"

	.macro set_global_pointer
	.option push
	.option norelax
	la	gp, __global_pointer$
	.option pop
	.endm

	.section .text.start, "ax"
	.globl	_start
_start:
#ifdef STAMP_ENTRY
	/* Before anything else: what these say is the cost of everything up to the guest. */
	rdinstret s0
	rdcycle	s1
	rdtime	s2
#endif
	set_global_pointer
	la	sp, __stack_top
	la	t0, trap_entry
	csrw	stvec, t0
	la	t0, __trap_stack_top
	csrw	sscratch, t0
	csrw	sie, zero
	mv	tp, a0
	la	t0, __bss_start
	la	t1, __bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, 0(t0)
	addi	t0, t0, 8
	j	1b
2:
#ifdef STAMP_ENTRY
	la	t0, entry_stamp
	sd	s0, 0(t0)
	sd	s1, 8(t0)
	sd	s2, 16(t0)
#endif
	call	guest_main
	call	shutdown

/* a1 = struct hart_start: stack top, trap stack top, function. */
	.text
	.globl	hart_entry
hart_entry:
	set_global_pointer
	ld	sp, 0(a1)
	ld	t0, 8(a1)
	csrw	sscratch, t0
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sie, zero
	mv	tp, a0
	ld	t0, 16(a1)
	jalr	t0
	call	hart_stop
