/* SPDX-License-Identifier: Apache-2.0 */
	.macro all_floats op
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	f\r, \r * 8(a0)
	.endr
	.endm

	.text
/* void floats_load(const uint64_t values[32]) */
	.globl	floats_load
floats_load:
	all_floats fld
	ret

/* void floats_store(uint64_t values[32]) */
	.globl	floats_store
floats_store:
	all_floats fsd
	ret
