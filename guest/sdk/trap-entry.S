/* SPDX-License-Identifier: Apache-2.0 */
#include "csr.h"
#include "trap.h"

#define FRAME_BYTES (TRAP_WORDS * 8)

	.macro each_register op
	.irp	r, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30, 31
	\op	x\r, \r * 8(sp)
	.endr
	.endm

	.macro each_guarded op
	\op	ra, 0 * 8(t0)
	\op	sp, 1 * 8(t0)
	\op	tp, 2 * 8(t0)
	\op	s0, 3 * 8(t0)
	\op	s1, 4 * 8(t0)
	\op	s2, 5 * 8(t0)
	\op	s3, 6 * 8(t0)
	\op	s4, 7 * 8(t0)
	\op	s5, 8 * 8(t0)
	\op	s6, 9 * 8(t0)
	\op	s7, 10 * 8(t0)
	\op	s8, 11 * 8(t0)
	\op	s9, 12 * 8(t0)
	\op	s10, 13 * 8(t0)
	\op	s11, 14 * 8(t0)
	.endm

	.text
	.option	norelax			/* relaxed addresses lean on gp, which may be gone */
	.balign	4
	.globl	trap_entry
trap_entry:
	csrrw	sp, sscratch, sp
	beqz	sp, nested
	addi	sp, sp, -FRAME_BYTES
	each_register sd
	csrr	t0, sscratch		/* the interrupted stack pointer */
	sd	t0, 2 * 8(sp)
	csrw	sscratch, zero		/* marks that a handler runs */
	csrr	t0, sepc
	sd	t0, TRAP_PC * 8(sp)
	csrr	t0, sstatus
	sd	t0, TRAP_STATUS * 8(sp)
	csrr	t0, scause
	sd	t0, TRAP_CAUSE * 8(sp)
	csrr	t0, stval
	sd	t0, TRAP_VALUE * 8(sp)
	la	gp, __global_pointer$	/* what was interrupted may have destroyed it */
	mv	a0, sp
	call	trap_dispatch
	ld	t0, TRAP_STATUS * 8(sp)
	csrw	sstatus, t0
	ld	t0, TRAP_PC * 8(sp)
	csrw	sepc, t0
	addi	t0, sp, FRAME_BYTES
	csrw	sscratch, t0
	each_register ld
	ld	sp, 2 * 8(sp)
	sret

nested:
	la	sp, __stack_top
	la	gp, __global_pointer$
	call	trap_nested

/* uint64_t guard_enter(function, a, b) */
	.globl	guard_enter
guard_enter:
	la	t0, guard_saved
	each_guarded sd
	mv	t1, a0
	mv	a0, a1
	mv	a1, a2
	jalr	t1
	.globl	guard_resume
guard_resume:
	la	gp, __global_pointer$
	la	t0, guard_saved
	each_guarded ld
	ret
