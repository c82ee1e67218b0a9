/* SPDX-License-Identifier: Apache-2.0 */
/* A system as its file describes it: what every later step of the tool works on. */
#ifndef TOOL_SYSTEM_H
#define TOOL_SYSTEM_H

#include "board.h"
#include "diag.h"
#include "table.h"
#include "yaml.h"

#define PAGE 4096ull
#define MIB2 0x200000ull
#define GIB  0x40000000ull

struct sys_cpu {
	bool used; /* listed under cpus or home of a vCPU: it is in the table */
	const struct node *node;
	bool has_share;
	uint32_t best_effort_ppm;
	uint64_t quantum_ns;
	uint32_t index;      /* in the table */
	uint32_t files_used; /* guest interrupt files given out */
	uint32_t best_effort_count;
};

#define CPU_NONE 0xffffffffu

struct sys_vm;

struct sys_vcpu {
	struct sys_vm *vm;
	struct place at; /* of the entry, or of the VM's vcpus key */
	struct place cpu_at, capacity_at, weight_at;
	uint32_t number; /* within the VM */
	uint32_t cpu;    /* hart; CPU_NONE until placed */
	uint32_t guest_file;
	uint32_t weight; /* 0: not given */
	bool has_capacity, has_period, has_deadline;
	bool bad; /* has errors of its own: admission leaves it out */
	uint64_t capacity_ns, period_ns, deadline_ns;
};

/* A file named in the system file, read. */
struct sys_file {
	const struct node *node; /* NULL: not given */
	const uint8_t *data;     /* NULL: could not be read */
	size_t bytes;
};

/* Content at a guest-physical address; bytes beyond `filled` are zero (an ELF's bss). */
struct piece {
	struct piece *next;
	const char *what;
	uint64_t gpa, bytes;
	const uint8_t *data;
	uint64_t filled;
};

/* A pristine copy: `data` goes to `gpa` on restart. All but `data` multiples of 8. */
struct copy {
	struct copy *next;
	uint64_t phys, gpa, bytes;
	uint8_t *data;
};

struct sys_device {
	const struct board_device *device;
	struct place at;
	uint32_t virt_source; /* 0: no interrupt */
};

#define VM_DEVICES 4u

struct sys_vm {
	const char *name;
	const struct node *node;
	uint32_t index;

	struct sys_file image, kernel, initrd, dtb;
	const struct node *linux_node;
	const char *cmdline;
	const uint8_t *rng_seed;
	size_t rng_seed_bytes;

	const struct node *memory_node, *at_node, *clear_node;
	uint64_t memory_bytes, gpa;
	bool identity, clear;
	const struct node *entry_node, *load_node;
	uint64_t entry, load, dtb_gpa;

	bool has_vic, has_uart, uart;
	struct place uart_at;
	uint32_t vic, vic_sources, uart_source;
	const struct node *weight_node, *cpu_node;
	uint32_t weight, cpu;
	struct sys_vcpu *vcpus;
	uint32_t vcpu_count;
	struct sys_device devices[VM_DEVICES];
	uint32_t device_count;
	uint32_t on_fault, on_reboot;
	uint64_t isa;
	uint64_t vendor_id, arch_id, implementation_id;

	struct piece *pieces; /* in guest-physical order */
	bool bad;             /* its content or memory is wrong: left out of later checks */

	uint64_t phys;       /* of the memory, by the layout */
	struct copy *copies; /* pristine, by the layout */
	uint32_t copy_count;
	uint64_t copies_bytes;
};

struct system {
	const char *path; /* of the system file */
	const char
		*name; /* its base name without extension: seeds what must differ between systems */
	const char *dir;
	struct diag diag;

	const struct board *board;
	uint64_t ram_bytes;
	struct place ram_at;
	struct sys_cpu cpus[TABLE_MAX_CPUS];
	uint32_t console_show, console_focus;
	const struct node *focus_node;
	bool quiet;

	struct sys_vm *vms;
	uint32_t vm_count;
	uint32_t vcpu_count;
};

/* Whether the VM needs a pristine copy to restart from. */
static inline bool vm_may_restart(const struct sys_vm *vm)
{
	return vm->on_fault == ACTION_RESTART || vm->on_reboot == ACTION_RESTART;
}

static inline bool vcpu_is_reserved(const struct sys_vcpu *vcpu)
{
	return vcpu->has_capacity || vcpu->has_period;
}

/* "vm.vcpus[0]", or "vm" if it has one only: how messages call a vCPU. */
const char *vcpu_name(const struct sys_vcpu *vcpu);

static inline uint64_t align_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) & ~(to - 1);
}

static inline uint64_t align_down(uint64_t value, uint64_t to)
{
	return value & ~(to - 1);
}

/*
 * Reads and checks the system file and everything it names, so that only the layout is left. Errors
 * are in system->diag. Returns false if the file itself cannot be read (message printed).
 */
bool system_read(struct system *system, const char *path);

#endif
