/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: VMs with several vCPUs. Requests cross CPUs as core/vcpu.h says; no call waits for another
 * CPU: a remote fence puts the calling vCPU to sleep until its siblings have acknowledged.
 */
#include "abi/hypercall.h"
#include "core/table.h"
#include "core/unit.h"
#include "riscv.h"

/* Targets on the caller's own CPU are interrupted too, so that each is a stretch of its own. */
static struct sbi_result hart_start(struct vcpu *v, struct vcpu *target)
{
	gpaddr_t entry = sbi_argument(v, 1);
	uint32_t expected = VCPU_STOPPED;

	if (entry & 1 || !vm_owns(v->vm, entry, 4, REGION_X))
		return SBI_ERROR(SBI_ERR_INVALID_ADDRESS);
	if (!atomic_compare_exchange_strong(&target->power, &expected, VCPU_START_PENDING))
		return SBI_ERROR(SBI_ERR_ALREADY_AVAILABLE);
	atomic_fetch_add(&v->vm->running, 1);
	target->start_entry = entry;
	target->start_argument = sbi_argument(v, 2);
	vcpu_request_later(target, REQ_START);
	return SBI_OK(0);
}

static void ipi(struct vcpu *v, uint32_t mask)
{
	for (uint32_t i = 0; mask; i++, mask >>= 1) {
		if (mask & 1 && i != v->number)
			vcpu_request_later(&v->vm->vcpus[i], REQ_IPI);
	}
}

static void rfence(struct vcpu *v, uint32_t mask)
{
	atomic_store(&v->fence_missing, 1); /* own token: no wake-up before all are asked */
	for (uint32_t i = 0; mask; i++, mask >>= 1) {
		struct vcpu *target = &v->vm->vcpus[i];

		if (!(mask & 1) || i == v->number)
			continue;
		atomic_fetch_add(&v->fence_missing, 1);
		atomic_fetch_or(&target->fence_from, 1u << v->number);
		vcpu_request_later(target, REQ_FENCE);
	}
	if (atomic_fetch_sub(&v->fence_missing, 1) > 1)
		vcpu_sleep(v, WAIT_FENCE, NS_NEVER);
}

/* Own CPU of v: siblings wait for it. A vCPU that is not loaded flushes when it is. */
static void fence(struct vcpu *v)
{
	uint32_t from = atomic_exchange(&v->fence_from, 0);

	arch_vcpu_fence(v);
	for (uint32_t i = 0; from; i++, from >>= 1) {
		struct vcpu *waiter = &v->vm->vcpus[i];

		if (from & 1 && atomic_fetch_sub(&waiter->fence_missing, 1) == 1)
			vcpu_request_later(waiter, REQ_WAKE);
	}
}

static const struct sbi_smp ops = {hart_start, ipi, rfence};

static int vm_init(struct vm *vm)
{
	if (vm_vcpus(vm->config) > 1) {
		sbi_smp = &ops;
		vcpu_fence = fence;
	}
	return HV_OK;
}

static const struct unit smp = {.name = "smp", .vm_init = vm_init};
UNIT(smp);
