/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RISCV64_ARCH_CPU_H
#define RISCV64_ARCH_CPU_H

struct cpu;

/* tp holds this CPU's structure whenever the hypervisor runs. */
static inline struct cpu *arch_this_cpu(void)
{
	struct cpu *cpu;

	__asm__("mv %0, tp" : "=r"(cpu));
	return cpu;
}

#endif
