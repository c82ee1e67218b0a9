/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policy of a CPU demands of the keys of those who live there. Pinned vCPUs alone: others
 * are only placed where their keys have a meaning (check_where.c).
 */
#include "parts.h"

static void refuse_key(struct diag *diag, struct sys_vcpu *vcpu, struct place at, const char *key,
		       const char *policy)
{
	if (!at.line)
		return;
	diag_error(diag, at, "'%s' means nothing for %s on CPU %u with policy %s; remove it", key,
		   vcpu_name(vcpu), vcpu->cpu, policy);
	vcpu->bad = true;
}

static void check_dedicated(struct diag *diag, struct sys_vcpu *vcpu)
{
	if (!vcpu_is_reserved(vcpu))
		return;
	diag_error(diag, vcpu->at,
		   "%s has CPU %u for itself, which is dedicated; remove capacity and period%s",
		   vcpu_name(vcpu), vcpu->cpu,
		   vcpu->is_service ? ", or put the service on another CPU" : "");
	vcpu->bad = true;
}

static void check_edf(struct diag *diag, struct sys_vcpu *vcpu)
{
	if (!vcpu_is_reserved(vcpu))
		return;
	refuse_key(diag, vcpu, vcpu->server_at, "server", "edf");
	refuse_key(diag, vcpu, vcpu->priority_at, "priority", "edf");
}

static void check_fixed_priority(struct diag *diag, struct sys_vcpu *vcpu)
{
	if (!vcpu_is_reserved(vcpu))
		return;
	refuse_key(diag, vcpu, vcpu->extra_time_at, "extra-time", "fixed-priority");
	if (vcpu->priority || vcpu->bad)
		return;
	diag_error(
		diag, vcpu->at,
		"%s has a reservation on CPU %u with policy fixed-priority; add the key 'priority'",
		vcpu_name(vcpu), vcpu->cpu);
	vcpu->bad = true;
}

static void check_slots(struct diag *diag, struct sys_vcpu *vcpu, const struct sys_cpu *cpu)
{
	if (vcpu->is_service || vcpu->has_capacity || vcpu->has_period) {
		diag_error(diag, vcpu->at,
			   "%s has a reservation, and CPU %u runs by plans (policy table); %s",
			   vcpu_name(vcpu), vcpu->cpu,
			   vcpu->is_service ? "put the service on another CPU"
					    : "name it in a slot and remove capacity and period");
		vcpu->bad = true;
	} else if (vcpu->has_slot) {
		refuse_key(diag, vcpu, vcpu->weight_at, "weight", "table");
		refuse_key(diag, vcpu, vcpu->priority_at, "priority", "table");
	} else if (cpu->gaps_idle) {
		diag_error(
			diag, vcpu->cpu_at,
			"%s is best effort, and CPU %u has gaps: idle; name it in a slot or put it "
			"on another CPU",
			vcpu_name(vcpu), vcpu->cpu);
	}
}

static void check_vcpu(struct diag *diag, struct sys_vcpu *vcpu, const struct sys_cpu *cpu)
{
	if (cpu->dedicated)
		check_dedicated(diag, vcpu);
	else if (cpu->policy == POLICY_TABLE)
		check_slots(diag, vcpu, cpu);
	else if (cpu->policy == POLICY_FP)
		check_fixed_priority(diag, vcpu);
	else
		check_edf(diag, vcpu);
}

/* Just one vCPU has a dedicated CPU. */
static void check_owner(struct system *system, uint32_t number)
{
	const struct sys_vcpu *owner = NULL;

	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < vm_entries(&system->vms[i]); j++) {
			const struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];

			if (vcpu->cpu != number)
				continue;
			if (owner)
				diag_error(&system->diag, vcpu->cpu_at,
					   "CPU %u is dedicated to %s (line %d); put %s on another "
					   "one",
					   number, vcpu_name(owner), owner->cpu_at.line,
					   vcpu_name(vcpu));
			else
				owner = vcpu;
		}
	if (!owner)
		diag_error(&system->diag, node_place(system->cpus[number].policy_node),
			   "CPU %u is dedicated, and no vCPU is pinned to it; write cpu: %u at one",
			   number, number);
}

static uint32_t harts_of(const struct sys_vm *vm)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		mask |= vm->vcpus[i].cpus;
	return mask;
}

/* Members of a gang run at the same time: each has a CPU of its own to go to. */
static void check_gang(struct diag *diag, const struct sys_vm *vm)
{
	uint32_t pinned = 0;

	if (!(vm->flags & VM_GANG) || vm->vcpu_count < 2)
		return;
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		const struct sys_vcpu *vcpu = &vm->vcpus[i];

		if (vcpu->cpu == CPU_NONE)
			continue;
		if (pinned >> vcpu->cpu & 1) {
			diag_error(diag, vcpu->cpu_at,
				   "two vCPUs of gang %s are pinned to CPU %u and can never run at "
				   "the "
				   "same time; give each another CPU or none",
				   vm->name, vcpu->cpu);
			return;
		}
		pinned |= 1u << vcpu->cpu;
	}
	if ((uint32_t)__builtin_popcount(harts_of(vm)) < vm->vcpu_count)
		diag_error(
			diag, node_place(vm->gang_node),
			"a gang of %u vCPUs needs as many CPUs for best effort, and there are %d; "
			"name more under 'cpus' or remove 'gang'",
			vm->vcpu_count, __builtin_popcount(harts_of(vm)));
}

void policies_check(struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++) {
		struct sys_vm *vm = &system->vms[i];

		for (uint32_t j = 0; j < vm_entries(vm); j++)
			if (vm->vcpus[j].cpu != CPU_NONE)
				check_vcpu(&system->diag, &vm->vcpus[j],
					   &system->cpus[vm->vcpus[j].cpu]);
		check_gang(&system->diag, vm);
	}
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (system->cpus[i].dedicated)
			check_owner(system, i);
}
