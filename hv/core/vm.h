/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_CORE_VM_H
#define HV_CORE_VM_H

#include <stdatomic.h>
#include "abi/table.h"
#include "core/console.h"
#include "lib/types.h"

struct vcpu;
struct vm;
struct vm_services;

/* A device that the guest reaches by trapping accesses to [base, base + bytes). */
struct vdev {
	gpaddr_t base;
	uint32_t bytes;
	void *state;
	/* offset < bytes, naturally aligned to width (1, 2, 4, 8 bytes). Must be bounded. */
	uint64_t (*read)(struct vcpu *v, void *state, uint32_t offset, uint32_t width);
	void (*write)(struct vcpu *v, void *state, uint32_t offset, uint32_t width, uint64_t value);
};

#define VM_MAX_VDEVS 3u

/* The VM's interrupt controller, seen from devices. */
struct vic_ops {
	/* Level of a source has changed; any CPU. */
	void (*set_level)(struct vm *vm, uint32_t source, bool high);
	/* Whether the external interrupt line of vCPU `number` is high (PLIC kind); any CPU. */
	bool (*line)(struct vm *vm, uint32_t number);
	/* vCPU `number` runs on another CPU from now on; NULL: nothing to do. */
	void (*moved)(struct vm *vm, uint32_t number);
	/* A physical interrupt of a dedicated device came to the hypervisor. */
	void (*physical)(struct vm *vm, uint32_t virt_source);
};

enum vm_state { VM_RUNNING, VM_STOPPING, VM_ENDED };

struct vm {
	const struct table_vm *config;
	struct vcpu *vcpus;           /* harts, then services: vm_vcpus(config) of them */
	struct vm_services *services; /* NULL: none */
	paddr_t s2_root;
	uint32_t index;
	uint32_t vdev_count;
	struct vdev vdevs[VM_MAX_VDEVS];
	const struct vic_ops *vic; /* NULL: none */
	/* Each begins with its struct lock; a restart clears what follows. */
	void *vic_state, *uart_state;
	uint32_t vic_state_bytes, uart_state_bytes;
	void (*refresh_device)(struct vm *vm); /* REQ_DEVICE */
	struct console_port port;
	/* any CPU: */
	_Atomic uint32_t state;   /* enum vm_state */
	_Atomic uint32_t running; /* vCPUs that HSM has not stopped */
	_Atomic uint32_t faults;
	bool restart; /* after all have stopped */
	const char *reason;
	uint32_t part; /* restart: which piece of work, and how far */
	uint64_t part_done;
};

extern struct vm *vms;
extern uint32_t vm_count;

/* Any CPU: stops all vCPUs, then ends or (again, and it has pristine copies) restarts the VM. */
void vm_stop(struct vm *vm, const char *reason, bool again);
/* vCPU 0 will start at the VM's entry; not yet known to a scheduler. */
void vm_prepare_start(struct vm *vm);
/* Own CPU of v, which has stopped because of vm_stop(). */
void vm_vcpu_stopped(struct vcpu *v);
/* CPU of vCPU 0: all have; the VM ends or is restarted. */
void vm_all_stopped(struct vm *vm);
/* The vdev at gpa, or NULL. At most VM_MAX_VDEVS steps. */
static inline const struct vdev *vm_find_vdev(const struct vm *vm, gpaddr_t gpa)
{
	const struct vdev *dev = vm->vdevs, *end = dev + vm->vdev_count;

	for (; dev < end; dev++)
		if (gpa - dev->base < dev->bytes)
			return dev;
	return NULL;
}
/* Adds a device at start; HV_ENOMEM when there are VM_MAX_VDEVS. */
int vm_add_vdev(struct vm *vm, const struct vdev *dev);
/* Whether gpa lies in a region of the VM that has all of `rights`. */
bool vm_owns(const struct vm *vm, gpaddr_t gpa, uint64_t bytes, uint32_t rights);
/* How often the VM was left for this enum exit_cause. */
uint64_t vm_exits(const struct vm *vm, unsigned cause);
/* Own CPU, v current: the guest did what it may not. Logs one line and takes the VM's action; true:
 * inject. */
bool vm_fault(struct vcpu *v, const char *what, uint64_t address, uint64_t pc);

#endif
