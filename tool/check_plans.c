/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans of CPUs with policy table: slots in order, apart, inside the frame, each of a vCPU that
 * lives there. Being named in a slot makes a vCPU real-time: it has the slots of the first plan
 * that names it as its reservation.
 */
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <string.h>

static struct sys_vm *vm_named(const struct system *system, const char *name, size_t length)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (strlen(system->vms[i].name) == length &&
		    !strncmp(system->vms[i].name, name, length))
			return &system->vms[i];
	return NULL;
}

/* "first" or "first[1]". */
static struct sys_vcpu *vcpu_find(struct system *system, const struct node *name)
{
	size_t length = strcspn(name->text, "[");
	struct sys_vm *vm = vm_named(system, name->text, length);
	char *number = mem_copy_text(name->text + length, strlen(name->text + length));
	size_t last = strlen(number) - 1;
	uint64_t index = 0;

	if (!vm) {
		diag_error(&system->diag, name->at,
			   "'vcpu': there is no VM '%.*s'; write the name of one under vms",
			   (int)length, name->text);
		return NULL;
	}
	if (!*number && vm->vcpu_count > 1) {
		diag_error(&system->diag, name->at,
			   "VM %s has %u vCPUs; say which: \"%s[0]\" to \"%s[%u]\"", vm->name,
			   vm->vcpu_count, vm->name, vm->name, vm->vcpu_count - 1);
		return NULL;
	}
	if (*number && number[last] == ']')
		number[last] = '\0';
	else if (*number)
		number = "[";
	if (*number && (unit_count(number + 1, &index) || index >= vm->vcpu_count)) {
		diag_error(&system->diag, name->at,
			   "'%s' is no vCPU of VM %s; write \"%s[0]\" to \"%s[%u]\"", name->text,
			   vm->name, vm->name, vm->name, vm->vcpu_count - 1);
		return NULL;
	}
	return &vm->vcpus[index];
}

static bool is_whole(const struct sys_slot *slot)
{
	return slot->has_offset && slot->has_length;
}

/* By rising offset; few, and mostly in order as written. */
static void sort_slots(struct sys_plan *plan)
{
	for (uint32_t i = 1; i < plan->slot_count; i++)
		for (uint32_t j = i; j && plan->slots[j].offset_ns < plan->slots[j - 1].offset_ns;
		     j--) {
			struct sys_slot slot = plan->slots[j];

			plan->slots[j] = plan->slots[j - 1];
			plan->slots[j - 1] = slot;
		}
}

static const char *show_slot(const struct sys_slot *slot)
{
	return mem_printf("%s-%s", show_time(slot->offset_ns),
			  show_time(slot->offset_ns + slot->length_ns));
}

/* Against the slot before it that reaches furthest. */
static void check_times(struct diag *diag, const struct sys_plan *plan)
{
	const struct sys_slot *before = NULL;

	for (uint32_t i = 0; i < plan->slot_count; i++) {
		const struct sys_slot *slot = &plan->slots[i];

		if (!is_whole(slot))
			continue;
		if (plan->frame_ns && (slot->offset_ns > plan->frame_ns ||
				       slot->length_ns > plan->frame_ns - slot->offset_ns))
			diag_error(diag, slot->offset_at,
				   "slot %s reaches beyond the frame of %s; shorten or move it",
				   show_slot(slot), show_time(plan->frame_ns));
		else if (before && slot->offset_ns < before->offset_ns + before->length_ns)
			diag_error(diag, slot->offset_at,
				   "slot %s overlaps slot %s (line %d); slots of a plan lie apart, "
				   "move "
				   "or shorten one",
				   show_slot(slot), show_slot(before), before->at.line);
		if (!before ||
		    slot->offset_ns + slot->length_ns > before->offset_ns + before->length_ns)
			before = slot;
	}
}

static uint64_t slot_time(const struct sys_plan *plan, const struct sys_vcpu *vcpu)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < plan->slot_count; i++)
		if ((!vcpu || plan->slots[i].vcpu == vcpu) && is_whole(&plan->slots[i]) &&
		    plan->slots[i].length_ns <= plan->frame_ns)
			sum += plan->slots[i].length_ns;
	return sum;
}

static void own_slot(struct system *system, uint32_t cpu, struct sys_slot *slot)
{
	struct sys_vcpu *vcpu = slot->name ? vcpu_find(system, slot->name) : NULL;

	if (!vcpu)
		return;
	if (vcpu->cpu == CPU_NONE) {
		vcpu->cpu = cpu;
		vcpu->cpu_at = slot->name->at;
		vcpu->pinned = true;
	}
	if (vcpu->cpu != cpu) {
		diag_error(&system->diag, slot->name->at,
			   "%s lives on CPU %u (line %d), and this is a slot of CPU %u; name a "
			   "vCPU of "
			   "this CPU",
			   vcpu_name(vcpu), vcpu->cpu, vcpu->cpu_at.line, cpu);
		return;
	}
	slot->vcpu = vcpu;
	vcpu->has_slot = true;
}

/* The reservation that the table and the analysis see. */
static void make_reservations(const struct sys_plan *plan)
{
	for (uint32_t i = 0; i < plan->slot_count; i++) {
		struct sys_vcpu *vcpu = plan->slots[i].vcpu;

		if (!vcpu || vcpu->has_capacity || vcpu->has_period || vcpu->period_ns)
			continue;
		vcpu->period_ns = vcpu->deadline_ns = plan->frame_ns;
		vcpu->capacity_ns = slot_time(plan, vcpu);
	}
}

static void check_share(struct diag *diag, const struct sys_cpu *cpu, const struct sys_plan *plan)
{
	uint64_t kept =
		(uint64_t)((unsigned __int128)plan->frame_ns * cpu->best_effort_ppm / 1000000);
	uint64_t slots = slot_time(plan, NULL);

	if (!cpu->has_share || slots > plan->frame_ns || plan->frame_ns - slots >= kept)
		return;
	diag_error(
		diag, plan->at,
		"the slots of this plan leave %s of %s to best effort, and 'best-effort' promises "
		"%s; shorten slots or lower the share",
		show_time(plan->frame_ns - slots), show_time(plan->frame_ns),
		show_share(cpu->best_effort_ppm));
}

void plans_check(struct system *system)
{
	for (uint32_t i = 0; i < system->board->harts; i++) {
		struct sys_cpu *cpu = &system->cpus[i];

		for (uint32_t j = 0; cpu->policy == POLICY_TABLE && j < cpu->plan_count; j++) {
			struct sys_plan *plan = &cpu->plans[j];

			for (uint32_t k = 0; k < plan->slot_count; k++)
				own_slot(system, i, &plan->slots[k]);
			sort_slots(plan);
			check_times(&system->diag, plan);
			make_reservations(plan);
			check_share(&system->diag, cpu, plan);
		}
	}
}
