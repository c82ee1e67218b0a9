/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cpu.h"
#include "arch/arch.h"
#include "lib/bits.h"
#include "core/vcpu.h"
#include "core/work.h"

#define REQUESTS_PER_KICK 2

void cpu_request(struct cpu *cpu, uint32_t bits)
{
	atomic_fetch_or(&cpu->requests, bits);
	arch_kick(cpu);
}

void cpu_handle_kick(struct cpu *cpu)
{
	if (atomic_load(&cpu->requests) && atomic_exchange(&cpu->requests, 0) & CPU_REQ_WORK)
		work_wake();
	for (unsigned i = 0; i < REQUESTS_PER_KICK; i++) {
		uint64_t kicked = atomic_load(&cpu->kicked);
		uint64_t bit = kicked & -kicked;

		if (!bit)
			return;
		atomic_fetch_and(&cpu->kicked, ~bit);
		vcpu_handle_requests(&vcpus[bit_lowest(bit)]);
	}
	if (atomic_load(&cpu->kicked))
		arch_kick(cpu);
}

/* Sleepers whose guest file has an interrupt; at most 7, a bit each. */
static void wake_parked(struct cpu *cpu)
{
	uint32_t files = cpu->parked[SCHED_RT] | cpu->parked[SCHED_BE];

	if (!files)
		return;
	files = arch_files_pending(files);
	cpu->parked[SCHED_RT] &= ~files;
	cpu->parked[SCHED_BE] &= ~files;
	for (; files; files &= files - 1)
		vcpu_wake(cpu->files[bit_lowest(files)], WAIT_INTERRUPT);
}

/* Work items and idling until a vCPU is chosen. */
static struct vcpu *choose(struct cpu *cpu)
{
	for (;;) {
		struct sched_entity *e;

		cpu->resched = false;
		wake_parked(cpu);
		e = sched_pick(&cpu->sched, arch_now());
		if (e && e->kind == ENTITY_VCPU)
			return container_of(e, struct vcpu, entity);
		if (e) {
			work_step();
		} else {
			arch_timer_program(cpu->sched.event);
			arch_idle();
		}
		arch_poll_interrupts(cpu);
	}
}

/* Nothing else is on this CPU: WFI may be the hardware's own. */
static bool may_idle(const struct cpu *cpu, const struct vcpu *v)
{
	return cpu->vcpu_count == 1 && !sched_is_rt(&v->entity) &&
	       cpu->sched.queues[SCHED_BE].ready.count == 1;
}

struct vcpu *cpu_dispatch(void)
{
	struct cpu *cpu = arch_this_cpu();
	struct vcpu *v;

	cpu->current = NULL;
	v = choose(cpu);
	vcpu_awake(v);
	if (v->reset_pending) {
		v->reset_pending = false;
		arch_vcpu_reset(v);
		if (cpu->loaded == v)
			cpu->loaded = NULL;
	}
	if (v != cpu->loaded) {
		if (cpu->loaded)
			arch_vcpu_save(cpu->loaded);
		arch_vcpu_load(v);
		cpu->loaded = v;
	}
	arch_vcpu_enter(v, may_idle(cpu, v));
	arch_timer_program(cpu->sched.event);
	cpu->current = v;
	return v;
}
