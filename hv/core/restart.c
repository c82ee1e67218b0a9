/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: restart of a VM from its pristine copies, RESTART_BYTES a step. First, if the configuration
 * says so, all of its memory is cleared; then the copies are written; then devices and vCPU 0 begin
 * anew.
 */
#include "core/restart.h"
#include "arch/arch.h"
#include "lib/bits.h"
#include "core/services.h"
#include "core/table.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/work.h"
#include "lib/string.h"

#define RESTART_BYTES 64u

static _Atomic uint64_t waiting; /* VMs to restart, a bit each */

static void begin(struct vm *vm)
{
	vm->part = 0;
	vm->part_done = 0;
	atomic_fetch_or(&waiting, 1ull << vm->index);
	work_request();
}

/* The piece of work number `part`: regions to clear first, then copies. False when there is none.
 */
static bool part_of(const struct vm *vm, struct table_copy *part)
{
	const struct table_vm *c = vm->config;
	uint32_t clears = c->flags & VM_CLEAR ? c->region_count : 0;

	if (vm->part < clears) {
		const struct table_region *r = table_region(c->region_first + vm->part);

		*part = (struct table_copy){0, r->gpa, r->rights & REGION_DEVICE ? 0 : r->bytes};
		return true;
	}
	if (vm->part - clears >= c->copy_count)
		return false;
	*part = *table_copy(c->copy_first + vm->part - clears);
	return true;
}

/* A device's state after power-on. Its lock stays: another CPU may be waiting for it. */
static void clear_device(void *state, uint32_t bytes)
{
	struct lock *lock = state;

	if (!bytes)
		return;
	lock_take(lock);
	memset(lock + 1, 0, bytes - sizeof(*lock));
	lock_give(lock);
}

static void finish(struct vm *vm)
{
	atomic_fetch_and(&waiting, ~(1ull << vm->index));
	clear_device(vm->uart_state, vm->uart_state_bytes);
	clear_device(vm->vic_state, vm->vic_state_bytes);
	for_each_unit(u) if ((*u)->vm_reset)(*u)->vm_reset(vm);
	vm_prepare_start(vm);
	vm->vcpus[0].reset_pending = false;
	if (services)
		services->begin(vm, arch_now());
	atomic_store(&vm->vcpus[0].power, VCPU_START_PENDING);
	vcpu_request(&vm->vcpus[0], REQ_START);
}

static bool step(void)
{
	uint64_t vms_waiting = atomic_load(&waiting);
	struct table_copy part;
	struct vm *vm;
	uint64_t bytes;

	if (!vms_waiting)
		return false;
	vm = &vms[bit_lowest(vms_waiting)];
	if (!part_of(vm, &part)) {
		finish(vm);
		return true;
	}
	bytes = part.bytes - vm->part_done;
	if (bytes > RESTART_BYTES)
		bytes = RESTART_BYTES;
	if (arch_vm_copy_in(vm, part.gpa + vm->part_done,
			    part.phys ? (const void *)(part.phys + vm->part_done) : NULL,
			    (uint32_t)bytes) != HV_OK)
		vm->part_done =
			part.bytes; /* the tool put a copy outside the VM: nothing to restore */
	else
		vm->part_done += bytes;
	if (vm->part_done >= part.bytes) {
		vm->part++;
		vm->part_done = 0;
	}
	return true;
}

static const struct restart_ops ops = {begin, step};

static int vm_init(struct vm *vm)
{
	if (vm->config->copy_count)
		restart = &ops;
	return HV_OK;
}

static const struct unit restarting = {.name = "restart", .vm_init = vm_init};
UNIT(restarting);
