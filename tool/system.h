/* SPDX-License-Identifier: Apache-2.0 */
/* A system as its file describes it: what every later step of the tool works on. */
#ifndef TOOL_SYSTEM_H
#define TOOL_SYSTEM_H

#include "board.h"
#include "diag.h"
#include "table.h"
#include "trace.h"
#include "yaml.h"

#define PAGE 4096ull
#define MIB2 0x200000ull
#define GIB  0x40000000ull

#define BE_PRIORITIES       8u
#define BE_PRIORITY_DEFAULT 4u

struct sys_vcpu;

/* [offset, offset + length) of each frame belongs to the vCPU. */
struct sys_slot {
	struct place at;
	const struct node *name; /* of the vCPU, as written; NULL: not given */
	struct place offset_at;
	bool has_offset, has_length;
	uint64_t offset_ns, length_ns;
	struct sys_vcpu *vcpu; /* NULL: unknown, an error was reported */
};

struct sys_plan {
	const char *name; /* NULL: not given */
	struct place at;
	uint64_t frame_ns; /* 0: wrong, an error was reported */
	struct sys_slot *slots;
	uint32_t slot_count;
};

struct sys_cpu {
	bool used; /* listed under cpus or home of a vCPU: it is in the table */
	const struct node *node;
	uint32_t policy;        /* POLICY_* */
	bool dedicated;         /* one vCPU has it alone; policy is EDF then */
	bool gaps_idle;         /* POLICY_TABLE */
	bool has_share;         /* best-effort is given */
	struct sys_plan *plans; /* POLICY_TABLE; in order of the slots' offsets */
	uint32_t plan_count;
	const struct node *policy_node, *plans_node, *gaps_node, *share_node, *quantum_node;
	uint32_t best_effort_ppm;
	uint64_t quantum_ns;
	uint32_t index;       /* in the table */
	uint32_t files_taken; /* guest interrupt files given out, a bit each */
	uint32_t best_effort_count;
};

#define CPU_NONE 0xffffffffu

struct sys_vm;

struct sys_vcpu {
	struct sys_vm *vm;
	struct place at; /* of the entry, or of the VM's vcpus key */
	struct place cpu_at, capacity_at, weight_at;
	uint32_t number; /* within the VM: harts, then services */
	uint32_t cpu;    /* home hart; CPU_NONE until placed */
	uint32_t cpus;   /* bit = hart: where it may be placed, and after cpus_place() may run */
	bool pinned;     /* the file says `cpu` */
	bool movable;    /* a service without `cpu`: may be re-placed at run time */
	bool is_service, start_at_boot;
	const char *name; /* of a service */
	uint32_t guest_file;
	uint32_t weight;   /* 0: not given */
	uint32_t priority; /* 0: not given; filled for best effort and fixed-priority CPUs */
	uint32_t server;   /* SERVER_* */
	bool extra_time;
	struct place priority_at, server_at, extra_time_at;
	bool has_capacity, has_period, has_deadline;
	bool has_slot; /* named in a plan: its reservation is its slots in the first one */
	bool bad;      /* has errors of its own: admission leaves it out */
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

/* What runs inside a VM: for the analysis alone. */
struct sys_task {
	struct place at;
	const char *name;
	uint64_t wcet_ns, period_ns, deadline_ns;
	uint32_t priority; /* 1 is the highest; 0: not given */
	struct place priority_at;
	bool has_deadline;
};

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
	const struct node *priority_node;
	uint32_t priority;      /* of its best-effort vCPUs; 0: not given */
	struct sys_vcpu *vcpus; /* vcpu_count harts, then service_count configured services */
	uint32_t vcpu_count, service_count;
	uint32_t free_services;   /* empty slots, behind the configured services in the table */
	uint32_t free_cpus;       /* bit = hart: where a service in such a slot may be */
	uint32_t share_ppm;       /* real-time share; 0: no bound */
	uint32_t registration_us; /* 0: always */
	uint64_t may_services;    /* bit = index of a VM */
	uint32_t flags;           /* VM_* */
	const struct node *services_node, *free_node, *share_node, *registration_node, *may_node;
	const struct node *time_node, *gang_node, *tasks_node, *task_scheduler_node;
	struct sys_task *tasks;
	uint32_t task_count;
	bool tasks_by_edf; /* else by fixed priorities */
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
	uint64_t overhead_ns;   /* admission charges each release with it */
	uint32_t trace_records; /* per CPU; 0: no trace */
	uint32_t trace_mode;    /* TRACE_MODE_* */

	struct sys_vm *vms;
	uint32_t vm_count;
	uint32_t vcpu_count; /* of the table: harts, services and empty slots */
};

/* Harts and configured services: the entries of vm->vcpus. */
static inline uint32_t vm_entries(const struct sys_vm *vm)
{
	return vm->vcpu_count + vm->service_count;
}

static inline uint32_t vm_services(const struct sys_vm *vm)
{
	return vm->service_count + vm->free_services;
}

/* Whether the VM needs a pristine copy to restart from. */
static inline bool vm_may_restart(const struct sys_vm *vm)
{
	return vm->on_fault == ACTION_RESTART || vm->on_reboot == ACTION_RESTART;
}

static inline bool vcpu_is_reserved(const struct sys_vcpu *vcpu)
{
	return vcpu->has_capacity || vcpu->has_period || vcpu->has_slot;
}

/* "vm.vcpus[0]" or "vm.services.axis": how messages call a vCPU. */
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

/* The same without admission: for showing what is wrong with a system that does not fit. */
bool system_read_any(struct system *system, const char *path);

#endif
