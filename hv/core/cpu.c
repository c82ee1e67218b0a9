/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cpu.h"
#include "arch/arch.h"
#include "lib/bits.h"
#include "core/services.h"
#include "core/trace.h"
#include "core/vcpu.h"
#include "core/work.h"

#define LOOKS 8 /* so that a storm of interrupts cannot hold up the choice for ever */

void cpu_request(struct cpu *cpu, uint32_t bits)
{
	atomic_fetch_or(&cpu->requests, bits);
	arch_kick(cpu, false);
}

/* One vCPU has gone: what is in its file here is passed on. */
static void handle_departed(struct cpu *cpu)
{
	uint32_t files = atomic_load(&cpu->departed);

	if (!files)
		return;
	atomic_fetch_and(&cpu->departed, ~(files & -files));
	arch_file_pass_on(cpu, bit_lowest(files));
	if (files & (files - 1))
		cpu_request(cpu, CPU_REQ_DEPARTED);
}

void cpu_handle_kick(struct cpu *cpu, enum sched_queue_id queue)
{
	_Atomic uint64_t *kicked = &cpu->kicked[queue];
	uint64_t all = atomic_load(kicked), bit = all & -all;

	if (queue == SCHED_BE) {
		uint32_t requests = atomic_exchange(&cpu->requests, 0);

		if (requests & CPU_REQ_WORK)
			work_wake();
		if (requests & CPU_REQ_CHOOSE)
			cpu->resched = true;
		if (requests & CPU_REQ_DEPARTED)
			handle_departed(cpu);
	}
	if (!bit)
		return;
	atomic_fetch_and(kicked, ~bit);
	vcpu_handle_requests(&vcpus[bit_lowest(bit)]);
	if (atomic_load(kicked))
		arch_kick(cpu, queue == SCHED_RT);
}

/* The file's vCPU sleeps here, or has gone and the file still has something for it. */
static void wake_file(struct cpu *cpu, uint32_t file)
{
	struct vcpu *v = cpu->files[file];

	if (likely(v->cpu == cpu))
		vcpu_wake(v, WAIT_INTERRUPT);
	else
		arch_file_pass_on(cpu, file);
}

/* One sleeper whose guest file has an interrupt; of several, the others interrupt when that may be.
 */
static void wake_parked(struct cpu *cpu, uint32_t files)
{
	files = arch_files_pending(files);
	if (files)
		wake_file(cpu, bit_lowest(files));
}

static inline struct sched_entity *pick(struct cpu *cpu, ns_t now)
{
	uint32_t files = cpu->parked[SCHED_RT] | cpu->parked[SCHED_BE];
	struct sched_entity *e;

	cpu->resched = false;
	if (files)
		wake_parked(cpu, files);
	e = sched_pick(&cpu->sched, now);
	arch_timer_program(cpu->sched.event);
	return e;
}

void cpu_look(struct cpu *cpu)
{
	for (unsigned left = LOOKS; left && arch_poll_interrupts(cpu); left--)
		;
}

/* Housekeeping becomes ready, in a stretch of its own. */
static void add_work(struct cpu *cpu)
{
	work_dispatch(arch_now());
	if (arch_interrupt_pending())
		cpu_look(cpu);
}

/* v starts (again): its context becomes that of a hart after power-on. */
static void reset(struct cpu *cpu, struct vcpu *v)
{
	v->reset_pending = false;
	if (unlikely(v->ending)) {
		services->ended(v);
		return;
	}
	arch_vcpu_reset(v);
	v->entity.held = false;
	if (cpu->loaded == v)
		cpu->loaded = NULL;
}

/*
 * `before` is to move. Here, behind the choice that throttled it or found it asleep, since the
 * scheduler has done with it then.
 */
static bool try_move(struct vcpu *before, const struct sched_entity *chosen)
{
	if (likely(!before || !before->move_to) || chosen == &before->entity)
		return false;
	vcpu_move(before);
	return true;
}

/*
 * Chooses, runs work items, idles. Between the choice and what follows from it interrupts are
 * looked at once more, so that no stretch without a look contains both.
 */
static inline struct vcpu *choose(struct cpu *cpu, struct vcpu *before)
{
	for (unsigned looks = LOOKS;;) {
		struct sched_entity *e;
		bool pending;

		if (unlikely(cpu->work_wanted) && !arch_interrupt_pending())
			add_work(cpu);
		e = pick(cpu, arch_now());
		pending = arch_interrupt_pending();

		if (unlikely(try_move(before, e))) {
			before = NULL;
		} else if (likely(e && e->kind == ENTITY_VCPU)) {
			struct vcpu *v = container_of(e, struct vcpu, entity);

			if (unlikely(v->cpu != cpu))
				vcpu_come(v, cpu);
			if (unlikely(v->reset_pending)) {
				reset(cpu, v);
				before = NULL; /* ended, it may be another CPU's now */
			} else if (likely(!pending)) {
				return v;
			} else if (!--looks) {
				cpu->resched = true; /* the rest at the next exit */
				return v;
			}
		} else if (!pending) {
			trace_switch(e ? TRACE_WORK : TRACE_NOBODY);
			if (e)
				work_step();
			else
				arch_idle();
		}
		cpu_look(cpu);
	}
}

/* Nothing else is on this CPU: WFI may be the hardware's own. */
static bool may_idle(const struct cpu *cpu, const struct vcpu *v)
{
	return !sched_is_rt(&v->entity) && !(cpu->index == 0 && work_is_ready());
}

static void change_loaded(struct cpu *cpu, struct vcpu *v)
{
	struct vcpu *before = cpu->loaded;

	if (before) {
		if (before->movable)
			arch_vcpu_evict(before);
		else
			arch_vcpu_save(before);
		before->entity.held = false;
		if (unlikely(cpu->sched.kept != NULL))
			sched_saved(&cpu->sched, &before->entity);
	}
	cpu->loaded = v;
	v->entity.held = true;
	arch_vcpu_load(v);
}

struct vcpu *cpu_dispatch(struct vcpu *before)
{
	struct cpu *cpu = arch_this_cpu();
	struct vcpu *v;

	cpu->current = NULL;
	if (before && before->wait != WAIT_NOTHING) {
		vcpu_fall_asleep(before, arch_now());
		if (unlikely(arch_interrupt_pending()))
			cpu_look(cpu);
	}
	v = choose(cpu, before);
	if (v->wait == WAIT_INTERRUPT)
		vcpu_awake(v);
	v->wait = WAIT_NOTHING;
	if (v != cpu->loaded)
		change_loaded(cpu, v);
	trace_switch(v->index);
	arch_vcpu_enter(v, cpu->single && may_idle(cpu, v));
	cpu->current = v;
	return v;
}
