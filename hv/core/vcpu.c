/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vcpu.h"
#include "arch/arch.h"
#include "lib/bits.h"
#include "core/cpu.h"
#include "core/vm.h"

void (*vcpu_fence)(struct vcpu *v);

void vcpu_request_later(struct vcpu *v, uint32_t bits)
{
	atomic_fetch_or(&v->requests, bits);
	atomic_fetch_or(&v->cpu->kicked[v->entity.queue], 1ull << v->index);
	arch_kick(v->cpu, sched_is_rt(&v->entity));
}

void vcpu_request(struct vcpu *v, uint32_t bits)
{
	if (v->cpu != arch_this_cpu()) {
		vcpu_request_later(v, bits);
		return;
	}
	atomic_fetch_or(&v->requests, bits);
	vcpu_handle_requests(v);
}

/* Carried out by vcpu_fall_asleep() in the dispatch that follows, with that dispatch's clock
 * reading. */
void vcpu_sleep(struct vcpu *v, enum vcpu_wait why, ns_t wake_at)
{
	v->wait = why;
	v->wake_at = wake_at;
	v->cpu->resched = true;
}

void vcpu_fall_asleep(struct vcpu *v, ns_t now)
{
	struct cpu *cpu = v->cpu;

	if (v->wait == WAIT_PERIOD) {
		arch_vcpu_set_value(
			v, arch_ns_to_ticks(sched_wait_period(&cpu->sched, &v->entity, now)));
		return;
	}
	sched_block(&cpu->sched, &v->entity, v->wake_at, now);
	if (v->wait == WAIT_INTERRUPT && arch_vcpu_wakes_on_file(v))
		cpu->parked[v->entity.queue] |= 1u << v->config->guest_file;
}

static inline void unpark(struct vcpu *v)
{
	v->cpu->parked[v->entity.queue] &= ~(1u << v->config->guest_file);
}

void vcpu_awake(struct vcpu *v)
{
	if (v->wait == WAIT_INTERRUPT) {
		unpark(v);
		if (atomic_load_explicit(&v->power, memory_order_relaxed) == VCPU_SUSPENDED)
			atomic_store(&v->power, VCPU_STARTED);
	}
	v->wait = WAIT_NOTHING;
}

void vcpu_wake(struct vcpu *v, enum vcpu_wait why)
{
	if (v->wait != why)
		return;
	vcpu_awake(v); /* also when it has not fallen asleep yet */
	sched_wake(&v->cpu->sched, &v->entity, arch_now());
	v->cpu->resched = true;
}

static void handle_stop(struct vcpu *v)
{
	unpark(v);
	if (v->entity.state != SCHED_OFF)
		sched_stop(&v->cpu->sched, &v->entity);
	v->wait = WAIT_NOTHING;
	v->reset_pending = false;
	v->cpu->resched = true;
	atomic_store(&v->fence_from, 0);
	atomic_store(&v->power, VCPU_STOPPED);
	if (atomic_fetch_sub(&v->vm->stopping, 1) == 1)
		vm_vcpu_stopped(v->vm);
}

static void handle_start(struct vcpu *v)
{
	if (atomic_load(&v->power) != VCPU_START_PENDING)
		return;
	if (atomic_load(&v->vm->state) !=
	    VM_RUNNING) { /* asked for while the VM was being stopped */
		atomic_store(&v->power, VCPU_STOPPED);
		return;
	}
	v->reset_pending = true;
	atomic_store(&v->power, VCPU_STARTED);
	sched_start(&v->cpu->sched, &v->entity, arch_now());
	v->cpu->resched = true;
}

static void handle_interrupts(struct vcpu *v, uint32_t requests)
{
	const struct vic_ops *vic = v->vm->vic;

	if (requests & REQ_LINES && vic && vic->line)
		arch_vcpu_set_external(v, vic->line(v->vm, v->number));
	if (requests & REQ_IPI)
		arch_vcpu_raise_software(v);
	if (v->wait == WAIT_INTERRUPT && arch_vcpu_interrupt_pending(v))
		vcpu_wake(v, WAIT_INTERRUPT);
}

void vcpu_handle_requests(struct vcpu *v)
{
	uint32_t requests = atomic_exchange(&v->requests, 0);

	if (requests & REQ_STOP) {
		handle_stop(v);
		return;
	}
	if (requests & REQ_START)
		handle_start(v);
	if (requests & REQ_FENCE)
		vcpu_fence(v);
	if (requests & REQ_WAKE)
		vcpu_wake(v, WAIT_FENCE);
	if (requests & REQ_DEVICE)
		v->vm->refresh_device(v->vm);
	if (requests & (REQ_LINES | REQ_IPI))
		handle_interrupts(v, requests);
}
