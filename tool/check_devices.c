/* SPDX-License-Identifier: Apache-2.0 */
/* Owners of devices, and the numbers that interrupts have at the guests' controllers. */
#include "parts.h"

struct owner {
	const struct sys_vm *vm;
	const struct sys_device *device;
};

/* The VM before this one that has the same device. */
static struct owner owner_before(const struct system *system, const struct sys_vm *vm,
				 const struct sys_device *device)
{
	for (uint32_t i = 0; i < vm->index; i++)
		for (uint32_t j = 0; j < system->vms[i].device_count; j++)
			if (system->vms[i].devices[j].device == device->device)
				return (struct owner){&system->vms[i], &system->vms[i].devices[j]};
	return (struct owner){NULL, NULL};
}

static void check_owner(struct system *system, const struct sys_vm *vm,
			const struct sys_device *device)
{
	struct owner owner = owner_before(system, vm, device);

	if (owner.vm)
		diag_error(&system->diag, device->at,
			   "device '%s' (interrupt %u) already belongs to VM %s (line %d); a "
			   "dedicated device has one owner",
			   device->device->name, device->device->irq, owner.vm->name,
			   owner.device->at.line);
}

/* AIA: 1 is the UART if there is one, devices follow. PLIC: the board's own numbers. */
static void number_sources(struct sys_vm *vm)
{
	uint32_t next = 1;

	if (vm->uart)
		vm->uart_source =
			vm->vic == VIC_PLIC ? GUEST_UART_PLIC_SOURCE : GUEST_UART_AIA_SOURCE;
	next += vm->uart;
	for (uint32_t i = 0; i < vm->device_count; i++) {
		struct sys_device *device = &vm->devices[i];

		if (!device->device->irq || vm->vic == VIC_NONE)
			continue;
		device->virt_source = vm->vic == VIC_PLIC ? device->device->irq : next++;
	}
	vm->vic_sources = vm->vic == VIC_PLIC ? GUEST_PLIC_NDEV : next > 1 ? next - 1 : 1;
}

void devices_check(struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++) {
		struct sys_vm *vm = &system->vms[i];

		for (uint32_t j = 0; j < vm->device_count; j++)
			check_owner(system, vm, &vm->devices[j]);
		number_sources(vm);
	}
}
