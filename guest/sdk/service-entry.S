/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where Partita starts a service: a0 = its number, a1 = its struct service, sp = top of its stack,
 * translation and interrupts off. tp stays the address of its state, which is also the top of its
 * trap stack and what sscratch holds: nothing a service destroys keeps its end from being told.
 */
#include "csr.h"

	.macro set_global_pointer
	.option push
	.option norelax
	la	gp, __global_pointer$
	.option pop
	.endm

	.text
	.globl	service_entry
service_entry:
	set_global_pointer
	mv	tp, a1
	la	t0, service_trap
	csrw	stvec, t0
	csrw	sscratch, a1
	csrw	sie, zero
	call	service_run

	.balign	4
service_trap:
	set_global_pointer
	csrr	tp, sscratch
	mv	sp, tp
	csrr	a0, scause
	csrr	a1, sepc
	csrr	a2, stval
	call	service_trapped
