/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM says about its services, about those of others, and about their bounds. */
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <string.h>

#define REGISTRATION_MAX_NS 3600000000000ull
#define SHARE_MAX_PERCENT   (100u * TABLE_MAX_CPUS)

/* Read when the VM's harts are known: services_finish(). */
void read_services(struct reader *reader, const struct node *value, void *object)
{
	if (value->kind == NODE_MAP && value->count)
		((struct sys_vm *)object)->services_node = value;
	else
		diag_error(reader->diag, value->at,
			   "'services' must be a map of names; write such as {control: {capacity: "
			   "50us, period: 500us}}");
}

void read_free_services(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (read_count(reader, value, 1, TABLE_MAX_SERVICES, &vm->free_services))
		vm->free_node = value;
}

void read_registration(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;
	const char *text;
	uint64_t ns;

	if (!read_text(reader, value, &text))
		return;
	vm->registration_node = value;
	if (!strcmp(text, "always") ||
	    !read_time_between(reader, value, 1000, REGISTRATION_MAX_NS, &ns))
		return;
	if (ns % 1000)
		diag_error(reader->diag, value->at,
			   "'registration': %s is finer than it is kept; write whole microseconds",
			   text);
	vm->registration_us = (uint32_t)(ns / 1000);
}

void read_real_time_share(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (!read_share(reader, value, SHARE_MAX_PERCENT, &vm->share_ppm))
		return;
	vm->share_node = value;
	if (!vm->share_ppm)
		diag_error(
			reader->diag, value->at,
			"'real-time-share': a share of nothing; remove the key, and what it is to "
			"bound");
}

void read_may(struct reader *reader, const struct node *value, void *object)
{
	if (value->kind == NODE_LIST && value->count)
		((struct sys_vm *)object)->may_node = value;
	else
		diag_error(reader->diag, value->at,
			   "'may' must be a list of rights; write such as [start-services control, "
			   "change-plan]");
}

static void make_service(struct reader *reader, const struct node *node, struct sys_vm *vm)
{
	struct sys_vcpu *service = &vm->vcpus[vm_entries(vm)];

	*service = (struct sys_vcpu){.vm = vm,
				     .name = node->key->text,
				     .number = vm_entries(vm),
				     .cpu = CPU_NONE,
				     .weight = 1,
				     .is_service = true};
	vm->service_count++;
	if (!name_is_good(service->name))
		diag_error(
			reader->diag, node->key->at,
			"'%s' is not a name for a service; use up to %u small letters, digits and "
			"dashes, a letter first",
			service->name, TABLE_NAME_BYTES - 1);
	service_read(reader, node, service);
	reservation_finish(reader->diag, service);
	service->pinned = service->cpu != CPU_NONE;
	service->movable = !service->pinned;
}

static void make_services(struct reader *reader, struct sys_vm *vm)
{
	size_t count = vm->vcpu_count + vm->services_node->count;
	struct sys_vcpu *vcpus = mem_zero(count * sizeof(*vcpus));

	memcpy(vcpus, vm->vcpus, vm->vcpu_count * sizeof(*vcpus));
	vm->vcpus = vcpus;
	for (const struct node *child = vm->services_node->first; child; child = child->next)
		make_service(reader, child, vm);
}

void services_finish(struct reader *reader, struct sys_vm *vm)
{
	if (vm->services_node)
		make_services(reader, vm);
	if (vm_services(vm) > TABLE_MAX_SERVICES)
		diag_error(reader->diag,
			   node_place(vm->services_node ? vm->services_node : vm->free_node),
			   "VM %s has %u services and room for %u more; a VM has at most %u in all",
			   vm->name, vm->service_count, vm->free_services, TABLE_MAX_SERVICES);
	if (vm->registration_node && !vm->free_node)
		diag_error(
			reader->diag, node_place(vm->registration_node),
			"'registration' is about services that the VM creates, and it has no room "
			"for any; add the key 'free-services' or remove it");
}
