/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start, the way from the guest into the hypervisor and back, and guarded guest memory accesses.
 *
 * sscratch holds the current vCPU while the guest runs and 0 while the hypervisor runs, so that a trap
 * from the hypervisor itself is told apart. Three ways through an exit:
 *  - ecall and interrupts, same vCPU goes on: caller-saved registers only;
 *  - other exceptions, same vCPU goes on: callee-saved registers too, for the emulation of loads;
 *  - another vCPU may be chosen: everything, through cpu_dispatch().
 */
#include "csr.h"
#include "asm_offsets.h"

#define X(n) (VCPU_X + 8 * (n))

.macro save_callee base
	sd	s0, X(8)(\base)
	sd	s1, X(9)(\base)
	sd	s2, X(18)(\base)
	sd	s3, X(19)(\base)
	sd	s4, X(20)(\base)
	sd	s5, X(21)(\base)
	sd	s6, X(22)(\base)
	sd	s7, X(23)(\base)
	sd	s8, X(24)(\base)
	sd	s9, X(25)(\base)
	sd	s10, X(26)(\base)
	sd	s11, X(27)(\base)
	sd	gp, X(3)(\base)
.endm

.macro load_callee base
	ld	s0, X(8)(\base)
	ld	s1, X(9)(\base)
	ld	s2, X(18)(\base)
	ld	s3, X(19)(\base)
	ld	s4, X(20)(\base)
	ld	s5, X(21)(\base)
	ld	s6, X(22)(\base)
	ld	s7, X(23)(\base)
	ld	s8, X(24)(\base)
	ld	s9, X(25)(\base)
	ld	s10, X(26)(\base)
	ld	s11, X(27)(\base)
	ld	gp, X(3)(\base)
.endm

	.section .head, "ax"
	.globl	_start
_start:
	/* RISC-V Linux image header (Documentation/arch/riscv/boot-image-header.rst). */
	j	start_boot
	.balign	8
	.dword	0x200000		/* text_offset from the start of RAM */
	.dword	0			/* image_size, patched by `partita build` */
	.dword	0			/* flags: little endian */
	.word	2			/* header version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\5"
	.word	0

	.text
/* Firmware's entry: a0 = hart id, a1 = device tree; MMU off, interrupts off. */
start_boot:
	csrw	CSR_SIE, zero
	csrw	CSR_SATP, zero
	csrw	CSR_SSCRATCH, zero
	lla	t0, trap_entry
	csrw	CSR_STVEC, t0
	lla	sp, boot_stack_top
	tail	riscv_start

/* Entry of the other harts: a0 = hart id, a1 = struct cpu. */
	.globl	start_secondary
start_secondary:
	csrw	CSR_SIE, zero
	csrw	CSR_SATP, zero
	csrw	CSR_SSCRATCH, zero
	lla	t0, trap_entry
	csrw	CSR_STVEC, t0
	mv	tp, a1
	ld	sp, CPU_STACK_TOP(tp)	/* physical for now */
	mv	a0, a1
	tail	riscv_start_cpu

/* a0 = satp, a1 = stack top in the mapped space: turns translation on and enters the scheduler. */
	.globl	start_scheduling
start_scheduling:
	sfence.vma
	csrw	CSR_SATP, a0
	sfence.vma
	mv	sp, a1
#ifdef MEASURE
	addi	sp, sp, -16
	sd	zero, 0(sp)
#endif
	call	riscv_cpu_ready
	li	a0, 0
	j	dispatch

	.balign	4
	.globl	trap_entry
trap_entry:
	csrrw	sp, CSR_SSCRATCH, sp
	beqz	sp, trap_from_hypervisor
	sd	ra, X(1)(sp)
	sd	tp, X(4)(sp)
	sd	t0, X(5)(sp)
	sd	t1, X(6)(sp)
	sd	t2, X(7)(sp)
	sd	a0, X(10)(sp)
	sd	a1, X(11)(sp)
	sd	a2, X(12)(sp)
	sd	a3, X(13)(sp)
	sd	a4, X(14)(sp)
	sd	a5, X(15)(sp)
	sd	a6, X(16)(sp)
	sd	a7, X(17)(sp)
	sd	t3, X(28)(sp)
	sd	t4, X(29)(sp)
	sd	t5, X(30)(sp)
	sd	t6, X(31)(sp)
	csrrw	t0, CSR_SSCRATCH, zero
	sd	t0, X(2)(sp)
	mv	a0, sp
	ld	tp, VCPU_CPU(sp)
	ld	sp, CPU_STACK_TOP(tp)
	csrr	a1, CSR_SCAUSE
#ifdef MEASURE
	csrr	t0, CSR_INSTRET
	sd	t0, -16(sp)
	sd	a1, -8(sp)
	addi	sp, sp, -16
#endif
	bltz	a1, exit_interrupt
	li	t0, CAUSE_ECALL_VS
	bne	a1, t0, exit_full
	call	riscv_sbi_exit		/* (vcpu) -> vcpu to go on with, or NULL */
	beqz	a0, exit_switch
