/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled to assembly only; the build turns the marked lines into asm_offsets.h. */
#include "core/cpu.h"
#include "core/vcpu.h"

#define OFFSET(name, type, member)                                                                 \
	__asm__ volatile("\n->" #name " %0" : : "i"(offsetof(type, member)))

void asm_offsets(void);
void asm_offsets(void)
{
	OFFSET(VCPU_X, struct vcpu, arch.x);
	OFFSET(VCPU_CPU, struct vcpu, arch.cpu);
	OFFSET(VCPU_PC, struct vcpu, arch.pc);
	OFFSET(VCPU_SSTATUS, struct vcpu, arch.sstatus);
	OFFSET(VCPU_HSTATUS, struct vcpu, arch.hstatus);
	OFFSET(VCPU_F, struct vcpu, arch.f);
	OFFSET(VCPU_FCSR, struct vcpu, arch.fcsr);
	OFFSET(CPU_CURRENT, struct cpu, current);
	OFFSET(CPU_STACK_TOP, struct cpu, stack_top);
}
