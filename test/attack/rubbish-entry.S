/* SPDX-License-Identifier: Apache-2.0 */
	.text
	.option	norelax
/* void rubbish_enter(uint64_t registers[32]): x31 is the address to go to. */
	.globl	rubbish_enter
rubbish_enter:
	mv	t6, a0
	.irp	r, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, \
		23, 24, 25, 26, 27, 28, 29, 30
	ld	x\r, \r * 8(t6)
	.endr
	ld	t6, 31 * 8(t6)
	jr	t6
