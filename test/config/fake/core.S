# SPDX-License-Identifier: Apache-2.0
# A stand-in for the hypervisor: the image header, hv_sizes, and a start that jumps into VM 0 on the bare
# board, so that an identity-mapped guest runs natively with what `partita build` made for it.
	.option norvc
	.section .head, "ax"
	.globl _start
_start:
	j	1f
	.word	0
	.quad	0x200000
	.quad	0
	.quad	0
	.word	2, 0
	.quad	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\5"
	.word	0
1:	lla	t0, __hv_end
	lwu	t1, 24(t0)		# table_header.vms.offset
	add	t1, t1, t0
	ld	t2, 80(t1)		# table_vm.entry
	ld	a1, 88(t1)		# table_vm.dtb_gpa
	jr	t2

	.section .rodata.hv_sizes, "a"
	.globl	hv_sizes
hv_sizes:
	.word	4096, 520, 700, 1300, 600, 1500, 1500, 4, 900, 40, 72, 150, 32, 0

	.bss
	.space	9000
