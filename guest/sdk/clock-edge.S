/* SPDX-License-Identifier: Apache-2.0 */
	.text
/*
 * uint64_t cycle_at_time_edge(uint64_t *time): spins until `time` ticks between two adjacent
 * instructions and returns `cycle` one instruction after the second of them. The loop's length is
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
	mv	a0, t2
	ret

/* uint64_t cycle_of_instruction(void): by how much `cycle` grows from one instruction to the next */
	.globl	cycle_of_instruction
cycle_of_instruction:
	rdcycle	t0
	rdcycle	t1
	sub	a0, t1, t0
	ret
