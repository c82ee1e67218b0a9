/* SPDX-License-Identifier: Apache-2.0 */
/* What the tool needs to know to size the pool (abi/table.h). */
#include "abi/table.h"
#include "core/cpu.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "own_map.h"
#include "vdev/vaplic.h"
#include "vdev/vplic.h"
#include "vdev/vuart.h"

#define HEAP_SLOTS_BYTES (2 * SCHED_QUEUES * sizeof(struct heap_node *)) /* of one entity */

const struct hv_sizes hv_sizes __attribute__((used, section(".rodata.hv_sizes"))) = {
	.stack_bytes = STACK_BYTES,
	.cpu_bytes = sizeof(struct cpu) + HEAP_SLOTS_BYTES,
	.vm_bytes = sizeof(struct vm),
	.vcpu_bytes = sizeof(struct vcpu) + HEAP_SLOTS_BYTES,
	.uart_bytes = sizeof(struct vuart),
	.plic_bytes = sizeof(struct vplic),
	.aplic_bytes = sizeof(struct vaplic),
	.own_table_pages = OWN_TABLE_PAGES,
};
