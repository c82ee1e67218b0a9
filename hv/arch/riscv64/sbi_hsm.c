/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI calls about harts: HSM, system suspend, IPI, RFENCE. A hart is a vCPU of the caller's VM.
 * What concerns siblings is in unit smp (sbi_smp.c), which every system with an SMP VM has.
 */
#include "abi/hypercall.h"
#include "core/services.h"
#include "riscv.h"

#define SUSPEND_RETENTIVE     0x00000000u
#define SUSPEND_NON_RETENTIVE 0x80000000u

const struct sbi_smp *sbi_smp;

static struct vcpu *hart(struct vcpu *v, uint64_t number)
{
	return number < v->vm->config->vcpu_count ? &v->vm->vcpus[number] : NULL;
}

static struct sbi_result hart_stop(struct vcpu *v)
{
	if (vcpu_is_service(v)) { /* it ends itself */
		const uint64_t self[] = {HCALL_SELF, v->number - v->vm->config->vcpu_count, 0};

		services->call(v, HCALL_SERVICE_DELETE, self);
		vcpu_sleep(v, WAIT_STOP, NS_NEVER);
		return SBI_OK(0);
	}
	if (atomic_fetch_sub(&v->vm->running, 1) == 1) { /* nobody is left who could start one */
		vm_stop(v->vm, "all its harts have stopped", false);
		return SBI_OK(0);
	}
	sched_stop(&v->cpu->sched, &v->entity, arch_now());
	v->cpu->resched = true;
	atomic_store(&v->power, VCPU_STOPPED);
	return SBI_OK(0);
}

static struct sbi_result suspend(struct vcpu *v, gpaddr_t resume, uint64_t argument)
{
	if (resume & 1 || !vm_owns(v->vm, resume, 4, REGION_X))
		return SBI_ERROR(SBI_ERR_INVALID_ADDRESS);
	/* SBI 2.0, 9.5: translation and interrupts off, a0 = hart id, a1 = argument, the rest
	 * undefined. */
	csr_write(CSR_VSATP, 0);
	csr_clear(CSR_VSSTATUS, SSTATUS_SIE);
	csr_write(CSR_SEPC, resume);
	if (!arch_vcpu_interrupt_pending(v)) {
		atomic_store(&v->power, VCPU_SUSPENDED);
		vcpu_sleep(v, WAIT_INTERRUPT, arch_vcpu_timer(v));
	}
	return (struct sbi_result){(long)v->number, argument};
}

static struct sbi_result hart_suspend(struct vcpu *v)
{
	switch ((uint32_t)sbi_argument(v, 0)) {
	case SUSPEND_RETENTIVE:
		if (!arch_vcpu_interrupt_pending(v))
			vcpu_sleep(v, WAIT_INTERRUPT, arch_vcpu_timer(v));
		return SBI_OK(0);
	case SUSPEND_NON_RETENTIVE:
		return suspend(v, sbi_argument(v, 1), sbi_argument(v, 2));
	default:
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	}
}

struct sbi_result sbi_hsm(struct vcpu *v, uint64_t function)
{
	struct vcpu *target;

	switch (function) {
	case 0:
		target = hart(v, sbi_argument(v, 0));
		if (!target)
			return SBI_ERROR(SBI_ERR_INVALID_PARAM);
		return target == v ? SBI_ERROR(SBI_ERR_ALREADY_AVAILABLE)
				   : sbi_smp->hart_start(v, target);
	case 1:
		return hart_stop(v);
	case 2:
		target = hart(v, sbi_argument(v, 0));
		return target ? SBI_OK(atomic_load(&target->power))
			      : SBI_ERROR(SBI_ERR_INVALID_PARAM);
	case 3:
		return hart_suspend(v);
	default:
		return SBI_ERROR(SBI_ERR_NOT_SUPPORTED);
	}
}

/* SBI 2.0, chapter 13: suspend to RAM; all other harts must be stopped. */
struct sbi_result sbi_suspend(struct vcpu *v, uint64_t function)
{
	if (function != 0)
		return SBI_ERROR(SBI_ERR_NOT_SUPPORTED);
	if ((uint32_t)sbi_argument(v, 0) != 0)
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	for (uint32_t i = 0; i < v->vm->config->vcpu_count; i++)
		if (&v->vm->vcpus[i] != v && atomic_load(&v->vm->vcpus[i].power) != VCPU_STOPPED)
			return SBI_ERROR(SBI_ERR_DENIED);
	return suspend(v, sbi_argument(v, 1), sbi_argument(v, 2));
}

/* Harts named by (mask, base), SBI 2.0, 3.1; UINT32_MAX if one of them does not exist. */
static __attribute__((noinline)) uint32_t hart_mask(const struct vcpu *v, uint64_t mask,
						    uint64_t base)
{
	uint32_t all = (1u << v->vm->config->vcpu_count) - 1;

	if (base == UINT64_MAX)
		return all;
	if (base >= TABLE_MAX_VM_VCPUS || mask > all >> base)
		return UINT32_MAX;
	return (uint32_t)(mask << base);
}

struct sbi_result sbi_ipi(struct vcpu *v)
{
	uint32_t mask = hart_mask(v, sbi_argument(v, 0), sbi_argument(v, 1));

	if (mask == UINT32_MAX)
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	if (vcpu_is_service(v)) {
		sbi_smp->ipi(v, mask);
		return SBI_OK(0);
	}
	if (mask & 1u << v->number)
		arch_vcpu_raise_software(v);
	if (mask & ~(1u << v->number))
		sbi_smp->ipi(v, mask);
	return SBI_OK(0);
}

/*
 * FENCE.I, SFENCE.VMA and SFENCE.VMA with ASID: always the whole first stage and the instruction
 * fetches of each target.
 */
struct sbi_result sbi_rfence(struct vcpu *v, uint64_t function)
{
	uint32_t mask = hart_mask(v, sbi_argument(v, 0), sbi_argument(v, 1));

	if (function > 2 || vcpu_is_service(v)) /* a service has no first stage */
		return SBI_ERROR(SBI_ERR_NOT_SUPPORTED);
	if (mask == UINT32_MAX)
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	if (mask & 1u << v->number)
		arch_vcpu_fence(v);
	if (mask & ~(1u << v->number))
		sbi_smp->rfence(v, mask);
	return SBI_OK(0);
}
