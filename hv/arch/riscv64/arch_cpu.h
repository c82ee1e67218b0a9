/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RISCV64_ARCH_CPU_H
#define RISCV64_ARCH_CPU_H

#include <stdint.h>

struct cpu;

/* tp holds this CPU's structure whenever the hypervisor runs. */
static inline struct cpu *arch_this_cpu(void)
{
	struct cpu *cpu;

	__asm__("mv %0, tp" : "=r"(cpu));
	return cpu;
}

/* The board's timer: arch_now() is arch_ticks_to_ns() of it. */
static inline uint64_t arch_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks));
	return ticks;
}

#endif
