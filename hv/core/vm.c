/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vm.h"
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/restart.h"
#include "core/table.h"
#include "core/trace.h"
#include "core/vcpu.h"

#define FAULT_LINES 8u /* afterwards only counts that are powers of two get a line */

static _Atomic uint32_t vms_ended;

uint64_t vm_exits(const struct vm *vm, unsigned cause)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < vm_vcpus(vm->config); i++)
		sum += vm->vcpus[i].exits[cause];
	return sum;
}

void vm_prepare_start(struct vm *vm)
{
	struct vcpu *first = &vm->vcpus[0];

	atomic_store(&vm->state, VM_RUNNING);
	/* Services keep a VM alive whose harts have stopped. */
	atomic_store(&vm->running, vm_vcpus(vm->config) > vm->config->vcpu_count ? 2 : 1);
	atomic_store(&first->power, VCPU_STARTED);
	first->start_entry = vm->config->entry;
	first->start_argument = vm->config->dtb_gpa;
	first->reset_pending = true;
}

void vm_stop(struct vm *vm, const char *reason, bool again)
{
	uint32_t expected = VM_RUNNING;
	struct vcpu *v;

	if (!atomic_compare_exchange_strong(&vm->state, &expected, VM_STOPPING))
		return;
	vm->reason = reason;
	vm->restart = again && restart && vm->config->copy_count;
	vcpu_request_later(&vm->vcpus[0], REQ_STOP); /* which asks the next one, and so on */
	/* The caller's own vCPU, if it is one of them, runs no further. */
	v = arch_this_cpu()->current;
	if (v && v->vm == vm)
		vcpu_sleep(v, WAIT_STOP, NS_NEVER);
}

void vm_all_stopped(struct vm *vm)
{
	bool talk = !(table->flags & SYSTEM_QUIET);

	if (talk)
		console_log("partita: vm %s %s: %s\n", (uint64_t)vm->config->name,
			    (uint64_t)(vm->restart ? "restarts" : "has ended"),
			    (uint64_t)vm->reason, 0, 0);
	if (vm->restart) {
		restart->begin(vm);
		return;
	}
	atomic_store(&vm->state, VM_ENDED);
	if (talk)
		console_report(vm);
	if (atomic_fetch_add(&vms_ended, 1) + 1 == vm_count)
		console_off_when_shown();
}

void vm_vcpu_stopped(struct vcpu *v)
{
	if (v + 1 < v->vm->vcpus + vm_vcpus(v->vm->config))
		vcpu_request_later(v + 1, REQ_STOP);
	else
		vcpu_request_later(&v->vm->vcpus[0], REQ_LAST); /* in a stretch of its own */
}

int vm_add_vdev(struct vm *vm, const struct vdev *dev)
{
	if (vm->vdev_count >= VM_MAX_VDEVS)
		return HV_ENOMEM;
	vm->vdevs[vm->vdev_count++] = *dev;
	return HV_OK;
}

bool vm_owns(const struct vm *vm, gpaddr_t gpa, uint64_t bytes, uint32_t rights)
{
	for (uint32_t i = 0; i < vm->config->region_count; i++) {
		const struct table_region *r = table_region(vm->config->region_first + i);

		if ((r->rights & rights) == rights && gpa >= r->gpa && bytes <= r->bytes &&
		    gpa - r->gpa <= r->bytes - bytes)
			return true;
	}
	return false;
}

static bool shall_log(uint32_t count)
{
	return count <= FAULT_LINES || !(count & (count - 1));
}

bool vm_fault(struct vcpu *v, const char *what, uint64_t address, uint64_t pc)
{
	struct vm *vm = v->vm;
	uint32_t count = atomic_fetch_add(&vm->faults, 1) + 1;

	trace(TRACE_FAULT, v->index, 0, address);
	if (shall_log(count))
		console_log(count < FAULT_LINES ? "partita: vm %s vcpu %u: %s: 0x%x at pc 0x%x\n"
						: "partita: vm %s vcpu %u: %s: 0x%x at pc 0x%x "
						  "(more are counted)\n",
			    (uint64_t)vm->config->name, v->number, (uint64_t)what, address, pc);
	if (vm->config->on_fault == ACTION_INJECT)
		return true;
	vm_stop(vm, what, vm->config->on_fault == ACTION_RESTART);
	return false;
}
