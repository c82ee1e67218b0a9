/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keys demand of each other beyond their own values: within a VM, and between a vCPU and the
 * policy of its CPU. A key that means nothing where it stands is an error.
 */
#include "mem.h"
#include "parts.h"
#include "rational.h"
#include "units.h"

#include <string.h>

static uint32_t best_effort_harts(const struct sys_vm *vm)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		count += !vcpu_is_reserved(&vm->vcpus[i]);
	return count;
}

static void check_best_effort_keys(struct diag *diag, const struct sys_vm *vm)
{
	const struct node *keys[] = {vm->weight_node, vm->priority_node};

	for (size_t i = 0; i < 2 && !best_effort_harts(vm); i++)
		if (keys[i])
			diag_error(diag, node_place(keys[i]),
				   "%s is for best effort, and every vCPU of %s has a reservation; "
				   "remove it",
				   node_name(keys[i]), vm->name);
}

static void check_best_effort_vcpu(struct diag *diag, const struct sys_vm *vm,
				   struct sys_vcpu *vcpu)
{
	if (vcpu->server_at.line)
		diag_error(diag, vcpu->server_at,
			   "'server' belongs to a reservation; add capacity and period");
	if (vcpu->extra_time_at.line)
		diag_error(diag, vcpu->extra_time_at,
			   "'extra-time' belongs to a reservation; add capacity and period");
	if (vcpu->priority > BE_PRIORITIES)
		diag_error(
			diag, vcpu->priority_at,
			"'priority': best effort has %u priorities; write 1 to %u, or add capacity "
			"and period",
			BE_PRIORITIES, BE_PRIORITIES);
	if (!vcpu->priority)
		vcpu->priority = vm->priority ? vm->priority : BE_PRIORITY_DEFAULT;
}

static void check_gang(struct diag *diag, const struct sys_vm *vm)
{
	if (!(vm->flags & VM_GANG))
		return;
	if (vm->vcpu_count < 2)
		diag_error(
			diag, node_place(vm->gang_node),
			"a gang has two vCPUs or more, and VM %s has one; remove 'gang' or give it "
			"more",
			vm->name);
	else if (best_effort_harts(vm) < vm->vcpu_count)
		diag_error(
			diag, node_place(vm->gang_node),
			"a gang is of best effort alone, and VM %s has reservations; remove 'gang' "
			"or them",
			vm->name);
}

static void check_time(struct diag *diag, const struct sys_vm *vm)
{
	if (vm->flags & VM_VIRTUAL_TIME && vm->vcpu_count + vm_services(vm) > 1)
		diag_error(diag, vm->time_node->at,
			   "virtual time is of one vCPU, and VM %s has %u and %u services; write "
			   "time: absolute or make it one vCPU without services",
			   vm->name, vm->vcpu_count, vm_services(vm));
}

static void check_share(struct diag *diag, const struct sys_vm *vm)
{
	struct rational sum = rational(0, 1);
	bool any = vm->free_services;

	if (!vm->share_node || !vm->share_ppm)
		return;
	for (uint32_t i = 0; i < vm_entries(vm); i++) {
		const struct sys_vcpu *vcpu = &vm->vcpus[i];

		any |= vcpu_is_reserved(vcpu);
		if (!vcpu->bad && vcpu->period_ns)
			sum = rational_add(sum, rational(vcpu->capacity_ns, vcpu->period_ns));
	}
	if (!any)
		diag_error(
			diag, node_place(vm->share_node),
			"'real-time-share' bounds reservations and services, and VM %s has none; "
			"remove it",
			vm->name);
	else if (rational_ppm(sum) > vm->share_ppm)
		diag_error(diag, node_place(vm->share_node),
			   "the reservations and services of VM %s take %s of a CPU, more than its "
			   "real-time share of %s; raise the share or lower a capacity",
			   vm->name, show_share(rational_ppm(sum)), show_share(vm->share_ppm));
}

static const struct sys_vm *vm_named(const struct system *system, const char *name)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (!strcmp(system->vms[i].name, name))
			return &system->vms[i];
	return NULL;
}

static void allow_services(struct system *system, struct sys_vm *vm, const struct node *right,
			   const char *name)
{
	const struct sys_vm *other = vm_named(system, name);

	if (!other)
		diag_error(&system->diag, right->at,
			   "'may': there is no VM '%s'; write the name of one under vms", name);
	else if (other == vm)
		diag_error(&system->diag, right->at,
			   "'may': VM %s may always start its own services; remove its name", name);
	else if (!vm_services(other))
		diag_error(&system->diag, right->at,
			   "'may': VM %s has no services; remove its name or add services there",
			   name);
	else
		vm->may_services |= 1ull << other->index;
}

static bool any_choice_of_plans(const struct system *system)
{
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (system->cpus[i].plan_count > 1)
			return true;
	return false;
}

static void check_right(struct system *system, struct sys_vm *vm, const struct node *right)
{
	static const char *const forms = "write 'start-services VM...' or 'change-plan'";
	char *rest, *words, *word;
	uint32_t names = 0;

	if (right->kind != NODE_TEXT) {
		diag_error(&system->diag, right->at, "a right is a single value; %s", forms);
		return;
	}
	words = mem_copy_text(right->text, strlen(right->text));
	word = strtok_r(words, " ", &rest);
	if (word && !strcmp(word, "change-plan") && !strtok_r(NULL, " ", &rest)) {
		vm->flags |= VM_MAY_PLAN;
		if (!any_choice_of_plans(system))
			diag_error(
				&system->diag, right->at,
				"'change-plan' means nothing: no CPU has two plans; add plans or "
				"remove it");
		return;
	}
	if (!word || strcmp(word, "start-services")) {
		diag_error(&system->diag, right->at, "'may': unknown right '%s'; %s", right->text,
			   forms);
		return;
	}
	for (; (word = strtok_r(NULL, " ", &rest)); names++)
		allow_services(system, vm, right, word);
	if (!names)
		diag_error(&system->diag, right->at,
			   "'start-services' lacks a name; write of which VM, such as "
			   "'start-services control'");
}

void rules_check(struct system *system)
{
	struct diag *diag = &system->diag;

	for (uint32_t i = 0; i < system->vm_count; i++) {
		struct sys_vm *vm = &system->vms[i];

		check_best_effort_keys(diag, vm);
		for (uint32_t j = 0; j < vm->vcpu_count; j++)
			if (!vcpu_is_reserved(&vm->vcpus[j]))
				check_best_effort_vcpu(diag, vm, &vm->vcpus[j]);
		check_gang(diag, vm);
		check_time(diag, vm);
		check_share(diag, vm);
		for (const struct node *right = vm->may_node ? vm->may_node->first : NULL; right;
		     right = right->next)
			check_right(system, vm, right);
	}
}
