/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each vCPU may be. Before placement: the CPUs among which its home is chosen. Afterwards:
 * the CPUs on which it may run, which for most is the home alone: only best effort without `cpu`
 * moves between CPUs while it runs, and a service without `cpu` when room is made.
 */
#include "parts.h"

static void use(struct system *system, uint32_t cpu)
{
	system->cpus[cpu].used = true;
}

/* CPUs that vCPUs name are used; if nobody says anything, CPU 0 is. */
static void use_named(struct system *system)
{
	bool any = false;

	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < vm_entries(&system->vms[i]); j++)
			if (system->vms[i].vcpus[j].cpu != CPU_NONE)
				use(system, system->vms[i].vcpus[j].cpu);
	for (uint32_t i = 0; i < system->board->harts; i++)
		any |= system->cpus[i].used;
	if (!any)
		use(system, 0);
}

/* Migrating best effort keeps off CPUs that are dedicated or say `best-effort: 0%`. */
static bool takes_best_effort(const struct sys_cpu *cpu)
{
	return cpu->used && !cpu->dedicated && !(cpu->has_share && !cpu->best_effort_ppm) &&
	       !cpu->gaps_idle;
}

static bool takes_edf(const struct sys_cpu *cpu)
{
	return cpu->used && !cpu->dedicated && cpu->policy == POLICY_EDF;
}

static bool takes_priorities(const struct sys_cpu *cpu)
{
	return cpu->used && cpu->policy == POLICY_FP;
}

static uint32_t cpus_that(const struct system *system, bool (*take)(const struct sys_cpu *cpu))
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < system->board->harts; i++)
		if (take(&system->cpus[i]))
			mask |= 1u << i;
	return mask;
}

/* The keys say under which policy a reservation is meant to be. */
static uint32_t cpus_for_reservation(struct system *system, const struct sys_vcpu *vcpu)
{
	bool priorities = vcpu->priority_at.line || vcpu->server_at.line;
	uint32_t mask = cpus_that(system, priorities ? takes_priorities : takes_edf);

	if (priorities && vcpu->extra_time_at.line) {
		diag_error(&system->diag, vcpu->extra_time_at,
			   "'extra-time' is for policy edf, 'priority' and 'server' for "
			   "fixed-priority; "
			   "keep one");
		return 0;
	}
	if (!mask)
		diag_error(&system->diag, vcpu->at,
			   "no CPU with policy %s takes %s; add the key 'cpu', or under 'cpus' one "
			   "with that policy%s",
			   priorities ? "fixed-priority" : "edf", vcpu_name(vcpu),
			   priorities ? "" : ", or its 'priority' for policy fixed-priority");
	else if (priorities && !vcpu->priority && !vcpu->bad)
		diag_error(&system->diag, vcpu->at,
			   "%s goes to a CPU with policy fixed-priority, for its 'server'; add the "
			   "key "
			   "'priority'",
			   vcpu_name(vcpu));
	return priorities && !vcpu->priority ? 0 : mask;
}

static uint32_t cpus_for_best_effort(struct system *system, const struct sys_vcpu *vcpu)
{
	uint32_t mask = cpus_that(system, takes_best_effort);

	if (!mask)
		diag_error(
			&system->diag, vcpu->at,
			"no CPU takes best effort that moves; add the key 'cpu', or under 'cpus' a "
			"CPU with best-effort above 0%%");
	return mask;
}

static void allow_vcpu(struct system *system, struct sys_vcpu *vcpu)
{
	if (vcpu->cpu != CPU_NONE)
		vcpu->cpus = 1u << vcpu->cpu;
	else if (!vcpu->bad && vcpu_is_reserved(vcpu))
		vcpu->cpus = cpus_for_reservation(system, vcpu);
	else if (!vcpu->bad)
		vcpu->cpus = cpus_for_best_effort(system, vcpu);
	vcpu->bad |= !vcpu->cpus;
}

void cpus_allow(struct system *system)
{
	uint32_t best_effort = 0;

	use_named(system);
	for (uint32_t i = 0; i < system->vm_count; i++) {
		struct sys_vm *vm = &system->vms[i];

		for (uint32_t j = 0; j < vm_entries(vm); j++) {
			allow_vcpu(system, &vm->vcpus[j]);
			best_effort += !vcpu_is_reserved(&vm->vcpus[j]);
		}
		vm->free_cpus = vm->free_services ? cpus_that(system, takes_edf) |
							    cpus_that(system, takes_priorities)
						  : 0;
		if (vm->free_services && !vm->free_cpus)
			diag_error(
				&system->diag, node_place(vm->free_node),
				"'free-services': no CPU takes services; add under 'cpus' one with "
				"policy edf or fixed-priority");
	}
	if (best_effort > TABLE_MAX_BE_VCPUS && system->vcpu_count <= TABLE_MAX_VCPUS)
		diag_error(
			&system->diag, (struct place){0, 0},
			"%u best-effort vCPUs in all; a system has at most %u; give some of them "
			"reservations or make fewer",
			best_effort, TABLE_MAX_BE_VCPUS);
}

void cpus_pin(struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < vm_entries(&system->vms[i]); j++) {
			struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];
			bool moves = vcpu->movable || !vcpu_is_reserved(vcpu);

			if (vcpu->cpu == CPU_NONE)
				vcpu->cpus = 0;
			else if (!moves)
				vcpu->cpus = 1u << vcpu->cpu;
			else if (!(vcpu->cpus >> vcpu->cpu & 1))
				vcpu->cpus |= 1u << vcpu->cpu;
		}
}
