/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_ARCH_CPU_H
#define HOST_ARCH_CPU_H

struct cpu;

/* The CPU whose part the one thread plays at the moment; tests switch it. */
extern struct cpu *host_cpu;

static inline struct cpu *arch_this_cpu(void)
{
	return host_cpu;
}

#endif
