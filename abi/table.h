/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flat system table: what `partita build` writes behind the hypervisor in the boot image and
 * what the hypervisor reads once at start. Little endian, every field naturally aligned, no
 * pointers: arrays are named by (offset from the table's first byte, count). The hypervisor checks
 * magic, version, size and CRC-32, and re-checks whatever its own safety rests on.
 *
 * All addresses are in bytes. "phys" is a physical address of the board, "gpa" a guest-physical
 * one.
 */
#ifndef ABI_TABLE_H
#define ABI_TABLE_H

#include <stdint.h>

#define TABLE_MAGIC   0x54524150u /* "PART" */
#define TABLE_VERSION 2u

#define TABLE_MAX_CPUS     8u
#define TABLE_MAX_VMS      64u
#define TABLE_MAX_VCPUS    64u
#define TABLE_MAX_VM_VCPUS 4u
#define TABLE_MAX_SERVICES 32u /* of a VM */
#define TABLE_MAX_BE_VCPUS 63u /* best-effort vCPUs of a system */
#define TABLE_MAX_PLANS    8u  /* of a CPU */
#define TABLE_MAX_SLOTS    64u /* of a plan */
#define TABLE_NAME_BYTES   24u

/* An array inside the table. */
struct table_span {
	uint32_t offset; /* bytes from the start of the table, multiple of 8 */
	uint32_t count;  /* entries */
};

struct table_header {
	uint32_t magic;
	uint32_t version;
	uint32_t bytes; /* whole table, header included */
	uint32_t crc32; /* IEEE 802.3 over the whole table with this field 0 */

	struct table_span cpus;  /* struct table_cpu */
	struct table_span vms;   /* struct table_vm */
	struct table_span vcpus; /* struct table_vcpu, grouped by VM: harts from 0, then services */
	struct table_span regions; /* struct table_region, grouped by VM */
	struct table_span irqs;    /* struct table_irq, grouped by VM */
	struct table_span copies;  /* struct table_copy, grouped by VM */
	struct table_span plans;   /* struct table_plan, grouped by CPU */
	struct table_span slots;   /* struct table_slot, grouped by plan, by rising offset */

	uint64_t image_phys;  /* where the boot image lies (link address of the hypervisor) */
	uint64_t image_bytes; /* all physical memory this system uses, image_phys onwards */
	uint64_t pool_phys;   /* start-time allocations come from here; multiple of 16 KiB */
	uint64_t pool_bytes;
	uint32_t s2_pages;    /* 4 KiB second-stage table pages needed below the roots, all VMs */
	uint32_t timebase_hz; /* of the board; start stops if the firmware says otherwise */
	uint64_t isa;         /* ISA_* bits that the board must have */

	uint32_t console_show;  /* CONSOLE_SHOW_* */
	uint32_t console_focus; /* VM that has the console first */
	uint32_t flags;         /* SYSTEM_* */
	uint32_t ram_mib;       /* RAM of the board that the layout was checked against */

	/* Trace rings (abi/trace.h), one per CPU, one behind the other; 0: no trace. Multiple of 2
	 * MiB inside the image, behind the pool; whole 2 MiB pages that nothing else lies in. */
	uint64_t trace_phys;
	uint32_t trace_records; /* per CPU; power of two */
	uint32_t trace_mode;    /* TRACE_MODE_* */

	uint32_t overhead_ns; /* what admission charges each release with, see sched/admit.h */
	uint32_t reserved;
};

#define CONSOLE_SHOW_FOCUS 0u /* only the VM in focus is shown */
#define CONSOLE_SHOW_ALL   1u /* every VM, whole lines, each with its VM's name */

#define SYSTEM_QUIET 1u /* no banner and no start or end lines, only faults */

/* ISA bits: of the board (header.isa) and of a VM's view (table_vm.isa). */
#define ISA_D         (1ull << 0) /* F and D; enforced through sstatus.FS */
#define ISA_SSTC      (1ull << 1) /* always there: the board must have it */
#define ISA_SSAIA     (1ull << 2) /* VM with interrupt controller "aia"; enforced through hstateen0 */
#define ISA_SVPBMT    (1ull << 3) /* enforced through henvcfg.PBMTE */
#define ISA_ZICBOM    (1ull << 4) /* "cache operations"; enforced through henvcfg.CBCFE/CBIE */
#define ISA_ZICBOZ    (1ull << 5) /* enforced through henvcfg.CBZE */
#define ISA_SVINVAL   (1ull << 6) /* hidden only */
#define ISA_SVNAPOT   (1ull << 7) /* hidden only */
#define ISA_ZBA       (1ull << 8) /* Zba Zbb Zbc Zbs: hidden only */
#define ISA_SMSTATEEN (1ull << 9) /* board only: hstateen0 exists */

struct table_cpu {
	uint32_t hart_id;
	uint32_t policy;                 /* POLICY_* for the real-time part */
	uint32_t best_effort_ppm;        /* share reserved for best effort, parts per million */
	uint32_t flags;                  /* CPU_* */
	uint64_t quantum_ns;             /* of best-effort round robin */
	uint32_t plan_first, plan_count; /* POLICY_TABLE; the first plan runs first */
};

#define POLICY_EDF   1u
#define POLICY_FP    2u /* fixed priority with servers */
#define POLICY_TABLE 3u /* major frames with slots */

#define CPU_GAPS_IDLE                                                                              \
	1u /* POLICY_TABLE: time that no slot owner uses is not given to best effort */

/* A major frame: repeats from time 0 of the board's clock, or from the end of the frame in which it
 * was asked for. */
struct table_plan {
	uint64_t frame_ns;
	uint32_t slot_first, slot_count;
};

/* [offset_ns, offset_ns + length_ns) of each frame belongs to a vCPU of that CPU; no overlap. */
struct table_slot {
	uint64_t offset_ns, length_ns;
	uint32_t vcpu; /* index into vcpus */
	uint32_t reserved;
};

struct table_vm {
	char name[TABLE_NAME_BYTES]; /* NUL-terminated */
	uint32_t vcpu_first, vcpu_count;
	uint32_t region_first, region_count;
	uint32_t irq_first, irq_count;
	uint32_t copy_first, copy_count; /* 0 copies: a reboot is a stop */
	uint32_t vic;                    /* VIC_* */
	uint32_t vic_sources;            /* number of interrupt sources the guest sees, 1..127 */
	uint32_t uart_source; /* vUART's source number at the virtual controller; 0: no vUART */
	uint32_t on_fault;    /* ACTION_* */
	uint32_t on_reboot;   /* ACTION_STOP or ACTION_RESTART */
	uint32_t flags;       /* VM_* */
	uint64_t entry;       /* gpa of the first instruction of vCPU 0 */
	uint64_t dtb_gpa;     /* a1 at entry; 0 if there is none */
	uint64_t isa;         /* ISA_* the guest may use */
	/* Services are the vCPUs vcpu_first + vcpu_count onwards: first the configured ones, then
	 * free_services empty slots for HCALL_SERVICE_CREATE. */
	uint32_t service_count, free_services;
	uint32_t share_ppm;       /* real-time share: bound on the sum of C/P of all its RT-vCPUs,
				   * 1000000 = one CPU; 0: no bound */
	uint32_t registration_us; /* services may be created until so long after the VM's start;
				   * 0: for ever */
	uint64_t may_services; /* VMs (bit = index) whose services it may launch and delete; its own
				* always */
	uint64_t mvendorid, marchid, mimpid; /* what SBI BASE reports */
};

#define VIC_NONE 0u /* timer and software interrupts only */
#define VIC_PLIC 1u /* emulated PLIC */
#define VIC_AIA  2u /* guest interrupt file per vCPU + emulated APLIC in MSI mode */

#define ACTION_INJECT  0u /* the guest gets the access fault that the bare board would raise */
#define ACTION_STOP    1u
#define ACTION_RESTART 2u

#define VM_CLEAR        1u /* clear all memory before a restart */
#define VM_VIRTUAL_TIME 2u /* time stands still while the VM waits for the CPU; one vCPU only */
#define VM_GANG         4u /* its best-effort vCPUs are scheduled together */
#define VM_MAY_PLAN     8u /* may ask for another plan */

struct table_vcpu {
	uint32_t vm;
	uint32_t cpu;        /* index into cpus; the vCPU's home */
	uint32_t guest_file; /* 1.. for an AIA VM: its guest interrupt file on that hart; else 0 */
	uint32_t weight;     /* best effort: quanta in a row, 1..64 */
	/* Reservation; period_ns == 0 means best effort. capacity <= deadline <= period. An empty
	 * service slot has all three 0. */
	uint64_t capacity_ns, period_ns, deadline_ns;
	uint32_t flags;    /* VCPU_* */
	uint32_t priority; /* POLICY_FP: 1 (highest)..32; best effort: 1 (highest)..8 */
	uint32_t server;   /* POLICY_FP: SERVER_* */
	uint32_t cpus;     /* bit = index into cpus: where it may run; its home always among them */
};

#define VCPU_SERVICE    1u
#define VCPU_AT_BOOT    2u /* service: runs as soon as it is registered */
#define VCPU_EXTRA_TIME 4u /* POLICY_EDF: runs beyond its budget when nobody else wants the CPU */

#define SERVER_PERIODIC   0u
#define SERVER_POLLING    1u
#define SERVER_DEFERRABLE 2u
#define SERVER_SPORADIC   3u

/* A piece of guest-physical space mapped at start. All three are multiples of 4 KiB. */
struct table_region {
	uint64_t gpa, phys, bytes;
	uint32_t rights; /* REGION_* */
	uint32_t reserved;
};

#define REGION_R      1u
#define REGION_W      2u
#define REGION_X      4u
#define REGION_DEVICE 8u /* device registers of a dedicated device, not memory */

/* A wired interrupt of a dedicated device. */
struct table_irq {
	uint32_t phys_source; /* at the board's APLIC */
	uint32_t virt_source; /* at the VM's controller */
};

/* A pristine read-only copy: on restart, bytes from phys go to gpa. Multiples of 8. */
struct table_copy {
	uint64_t phys, gpa, bytes;
};

/*
 * Sizes the tool needs to compute pool_bytes; the hypervisor's ELF has this as symbol `hv_sizes`
 * in read-only data, so that the tool never repeats a structure's size:
 * pool = vms * S2_ROOT_BYTES + (s2_pages + own_table_pages) * 4096
 *	  + cpus * (stack_bytes + cpu_bytes) + vms * (vm_bytes) + vcpus * vcpu_bytes
 *	  + per vCPU: heap_bytes for each CPU of its mask
 *	  + per VM: uart_bytes if it has a vUART, plic_bytes or aplic_bytes by its vic,
 *	    services_bytes if it has services
 *	  + plans * plan_bytes + slots * slot_bytes + vCPUs with SERVER_SPORADIC * sporadic_bytes;
 *	  every term rounded up to 64 bytes, the sum to 4096.
 */
struct hv_sizes {
	uint32_t stack_bytes, cpu_bytes, vm_bytes, vcpu_bytes;
	uint32_t uart_bytes, plic_bytes, aplic_bytes, own_table_pages;
	uint32_t services_bytes, plan_bytes, slot_bytes, sporadic_bytes;
	uint32_t heap_bytes, reserved;
};

#define S2_ROOT_BYTES 16384u /* Sv39x4 root */

#endif
