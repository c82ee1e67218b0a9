/* SPDX-License-Identifier: Apache-2.0 */
/* The fake architecture's vCPU: a few flags instead of registers. */
#include "host.h"
#include <string.h>
#include "core/table.h"
#include "core/vm.h"

ns_t arch_now(void)
{
	return host_now;
}

ns_t arch_ticks_to_ns(uint64_t ticks)
{
	return ticks;
}

uint64_t arch_ns_to_ticks(ns_t when)
{
	return when;
}

ns_t arch_tick_ns(void)
{
	return 1;
}

void arch_timer_program(ns_t when)
{
	host_cpus[host_cpu->index].timer = when;
}

const gpaddr_t arch_guest_files_gpa = 0x28000000;

void arch_start_prepare(void)
{
}

/* Stands for the architecture's unit smp: nobody waits for fences here. */
static void fence(struct vcpu *v)
{
	arch_vcpu_fence(v);
}

void arch_vm_init(struct vm *vm)
{
	if (vm_vcpus(vm->config) > 1)
		vcpu_fence = fence;
}

void arch_vcpu_init(struct vcpu *v)
{
	v->arch.timer = NS_NEVER;
}

void arch_vcpu_reset(struct vcpu *v)
{
	v->arch.enabled = v->arch.pending = 0;
	v->arch.timer = NS_NEVER;
	v->arch.pc = v->start_entry;
	v->arch.argument = v->start_argument;
	v->arch.resets++;
}

void arch_vcpu_save(struct vcpu *v)
{
	v->arch.saves++;
}

void arch_vcpu_evict(struct vcpu *v)
{
	arch_vcpu_save(v);
}

void arch_vcpu_come(struct vcpu *v, struct cpu *from)
{
	(void)from;
	v->arch.comes++;
}

void arch_vcpu_load(struct vcpu *v)
{
	v->arch.loads++;
}

void arch_vcpu_enter(struct vcpu *v, bool may_idle)
{
	v->arch.enters++;
	v->arch.may_idle = may_idle;
	v->cpu->masked_for_rt = sched_is_rt(&v->entity);
}

void arch_vcpu_set_time(struct vcpu *v, ns_t when)
{
	v->arch.value = when;
}

void arch_vcpu_set_external(struct vcpu *v, bool high)
{
	v->arch.pending = high ? v->arch.pending | HOST_EXTERNAL : v->arch.pending & ~HOST_EXTERNAL;
}

void arch_vcpu_raise_software(struct vcpu *v)
{
	v->arch.pending |= HOST_SOFTWARE;
}

bool arch_vcpu_interrupt_pending(const struct vcpu *v)
{
	uint32_t pending = v->arch.pending;

	if (host_now >= v->arch.timer)
		pending |= HOST_TIMER;
	if (v->config->guest_file && arch_files_pending(1u << v->config->guest_file))
		pending |= HOST_EXTERNAL;
	return pending & v->arch.enabled;
}

bool arch_vcpu_wakes_on_file(const struct vcpu *v)
{
	return v->config->guest_file && v->arch.enabled & HOST_EXTERNAL;
}

ns_t arch_vcpu_timer(const struct vcpu *v)
{
	return v->arch.enabled & HOST_TIMER ? v->arch.timer : NS_NEVER;
}

void arch_vcpu_fence(struct vcpu *v)
{
	v->arch.fences++;
}

int arch_vm_copy_in(struct vm *vm, gpaddr_t to, const void *from, uint32_t bytes)
{
	void *at = host_memory(vm, to, bytes);

	if (!at)
		return HV_EFAULT;
	if (from)
		memcpy(at, from, bytes);
	else
		memset(at, 0, bytes);
	return HV_OK;
}

void host_leave(struct vcpu *v)
{
	(void)v;
}

void host_enter(struct vcpu *v)
{
	(void)v;
}
