/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vcpu.h"
#include "arch/arch.h"
#include "lib/bits.h"
#include "core/cpu.h"
#include "core/services.h"
#include "core/table.h"
#include "core/trace.h"
#include "core/vm.h"

void (*vcpu_fence)(struct vcpu *v);

void vcpu_build_entity(struct vcpu *v)
{
	static uint32_t next_best_effort;
	const struct table_vcpu *c = v->config;
	struct sched_entity *e = &v->entity;

	e->priority = c->priority;
	if (!c->period_ns && !(c->flags & VCPU_SERVICE)) {
		e->queue = SCHED_BE;
		e->slice = table_cpu(c->cpu)->quantum_ns * c->weight;
		e->cpus = c->cpus;
		e->id = next_best_effort++;
		sched_join(&best_effort, e);
		return;
	}
	e->queue = SCHED_RT;
	e->capacity = c->capacity_ns;
	e->period = c->period_ns;
	e->deadline = c->deadline_ns;
	if (table_cpu(c->cpu)->policy == POLICY_FP)
		e->server = (enum sched_server)c->server;
	else if (table_cpu(c->cpu)->policy == POLICY_EDF)
		e->extra_time = c->flags & VCPU_EXTRA_TIME;
}

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
		ns_t release = sched_wait_period(&cpu->sched, &v->entity, now);

		arch_vcpu_set_time(v, release);
		trace(TRACE_BLOCK, v->index, v->wait, release);
		return;
	}
	trace(TRACE_BLOCK, v->index, v->wait, v->wake_at);
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

void vcpu_come(struct vcpu *v, struct cpu *cpu)
{
	struct cpu *from = v->cpu;

	trace(TRACE_MOVE, v->index, cpu->index, 0);
	v->cpu = cpu;
	arch_vcpu_come(v, from);
	/* Whoever sees what is done to v from now on sees whose it is (take()). */
	atomic_thread_fence(memory_order_release);
}

void vcpu_move(struct vcpu *v)
{
	struct cpu *from = v->cpu, *to = v->move_to;

	if (!to || !sched_depart(&from->sched, &v->entity, arch_now()))
		return;
	if (from->loaded == v) {
		arch_vcpu_evict(v);
		v->entity.held = false;
		from->loaded = NULL;
	}
	v->move_to = NULL;
	atomic_fetch_or(&v->requests, REQ_ARRIVE);
	vcpu_come(v, to);
	vcpu_request_later(v, 0);
}

/* Whether v is this CPU's to change: it was when the request was made, but may have gone since. */
static enum sched_owner take(struct vcpu *v)
{
	struct cpu *cpu = arch_this_cpu();
	enum sched_owner owner = sched_take(&cpu->sched, &v->entity);

	atomic_thread_fence(memory_order_acquire);
	if (owner == SCHED_ELSEWHERE || v->cpu == cpu)
		return owner;
	if (owner != SCHED_TAKEN)
		return SCHED_ELSEWHERE;
	vcpu_come(v, cpu);
	return owner;
}

void vcpu_stop(struct vcpu *v)
{
	trace(TRACE_STOP, v->index, 0, 0);
	unpark(v);
	if (v->entity.state != SCHED_OFF)
		sched_stop(&v->cpu->sched, &v->entity, arch_now());
	v->wait = WAIT_NOTHING;
	v->reset_pending = false;
	v->cpu->resched = true;
	atomic_store(&v->fence_from, 0);
	atomic_store(&v->power, VCPU_STOPPED);
}

void vcpu_pass(struct vcpu *v)
{
	struct vcpu *siblings = v->vm->vcpus;
	uint64_t first = 0;

	if (v->vm->config->vcpu_count < 2 || sched_is_rt(&v->entity))
		return;
	for (uint32_t i = 0; i < v->vm->config->vcpu_count; i++)
		if (&siblings[i] != v && !sched_is_rt(&siblings[i].entity))
			first |= 1ull << siblings[i].entity.id;
	sched_pass(&v->cpu->sched, &v->entity, first);
	v->cpu->resched = true;
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
	trace(TRACE_START, v->index, 0, 0);
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

static void carry_out(struct vcpu *v)
{
	uint32_t requests = atomic_exchange(&v->requests, 0);

	if (requests & REQ_ARRIVE) {
		arch_vcpu_fence(v); /* this CPU may have fetched what its guest has changed since */
		sched_arrive(&v->cpu->sched, &v->entity, arch_now());
		v->cpu->resched = true;
		services->arrived(v);
	}
	if (requests & REQ_LAST)
		vm_all_stopped(v->vm);
	if (requests & (REQ_STOP | REQ_END)) {
		if (vcpu_is_service(v))
			services->stop(v, requests & REQ_STOP);
		else
			vcpu_stop(v);
		if (requests & REQ_STOP)
			vm_vcpu_stopped(v);
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
	if (requests & REQ_MOVE)
		vcpu_move(v);
}

void vcpu_handle_requests(struct vcpu *v)
{
	enum sched_owner owner = SCHED_OWN;

	if (unlikely(v->movable))
		owner = take(v);
	if (unlikely(owner == SCHED_ELSEWHERE)) {
		vcpu_request_later(v, 0);
		return;
	}
	carry_out(v);
	if (unlikely(owner == SCHED_TAKEN))
		sched_give(&v->cpu->sched, &v->entity);
}
