/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading a system file, in the order in which system_read() calls them. */
#ifndef TOOL_PARTS_H
#define TOOL_PARTS_H

#include "keys.h"

/* read_vm.c: one VM's keys; then defaults and what its keys demand of each other. */
void vm_read(struct reader *reader, const struct node *value, struct sys_vm *vm);
void vm_finish(struct reader *reader, struct sys_vm *vm);

/* read_processor.c: what the guest sees of the processor. */
void processor_default(struct sys_vm *vm);
void read_processor(struct reader *reader, const struct node *value, void *object);

/* read_vcpu.c: the value of a VM's `vcpus`; then defaults from the VM. */
void vcpus_read(struct reader *reader, const struct node *value, struct sys_vm *vm);
void vcpus_finish(struct reader *reader, struct sys_vm *vm);

/* check_memory.c: whether the memory is possible. After the layout, content.c fills it. */
void memory_check(struct system *system, struct sys_vm *vm);
void content_make(struct system *system, struct sys_vm *vm);

/* check_where.c: CPUs among which each vCPU's home is chosen; once it is, where the vCPU may run.
 */
void cpus_allow(struct system *system);
void cpus_pin(struct system *system);

/* check_cpus.c: homes, guest interrupt files, admission. */
void cpus_place(struct system *system);
void cpus_admit(struct system *system);
uint64_t cpu_demand_ppm(const struct system *system, uint32_t cpu);

/* check_devices.c: owners and interrupt numbers. */
void devices_check(struct system *system);

#endif
