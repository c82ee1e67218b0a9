/* SPDX-License-Identifier: Apache-2.0 */
	.text
/*
 * uint64_t cycle_at_time_edge(uint64_t *time): spins until `time` ticks between two adjacent
 * instructions and returns `cycle` as the second of them would have read it. The loop's length is
 * coprime to the 100 instructions of a tick, so that every alignment comes by.
 */
	.globl	cycle_at_time_edge
cycle_at_time_edge:
	rdtime	t0
	rdtime	t1
	rdcycle	t2
	nop
	nop
	nop
	beq	t0, t1, cycle_at_time_edge
	sd	t1, 0(a0)
	addi	a0, t2, -1
	ret
