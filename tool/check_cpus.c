/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which CPU each vCPU lives on, and which guest interrupt file it gets. Reservations without a CPU
 * of their own are placed last, by admission (admission.c).
 */
#include "admission.h"
#include "parts.h"

#define BEST_EFFORT_DEFAULT_PPM 100000u
#define ALL_PPM                 1000000u

typedef void (*vcpu_visit)(struct system *system, struct sys_vcpu *vcpu);

static void each_vcpu(struct system *system, vcpu_visit visit)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < vm_entries(&system->vms[i]); j++)
			visit(system, &system->vms[i].vcpus[j]);
}

static void settle(struct system *system, struct sys_vcpu *vcpu)
{
	struct sys_cpu *cpu = &system->cpus[vcpu->cpu];

	cpu->used = true;
	if (vcpu_is_reserved(vcpu))
		return;
	cpu->best_effort_count++;
}

static void settle_named(struct system *system, struct sys_vcpu *vcpu)
{
	if (vcpu->cpu != CPU_NONE)
		settle(system, vcpu);
}

static uint32_t siblings_on(const struct sys_vm *vm, uint32_t cpu)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		count += vm->vcpus[i].cpu == cpu;
	return count;
}

uint32_t files_on(const struct system *system, uint32_t cpu)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].vic == VIC_AIA)
			count += siblings_on(&system->vms[i], cpu);
	return count;
}

/* Fewest siblings, then fewest best-effort vCPUs, then the lowest number. */
static void settle_free(struct system *system, struct sys_vcpu *vcpu)
{
	uint32_t best = CPU_NONE, best_load = 0;

	if (vcpu->cpu != CPU_NONE || vcpu_is_reserved(vcpu) || vcpu->bad)
		return;
	for (uint32_t i = 0; i < system->board->harts; i++) {
		uint32_t load = siblings_on(vcpu->vm, i) * 1000 + system->cpus[i].best_effort_count;

		if (vcpu->cpus >> i & 1 && (best == CPU_NONE || load < best_load)) {
			best = i;
			best_load = load;
		}
	}
	vcpu->cpu = best;
	if (best != CPU_NONE)
		settle(system, vcpu);
}

static bool has_file(const struct sys_vcpu *vcpu)
{
	return vcpu->cpu != CPU_NONE && vcpu->vm->vic == VIC_AIA && !vcpu->is_service;
}

/* The first file that is free on all CPUs of the mask; 0: there is none. */
static uint32_t free_file(const struct system *system, uint32_t mask)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < system->board->harts; i++)
		if (mask >> i & 1)
			taken |= system->cpus[i].files_taken;
	for (uint32_t file = 1; file <= system->board->guest_files; file++)
		if (!(taken >> file & 1))
			return file;
	return 0;
}

static void take_file(struct system *system, struct sys_vcpu *vcpu)
{
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (vcpu->cpus >> i & 1)
			system->cpus[i].files_taken |= 1u << vcpu->guest_file;
}

static void give_file(struct system *system, struct sys_vcpu *vcpu)
{
	vcpu->guest_file = free_file(system, vcpu->cpus);
	if (vcpu->guest_file)
		take_file(system, vcpu);
	else
		diag_error(
			&system->diag, vcpu->cpu_at,
			"%s is AIA vCPU number %u on CPU %u, which has %u guest interrupt files; "
			"put it on another CPU or write interrupt-controller: plic",
			vcpu_name(vcpu), system->board->guest_files + 1, vcpu->cpu,
			system->board->guest_files);
}

/* Best effort without `cpu:` needs a file of the same number on each CPU it may run on. */
static bool moves(const struct sys_vcpu *vcpu)
{
	return !vcpu_is_reserved(vcpu) && vcpu->cpus & (vcpu->cpus - 1);
}

static void give_file_to_settled(struct system *system, struct sys_vcpu *vcpu)
{
	if (!has_file(vcpu) || moves(vcpu))
		return;
	vcpu->cpus = 1u << vcpu->cpu;
	give_file(system, vcpu);
}

/* Whether every AIA vCPU that would move finds a file; the files given out stay as they are. */
static bool all_may_move(struct system *system)
{
	uint32_t before[TABLE_MAX_CPUS];
	bool fit = true;

	for (uint32_t i = 0; i < TABLE_MAX_CPUS; i++)
		before[i] = system->cpus[i].files_taken;
	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < system->vms[i].vcpu_count; j++) {
			struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];

			if (!has_file(vcpu) || !moves(vcpu))
				continue;
			vcpu->cpus |= 1u << vcpu->cpu;
			vcpu->guest_file = free_file(system, vcpu->cpus);
			fit &= vcpu->guest_file != 0;
			take_file(system, vcpu);
			vcpu->guest_file = 0;
		}
	for (uint32_t i = 0; i < TABLE_MAX_CPUS; i++)
		system->cpus[i].files_taken = before[i];
	return fit;
}

static void give_file_to_moving(struct system *system, struct sys_vcpu *vcpu)
{
	if (has_file(vcpu) && moves(vcpu))
		give_file(system, vcpu);
}

/* One file each, of its home: so more of them have one. */
static void give_file_to_staying(struct system *system, struct sys_vcpu *vcpu)
{
	if (!has_file(vcpu) || !moves(vcpu))
		return;
	vcpu->cpus = 1u << vcpu->cpu;
	give_file(system, vcpu);
}

/* Any hart may be the one that the firmware starts: CPUs below the highest used one are used, idle.
 */
static void use_lower(struct system *system)
{
	for (uint32_t i = system->board->harts; i-- > 1;)
		if (system->cpus[i].used)
			system->cpus[i - 1].used = true;
}

static void give_share(struct sys_cpu *cpu)
{
	if (cpu->dedicated)
		cpu->best_effort_ppm = ALL_PPM; /* nothing else is admitted there */
	else if (!cpu->has_share && cpu->best_effort_count)
		cpu->best_effort_ppm = BEST_EFFORT_DEFAULT_PPM;
}

void cpus_place(struct system *system)
{
	uint32_t index = 0;

	if (system->vcpu_count > TABLE_MAX_VCPUS)
		diag_error(&system->diag, (struct place){0, 0},
			   "%u vCPUs in all; a system has at most %u", system->vcpu_count,
			   TABLE_MAX_VCPUS);
	each_vcpu(system, settle_named);
	each_vcpu(system, settle_free);
	for (uint32_t i = 0; i < system->board->harts; i++)
		give_share(&system->cpus[i]);
	admission_place(system);
	each_vcpu(system, give_file_to_settled);
	each_vcpu(system, all_may_move(system) ? give_file_to_moving : give_file_to_staying);
	use_lower(system);
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (system->cpus[i].used)
			system->cpus[i].index = index++;
}
