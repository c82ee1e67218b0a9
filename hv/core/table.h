/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_CORE_TABLE_H
#define HV_CORE_TABLE_H

#include "abi/table.h"
#include "lib/types.h"

/* The system table, set by table_check(). */
extern const struct table_header *table;

/*
 * Checks everything the hypervisor's own safety rests on: checksum, spans, indices, and that no
 * region given to a guest touches the hypervisor, the firmware, devices of its own or another VM.
 * Returns NULL, or what is wrong.
 */
const char *table_check(const void *at);

const struct table_cpu *table_cpu(uint32_t index);
const struct table_vm *table_vm(uint32_t index);
const struct table_vcpu *table_vcpu(uint32_t index);
const struct table_region *table_region(uint32_t index);
const struct table_irq *table_irq(uint32_t index);
const struct table_copy *table_copy(uint32_t index);
const struct table_plan *table_plan(uint32_t index);
const struct table_slot *table_slot(uint32_t index);
/* All vCPUs of a VM: harts, then services. */
static inline uint32_t vm_vcpus(const struct table_vm *vm)
{
	return vm->vcpu_count + vm->service_count + vm->free_services;
}
/* Bytes of the trace rings, whole 2 MiB pages; 0: none. */
uint64_t table_trace_bytes(void);

#endif
