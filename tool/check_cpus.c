/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which CPU each vCPU lives on, which guest interrupt file it gets, and whether the reservations of
 * each CPU can all be kept.
 *
 * Admission under EDF: the sum of capacity / deadline ("density") over a CPU's reservations must
 * not exceed what best effort leaves. With deadline = period that is exact (Liu and Layland, 1973);
 * with a shorter deadline it is sufficient, not necessary: it may refuse what a demand-bound test
 * would take.
 */
#include "mem.h"
#include "parts.h"
#include "rational.h"
#include "units.h"

#include <string.h>

#define BEST_EFFORT_DEFAULT_PPM 100000u

typedef void (*vcpu_visit)(struct system *system, struct sys_vcpu *vcpu);

static void each_vcpu(struct system *system, vcpu_visit visit)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < system->vms[i].vcpu_count; j++)
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

/* Fewest siblings, then fewest best-effort vCPUs, then the lowest number. */
static void settle_free(struct system *system, struct sys_vcpu *vcpu)
{
	uint32_t best = CPU_NONE, best_load = 0;

	if (vcpu->cpu != CPU_NONE || vcpu_is_reserved(vcpu) || vcpu->bad)
		return;
	for (uint32_t i = 0; i < system->board->harts; i++) {
		uint32_t load = siblings_on(vcpu->vm, i) * 1000 + system->cpus[i].best_effort_count;

		if (system->cpus[i].used && (best == CPU_NONE || load < best_load)) {
			best = i;
			best_load = load;
		}
	}
	vcpu->cpu = best;
	settle(system, vcpu);
}

static void give_file(struct system *system, struct sys_vcpu *vcpu)
{
	struct sys_cpu *cpu;

	if (vcpu->cpu == CPU_NONE || vcpu->vm->vic != VIC_AIA)
		return;
	cpu = &system->cpus[vcpu->cpu];
	vcpu->guest_file = ++cpu->files_used;
	if (cpu->files_used > system->board->guest_files)
		diag_error(
			&system->diag, vcpu->cpu_at,
			"%s is AIA vCPU number %u on CPU %u, which has %u guest interrupt files; "
			"put it on another CPU or write interrupt-controller: plic",
			vcpu_name(vcpu), cpu->files_used, vcpu->cpu, system->board->guest_files);
}

/* Any hart may be the one that the firmware starts: CPUs below the highest used one are used, idle.
 */
static void use_lower(struct system *system)
{
	for (uint32_t i = system->board->harts; i-- > 1;)
		if (system->cpus[i].used)
			system->cpus[i - 1].used = true;
}

void cpus_place(struct system *system)
{
	bool any = false;
	uint32_t index = 0;

	if (system->vcpu_count > TABLE_MAX_VCPUS)
		diag_error(&system->diag, (struct place){0, 0},
			   "%u vCPUs in all; a system has at most %u", system->vcpu_count,
			   TABLE_MAX_VCPUS);
	each_vcpu(system, settle_named);
	for (uint32_t i = 0; i < system->board->harts; i++)
		any |= system->cpus[i].used;
	if (!any)
		system->cpus[0].used = true;
	each_vcpu(system, settle_free);
	each_vcpu(system, give_file);
	use_lower(system);
	for (uint32_t i = 0; i < system->board->harts; i++) {
		struct sys_cpu *cpu = &system->cpus[i];

		if (cpu->used)
			cpu->index = index++;
		if (!cpu->has_share && cpu->best_effort_count)
			cpu->best_effort_ppm = BEST_EFFORT_DEFAULT_PPM;
	}
}

static struct rational vcpu_density(const struct sys_vcpu *vcpu)
{
	return rational(vcpu->capacity_ns, vcpu->deadline_ns);
}

static bool counts_on(const struct sys_vcpu *vcpu, uint32_t cpu)
{
	return vcpu->cpu == cpu && vcpu_is_reserved(vcpu) && !vcpu->bad;
}

/* Demand of all reservations on a CPU but one. */
static struct rational cpu_demand(const struct system *system, uint32_t cpu,
				  const struct sys_vcpu *except)
{
	struct rational sum = rational(0, 1);

	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < system->vms[i].vcpu_count; j++) {
			const struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];

			if (vcpu != except && counts_on(vcpu, cpu))
				sum = rational_add(sum, vcpu_density(vcpu));
		}
	return sum;
}

uint64_t cpu_demand_ppm(const struct system *system, uint32_t cpu)
{
	return rational_ppm(cpu_demand(system, cpu, NULL));
}

static bool uses_density(const struct system *system, uint32_t cpu)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < system->vms[i].vcpu_count; j++) {
			const struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];

			if (counts_on(vcpu, cpu) && vcpu->deadline_ns < vcpu->period_ns)
				return true;
		}
	return false;
}

/* In file order, the first reservation that no longer fits. */
static const struct sys_vcpu *first_too_many(const struct system *system, uint32_t cpu)
{
	struct rational sum = rational(system->cpus[cpu].best_effort_ppm, 1000000);

	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < system->vms[i].vcpu_count; j++) {
			const struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];

			if (!counts_on(vcpu, cpu))
				continue;
			sum = rational_add(sum, vcpu_density(vcpu));
			if (!rational_fits_one(sum))
				return vcpu;
		}
	return NULL;
}

/* What would be right: a capacity for this vCPU that fits beside all others, in whole microseconds.
 */
static const char *remedy(const struct system *system, const struct sys_vcpu *vcpu)
{
	struct rational others =
		rational_add(cpu_demand(system, vcpu->cpu, vcpu),
			     rational(system->cpus[vcpu->cpu].best_effort_ppm, 1000000));
	uint64_t room_ns = rational_room(others, vcpu->deadline_ns);

	if (room_ns >= 10000)
		return mem_printf("%s would fit with capacity <= %s", vcpu_name(vcpu),
				  show_time(room_ns - room_ns % 1000));
	return mem_printf("%s would not fit with any capacity: lower the other reservations or "
			  "best-effort, or move it to another CPU",
			  vcpu_name(vcpu));
}

void cpus_admit(struct system *system)
{
	for (uint32_t i = 0; i < system->board->harts; i++) {
		const struct sys_vcpu *vcpu = first_too_many(system, i);

		if (!vcpu)
			continue;
		diag_error(&system->diag, vcpu->capacity_at,
			   "CPU %u is over-committed: real-time demand %s%s + best effort %s > 100 "
			   "%%; %s",
			   i, show_share(cpu_demand_ppm(system, i)),
			   uses_density(system, i) ? " (as capacity / deadline)" : "",
			   show_share(system->cpus[i].best_effort_ppm), remedy(system, vcpu));
	}
}
