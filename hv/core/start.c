/* SPDX-License-Identifier: Apache-2.0 */
/* Start, top to bottom: check, allocate, build, let the CPUs go. Nothing is allocated afterwards.
 */
#include "core/start.h"
#include "arch/arch.h"
#include "board/board.h"
#include "core/console.h"
#include "core/device_irq.h"
#include "core/fdt.h"
#include "core/pool.h"
#include "core/restart.h"
#include "core/table.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/work.h"

extern const char __hv_end[];

struct cpu *cpus;
struct vm *vms;
struct vcpu *vcpus;
uint32_t cpu_count, vm_count, vcpu_count;
const struct device_irq_ops *device_irq;
const struct restart_ops *restart;

/* A CPU's scheduler: heap slots for its vCPUs and, on CPU 0, the console. */
static void build_cpu(uint32_t index)
{
	struct cpu *cpu = &cpus[index];
	uint32_t entities = index == 0 ? 1 : 0;

	cpu->index = index;
	cpu->hart_id = table_cpu(index)->hart_id;
	for (uint32_t i = 0; i < table->vcpus.count; i++)
		cpu->vcpu_count += table_vcpu(i)->cpu == index;
	entities += cpu->vcpu_count;
	sched_init(&cpu->sched,
		   pool_take(sizeof(struct heap_node *) * 2 * SCHED_QUEUES * entities, 8), entities,
		   arch_tick_ns());
	for_each_unit(u) if ((*u)->cpu_init)(*u)->cpu_init(cpu);
}

static void build_vcpu(struct vm *vm, uint32_t number)
{
	struct vcpu *v = &vm->vcpus[number];
	const struct table_vcpu *c = table_vcpu(vm->config->vcpu_first + number);

	v->vm = vm;
	v->config = c;
	v->cpu = &cpus[c->cpu];
	v->index = vm->config->vcpu_first + number;
	v->number = number;
	v->entity.queue = c->capacity_ns ? SCHED_RT : SCHED_BE;
	v->entity.capacity = c->capacity_ns;
	v->entity.period = c->period_ns;
	v->entity.deadline = c->deadline_ns;
	v->entity.slice = table_cpu(c->cpu)->quantum_ns * c->weight;
	if (!v->cpu->sched.queues[v->entity.queue].policy)
		panic("image lacks the scheduling policy of vCPU", v->index);
	v->cpu->files[c->guest_file] = v;
	atomic_store(&v->power, VCPU_STOPPED);
	arch_vcpu_init(v);
}

static void build_vm(uint32_t index)
{
	struct vm *vm = &vms[index];

	vm->config = table_vm(index);
	vm->index = index;
	vm->vcpus = &vcpus[vm->config->vcpu_first];
	arch_vm_init(vm);
	console_port_init(&vm->port);
	for_each_unit(u) if ((*u)->vm_init && (*u)->vm_init(vm) != HV_OK)
		panic("no room for a device of VM", index);
	if (vm->config->vic != VIC_NONE && !vm->vic)
		panic("image lacks the interrupt controller of VM", index);
	if (vm->config->vcpu_count > 1 && !vcpu_fence)
		panic("image lacks what SMP guests need, VM", index);
	for (uint32_t i = 0; i < vm->config->vcpu_count; i++)
		build_vcpu(vm, i);
	vm_prepare_start(vm);
}

static struct cpu *boot_cpu(uint32_t hart_id)
{
	for (uint32_t i = 0; i < cpu_count; i++)
		if (cpus[i].hart_id == hart_id)
			return &cpus[i];
	panic("firmware started a hart that this system does not use", hart_id);
}

void start(uint32_t hart_id, const void *dtb)
{
	const char *wrong = table_check(__hv_end);

	if (!wrong)
		wrong = fdt_check(dtb);
	if (wrong)
		panic(wrong, 0);
	pool_init(table->pool_phys, table->pool_bytes);
	arch_start_prepare();

	cpu_count = table->cpus.count;
	vm_count = table->vms.count;
	vcpu_count = table->vcpus.count;
	cpus = pool_take(cpu_count * sizeof(*cpus), 64);
	vms = pool_take(vm_count * sizeof(*vms), 64);
	vcpus = pool_take(vcpu_count * sizeof(*vcpus), 64);
	for (uint32_t i = 0; i < cpu_count; i++)
		build_cpu(i);
	for (uint32_t i = 0; i < vm_count; i++)
		build_vm(i);

	console_init(board_init());
	arch_start_cpus(boot_cpu(hart_id));
}

void cpu_start(struct cpu *cpu)
{
	ns_t now = arch_now();

	if (cpu->index == 0)
		work_start(cpu);
	for (uint32_t i = 0; i < vcpu_count; i++)
		if (vcpus[i].cpu == cpu && vcpus[i].reset_pending)
			sched_start(&cpu->sched, &vcpus[i].entity, now);
	/* Requests that came before this CPU could be interrupted. */
	cpu_handle_kick(cpu, SCHED_RT);
	cpu_handle_kick(cpu, SCHED_BE);
}
