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
#include "core/services.h"
#include "core/table.h"
#include "core/trace.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/work.h"

extern const char __hv_end[];

struct cpu *cpus;
struct vm *vms;
struct vcpu *vcpus;
uint32_t cpu_count, vm_count, vcpu_count;
struct sched_shared best_effort;
const struct device_irq_ops *device_irq;
const struct restart_ops *restart;

/* Another CPU has somebody for this one. */
static void notify(struct sched_cpu *c)
{
	cpu_request(container_of(c, struct cpu, sched), CPU_REQ_CHOOSE);
}

/* A CPU's scheduler: heap slots for all who may come and, on CPU 0, the hypervisor's own work. */
static void build_cpu(uint32_t index)
{
	struct cpu *cpu = &cpus[index];
	uint32_t entities = 0;

	cpu->index = index;
	cpu->hart_id = table_cpu(index)->hart_id;
	for (uint32_t i = 0; i < table->vcpus.count; i++)
		entities += table_vcpu(i)->cpus >> index & 1;
	cpu->single = entities == 1;
	entities += index == 0;
	sched_init(&cpu->sched, &best_effort, index,
		   pool_take(sizeof(struct heap_slot) * SCHED_SLOTS(entities), 8), entities,
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
	v->movable = c->cpus & (c->cpus - 1);
	vcpu_build_entity(v);
	if (sched_is_rt(&v->entity) && v->entity.period && !v->cpu->sched.policy)
		panic("image lacks the scheduling policy of vCPU", v->index);
	for (uint32_t i = 0; c->guest_file && i < cpu_count; i++)
		if (c->cpus >> i & 1)
			cpus[i].files[c->guest_file] = v;
	atomic_store(&v->power, VCPU_STOPPED);
	arch_vcpu_init(v);
}

/* Siblings of a gang know each other. */
static void build_gang(struct vm *vm)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < vm->config->vcpu_count; i++)
		if (!sched_is_rt(&vm->vcpus[i].entity))
			all |= 1ull << vm->vcpus[i].entity.id;
	for (uint32_t i = 0; i < vm->config->vcpu_count; i++)
		if (!sched_is_rt(&vm->vcpus[i].entity))
			vm->vcpus[i].entity.gang = all & ~(1ull << vm->vcpus[i].entity.id);
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
	if (vm_vcpus(vm->config) > 1 && !vcpu_fence) /* services send IPIs, too */
		panic("image lacks what SMP guests need, VM", index);
	if (vm_vcpus(vm->config) > vm->config->vcpu_count && !services)
		panic("image lacks what services need, VM", index);
	for (uint32_t i = 0; i < vm_vcpus(vm->config); i++)
		build_vcpu(vm, i);
	if (vm->config->flags & VM_GANG)
		build_gang(vm);
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
	best_effort.notify = notify;
	for (uint32_t i = 0; i < cpu_count; i++)
		build_cpu(i);
	for (uint32_t i = 0; i < vm_count; i++)
		build_vm(i);

	admission_init();
	for (uint32_t i = 0; services && i < vm_count; i++)
		services->begin(&vms[i], arch_now());
	console_init(board_init());
	arch_start_cpus(boot_cpu(hart_id));
}

void cpu_start(struct cpu *cpu)
{
	ns_t now = arch_now();

	if (cpu->index == 0)
		work_start(cpu);
	for (uint32_t i = 0; i < vcpu_count; i++)
		if (vcpus[i].cpu == cpu && vcpus[i].reset_pending) {
			trace(TRACE_START, vcpus[i].index, 0, 0);
			sched_start(&cpu->sched, &vcpus[i].entity, now);
		}
	/* Requests that came before this CPU could be interrupted. */
	cpu_handle_kick(cpu, SCHED_RT);
	cpu_handle_kick(cpu, SCHED_BE);
}