enter_fast:
#ifdef MEASURE
	addi	sp, sp, -16
	sd	a0, 0(sp)
	call	measure_point
	ld	a0, 0(sp)
#endif
	csrw	CSR_SSCRATCH, a0
	ld	ra, X(1)(a0)
	ld	sp, X(2)(a0)
	ld	tp, X(4)(a0)
	ld	t0, X(5)(a0)
	ld	t1, X(6)(a0)
	ld	t2, X(7)(a0)
	ld	a1, X(11)(a0)
	ld	a2, X(12)(a0)
	ld	a3, X(13)(a0)
	ld	a4, X(14)(a0)
	ld	a5, X(15)(a0)
	ld	a6, X(16)(a0)
	ld	a7, X(17)(a0)
	ld	t3, X(28)(a0)
	ld	t4, X(29)(a0)
	ld	t5, X(30)(a0)
	ld	t6, X(31)(a0)
	ld	a0, X(10)(a0)
	sret

exit_interrupt:
	call	riscv_interrupt		/* (vcpu, cause) -> vcpu or NULL */
	bnez	a0, enter_fast
	j	exit_switch

exit_full:
	save_callee a0
	mv	s0, a0
	call	riscv_exception		/* (vcpu, cause) -> vcpu or NULL */
	beqz	a0, 1f
	load_callee a0
	j	enter_fast
1:	mv	a0, s0
	j	2f

/* Another vCPU may be chosen; callee-saved registers still hold the guest's. */
exit_switch:
	ld	a0, CPU_CURRENT(tp)
	save_callee a0
2:	csrr	t0, CSR_SEPC
	csrr	t1, CSR_SSTATUS
	csrr	t2, CSR_HSTATUS
	sd	t0, VCPU_PC(a0)
	sd	t1, VCPU_SSTATUS(a0)
	sd	t2, VCPU_HSTATUS(a0)
dispatch:
	call	cpu_dispatch		/* (vcpu before) -> vcpu */
	ld	t0, VCPU_PC(a0)
	ld	t1, VCPU_SSTATUS(a0)
	ld	t2, VCPU_HSTATUS(a0)
	csrw	CSR_SEPC, t0
	csrw	CSR_SSTATUS, t1
	csrw	CSR_HSTATUS, t2
	load_callee a0
	j	enter_fast

/*
 * A trap while the hypervisor ran. Legal only in guest_load/guest_store below, which report it: the
 * access is skipped, a1 becomes the cause. Everything else is a broken invariant.
 */
trap_from_hypervisor:
	csrrw	sp, CSR_SSCRATCH, sp
	csrr	t0, CSR_SEPC
	lla	t1, guest_access_start
	bltu	t0, t1, 1f
	lla	t1, guest_access_end
	bgeu	t0, t1, 1f
	addi	t0, t0, 4
	csrw	CSR_SEPC, t0
	csrr	a1, CSR_SCAUSE
	sret
1:	csrr	a0, CSR_SCAUSE
	mv	a1, t0
	csrr	a2, CSR_STVAL
	lla	sp, boot_stack_top
	tail	riscv_own_fault

/*
 * struct guest_word { uint64_t value; uint64_t cause; }: guest_fetch(a), guest_load8(a), guest_load64(a),
 * guest_store8(a, value), guest_store64(a, value): HLVX.HU, HLV.BU, HLV.D, HSV.B, HSV.D with
 * the guest's translation. t0, t1, sstatus, hstatus, sepc change on a fault: riscv_guest_* restore them.
 */
	.globl	guest_fetch, guest_load8, guest_load64, guest_store8, guest_store64
	.option push
	.option norvc
guest_access_start:
guest_fetch:
	li	a1, 0
	.insn	r 0x73, 4, 0x32, a0, a0, x3	/* hlvx.hu a0, (a0) */
	ret
guest_load8:
	li	a1, 0
	.insn	r 0x73, 4, 0x30, a0, a0, x1	/* hlv.bu a0, (a0) */
	ret
guest_load64:
	li	a1, 0
	.insn	r 0x73, 4, 0x36, a0, a0, x0	/* hlv.d a0, (a0) */
	ret
guest_store8:
	mv	t2, a1
	li	a1, 0
	.insn	r 0x73, 4, 0x31, x0, a0, t2	/* hsv.b t2, (a0) */
	ret
guest_store64:
	mv	t2, a1
	li	a1, 0
	.insn	r 0x73, 4, 0x37, x0, a0, t2	/* hsv.d t2, (a0) */
	ret
guest_access_end:
	.option pop

/* a0 = f registers in the context; sstatus.FS is on. */
	.option push
	.option arch, +d
	.globl	riscv_fp_save, riscv_fp_load
riscv_fp_save:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fsd	f\n, 8 * \n(a0)
	.endr
	frcsr	t0
	sd	t0, 256(a0)
	ret
riscv_fp_load:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fld	f\n, 8 * \n(a0)
	.endr
	ld	t0, 256(a0)
	fscsr	t0
	ret
	.option pop

	.section .bss.boot_stack, "aw", @nobits
	.balign	16
	.space	2048
boot_stack_top:
