/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RISCV64_ARCH_CPU_H
#define RISCV64_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include "measure.h"

#define OWN_INTERRUPTS 0x220u /* in sip: external and timer */

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

/* Whether an interrupt of the hypervisor's own is pending now. */
static inline bool arch_interrupt_pending(void)
{
	uint64_t pending;

	measure_point();
	__asm__ volatile("csrr %0, sip" : "=r"(pending) : : "memory");
	return pending & OWN_INTERRUPTS;
}

#endif
