/* SPDX-License-Identifier: Apache-2.0 */
/* What the tool needs to know to size the pool (abi/table.h). */
#include "abi/table.h"
#include "core/cpu.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "own_map.h"
#include "vdev/vaplic.h"
#include "vdev/vplic.h"
#include "vdev/vuart.h"

#define HEAP_BYTES (SCHED_SLOTS(1) * sizeof(struct heap_slot)) /* of one entity */

const struct hv_sizes hv_sizes __attribute__((used, section(".rodata.hv_sizes"))) = {
	.stack_bytes = STACK_BYTES,
	.cpu_bytes = sizeof(struct cpu) + HEAP_BYTES, /* of the hypervisor's own work */
	.heap_bytes = HEAP_BYTES,
	.vm_bytes = sizeof(struct vm),
	.vcpu_bytes = sizeof(struct vcpu) + sizeof(struct admit_task),
	.uart_bytes = sizeof(struct vuart),
	.plic_bytes = sizeof(struct vplic),
	.aplic_bytes = sizeof(struct vaplic),
	.services_bytes = sizeof(struct vm_services),
	.plan_bytes = sizeof(struct sched_plan),
	.slot_bytes = sizeof(struct sched_slot),
	.sporadic_bytes = sizeof(struct sched_refills),
	.own_table_pages = OWN_TABLE_PAGES,
};
