/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading a system file, in the order in which system_read() calls them. */
#ifndef TOOL_PARTS_H
#define TOOL_PARTS_H

#include "keys.h"

/* read_vm.c: one VM's keys; then defaults and what its keys demand of each other. */
void vm_read(struct reader *reader, const struct node *value, struct sys_vm *vm);
void vm_finish(struct reader *reader, struct sys_vm *vm);

/* read_cpu.c: the CPUs with their plans. */
void cpus_read(struct reader *reader, const struct node *value, struct system *system);

/* read_service.c: services, rights, shares; read_tasks.c: tasks inside a VM. */
void read_services(struct reader *reader, const struct node *value, void *object);
void read_free_services(struct reader *reader, const struct node *value, void *object);
void read_registration(struct reader *reader, const struct node *value, void *object);
void read_real_time_share(struct reader *reader, const struct node *value, void *object);
void read_may(struct reader *reader, const struct node *value, void *object);
void services_finish(struct reader *reader, struct sys_vm *vm);
void read_tasks(struct reader *reader, const struct node *value, void *object);
void read_task_scheduler(struct reader *reader, const struct node *value, void *object);
void tasks_finish(struct reader *reader, struct sys_vm *vm);

/* read_processor.c: what the guest sees of the processor. */
void processor_default(struct sys_vm *vm);
void read_processor(struct reader *reader, const struct node *value, void *object);

/* read_vcpu.c: the value of a VM's `vcpus`, and of a service; then defaults from the VM. */
void vcpus_read(struct reader *reader, const struct node *value, struct sys_vm *vm);
void service_read(struct reader *reader, const struct node *value, struct sys_vcpu *service);
void reservation_finish(struct diag *diag, struct sys_vcpu *vcpu);
void vcpus_finish(struct reader *reader, struct sys_vm *vm);

/* check_memory.c: whether the memory is possible. After the layout, content.c fills it. */
void memory_check(struct system *system, struct sys_vm *vm);
void content_make(struct system *system, struct sys_vm *vm);

/* check_plans.c: slots, and the reservations that they are. */
void plans_check(struct system *system);

/* check_rules.c: what a VM's keys demand of each other; check_policies.c: what a vCPU's CPU
 * demands of its keys. */
void rules_check(struct system *system);
void policies_check(struct system *system);

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
