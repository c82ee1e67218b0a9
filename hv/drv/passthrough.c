/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: wired interrupts of dedicated devices. For an AIA VM the board's APLIC sends them straight
 * into the guest's interrupt file, as the guest programs its own APLIC; the hypervisor never sees
 * them. For a PLIC VM they come to the CPU of its vCPU 0 and are raised in the emulated PLIC.
 */
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/device_irq.h"
#include "core/table.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "drv/aplic.h"
#include "drv/imsic_ids.h"

/* At most 127 sources in all, a handful in practice. */
static const struct table_irq *find(const struct vm *vm, uint32_t source)
{
	for (uint32_t i = 0; i < vm->config->irq_count; i++) {
		const struct table_irq *irq = table_irq(vm->config->irq_first + i);

		if (irq->virt_source == source)
			return irq;
	}
	return NULL;
}

static bool route(struct vm *vm, uint32_t source, uint32_t mode, struct vcpu *to, uint32_t identity,
		  bool enabled)
{
	const struct table_irq *irq = find(vm, source);

	if (!irq)
		return false;
	aplic_route(irq->phys_source, (enum aplic_mode)mode, to->cpu->hart_id,
		    to->config->guest_file, identity);
	aplic_enable(irq->phys_source, enabled);
	return true;
}

static void retrigger(struct vm *vm, uint32_t source)
{
	const struct table_irq *irq = find(vm, source);

	if (irq)
		aplic_retrigger(irq->phys_source);
}

static void arrived(uint32_t phys_source)
{
	for (uint32_t i = 0; i < vm_count; i++) {
		const struct table_vm *c = vms[i].config;

		for (uint32_t j = 0; j < c->irq_count; j++)
			if (table_irq(c->irq_first + j)->phys_source == phys_source) {
				vms[i].vic->physical(&vms[i],
						     table_irq(c->irq_first + j)->virt_source);
				return;
			}
	}
}

static const struct device_irq_ops ops = {route, retrigger, arrived};

/* Sources are silent until the guest (AIA) or this function (PLIC) routes them. */
static void vm_reset(struct vm *vm)
{
	for (uint32_t i = 0; i < vm->config->irq_count; i++) {
		const struct table_irq *irq = table_irq(vm->config->irq_first + i);

		aplic_enable(irq->phys_source, false);
		if (vm->config->vic != VIC_PLIC)
			continue;
		aplic_route(irq->phys_source, APLIC_LEVEL_HIGH,
			    table_cpu(table_vcpu(vm->config->vcpu_first)->cpu)->hart_id, 0,
			    IMSIC_ID_DEVICE + irq->phys_source);
		aplic_enable(irq->phys_source, true);
	}
}

static int vm_init(struct vm *vm)
{
	device_irq = &ops;
	vm_reset(vm);
	return HV_OK;
}

static const struct unit passthrough = {
	.name = "passthrough",
	.vm_init = vm_init,
	.vm_reset = vm_reset,
};
UNIT(passthrough);
