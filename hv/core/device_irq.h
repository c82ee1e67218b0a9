/* SPDX-License-Identifier: Apache-2.0 */
/* Wired interrupts of dedicated devices, by the VM's own source numbers. The unit sets
 * `device_irq`. */
#ifndef HV_CORE_DEVICE_IRQ_H
#define HV_CORE_DEVICE_IRQ_H

#include "lib/types.h"

struct vm;
struct vcpu;

struct device_irq_ops {
	/*
	 * AIA VM: the source becomes MSI `identity` in to's guest file; mode as in the APLIC's
	 * sourcecfg. False when the VM owns no such source.
	 */
	bool (*route)(struct vm *vm, uint32_t source, uint32_t mode, struct vcpu *to,
		      uint32_t identity, bool enabled);
	/* Level source, handled: sends again if the line is still asserted. */
	void (*retrigger)(struct vm *vm, uint32_t source);
	/* PLIC VM: source phys_source has interrupted the hypervisor. */
	void (*arrived)(uint32_t phys_source);
};

extern const struct device_irq_ops *device_irq; /* NULL: no dedicated device in this system */

#endif
