/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ARCH_CPU_H
#define HOST_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

/* The CPU whose part the one thread plays at the moment; tests switch it. */
extern struct cpu *host_cpu;

static inline struct cpu *arch_this_cpu(void)
{
	return host_cpu;
}

bool arch_interrupt_pending(void);

extern uint64_t host_now;

/* The board's timer, 10 MHz: arch_now() is arch_ticks_to_ns() of it. */
static inline uint64_t arch_ticks(void)
{
	return host_now / 100;
}

#endif
