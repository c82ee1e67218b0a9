/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse.h"
#include "mem.h"

static void collect_cpu(struct analysis *a, uint32_t hart)
{
	const struct sys_cpu *config = &a->system->cpus[hart];
	struct analysed_cpu *cpu = &a->cpus[a->cpu_count++];

	cpu->hart = hart;
	cpu->config = config;
	cpu->rts = mem_zero(a->entry_count * sizeof(*cpu->rts));
	for (uint32_t i = 0; i < a->entry_count; i++) {
		const struct entry *entry = &a->entries[i];

		if (entry->vcpu->cpu != hart)
			continue;
		if (entry_is_rt(entry))
			cpu->rts[cpu->rt_count++].entry = *entry;
		else
			cpu->best_effort_count++;
	}
	analyse_cpu(a, cpu);
	a->holds &= cpu->fits;
}

static void collect_guest(struct analysis *a, const struct sys_vm *vm)
{
	struct analysed_guest *guest = &a->guests[a->guest_count++];

	guest->vm = vm;
	guest->task_count = vm->task_count;
	guest->tasks = mem_zero(vm->task_count * sizeof(*guest->tasks));
	for (uint32_t i = 0; i < vm->task_count; i++) {
		const struct sys_task *task = &vm->tasks[i];

		guest->tasks[i] = (struct task){.name = task->name,
						.wcet = task->wcet_ns,
						.period = task->period_ns,
						.deadline = task->deadline_ns,
						.priority = task->priority};
	}
	analyse_guest(a, guest);
	a->holds &= guest->verdict.hold;
}

static void collect_share(struct analysis *a, const struct sys_vm *vm)
{
	struct analysed_share *share = &a->shares[a->share_count++];
	struct task tasks[TABLE_MAX_VCPUS];
	uint32_t count = 0;

	for (uint32_t i = 0; i < a->entry_count; i++) {
		const struct sys_vcpu *vcpu = a->entries[i].vcpu;

		if (vcpu->vm == vm && entry_is_rt(&a->entries[i]) && vcpu->period_ns)
			tasks[count++] =
				(struct task){.wcet = vcpu->capacity_ns, .period = vcpu->period_ns};
	}
	share->vm = vm;
	share->used_ppm = tasks_load_ppm(tasks, count);
	a->holds &= share->used_ppm <= vm->share_ppm;
}

void analyse(struct analysis *a, struct system *system)
{
	*a = (struct analysis){.system = system, .holds = true};
	a->entry_count = entries_of(system, a->entries);
	admission_collect(&a->admission, system);
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (system->cpus[i].used)
			collect_cpu(a, i);
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].share_ppm)
			collect_share(a, &system->vms[i]);
	a->guests = mem_zero(system->vm_count * sizeof(*a->guests));
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].task_count)
			collect_guest(a, &system->vms[i]);
}
