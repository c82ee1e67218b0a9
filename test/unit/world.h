/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole system for tests: a table is built from a short description, the core starts from it (the
 * real core/start.c), and the test plays guests, devices and time. Physical addresses are pointers.
 */
#ifndef UNIT_WORLD_H
#define UNIT_WORLD_H

#include "abi/table.h"
#include "core/cpu.h"
#include "core/vcpu.h"
#include "core/vm.h"

#define WORLD_MAX_VMS      16u
#define WORLD_MAX_SERVICES 4u
#define WORLD_MEMORY       0x10000ull /* of a VM */
#define WORLD_GPA          0x80200000ull
#define WORLD_DEVICE       0x101000ull /* the one page that the board gives to guests */
#define WORLD_QUANTUM      1000000ull
#define WORLD_TIMEBASE     10000000u
#define WORLD_OUT_BYTES    65536u
#define MS                 1000000ull
#define US                 1000ull

struct world_vcpu {
	uint32_t cpu, guest_file, weight; /* weight 0: 1 */
	uint64_t capacity_ns, period_ns, deadline_ns;
	uint32_t priority, server; /* priority 0: 4 */
	uint32_t cpus;             /* 0: its own alone */
};

struct world_vm {
	const char *name; /* NULL: "vmN" */
	uint32_t vcpus;   /* 0: 1 */
	struct world_vcpu vcpu[TABLE_MAX_VM_VCPUS];
	uint32_t vic, sources, uart; /* sources 0: 31 */
	uint32_t on_fault, on_reboot, flags;
	bool copies; /* one pristine copy of its whole memory */
	uint32_t irqs;
	struct table_irq irq[2];
	uint32_t services; /* configured ones */
	struct world_vcpu service[WORLD_MAX_SERVICES];
	bool at_boot;                      /* they start when they are registered */
	uint32_t free_services, free_cpus; /* free_cpus 0: CPU 0 alone */
	uint32_t share_ppm, registration_us;
	uint64_t may_services;
};

struct world_plan {
	uint64_t frame_ns;
	uint32_t slots;
	struct table_slot slot[4];
};

struct world {
	uint32_t cpus, vms; /* 0: 1 */
	uint32_t console_show, console_focus, flags;
	uint64_t isa;
	struct world_vm vm[WORLD_MAX_VMS];
	uint32_t policy[TABLE_MAX_CPUS]; /* 0: EDF */
	uint32_t plans;                  /* of CPU 0 */
	bool gaps_idle;
	struct world_plan plan[2];
	uint32_t best_effort_ppm, overhead_ns; /* of each CPU; per release */
};

/*
 * The boot image in memory: "hypervisor" (64 KiB; __text_start is its beginning, __hv_end its end),
 * then the table (up to 256 KiB), pool, guests' memory, pristine copies.
 */
#define WORLD_IMAGE_BYTES 0x400000u
#define WORLD_HV_BYTES    0x10000u
#define WORLD_TABLE_BYTES 0x40000u
extern char world_image[WORLD_IMAGE_BYTES];
#define WORLD_TABLE (world_image + WORLD_HV_BYTES)

/* The table of w at `at`, of a system whose image is world_image. Returns its bytes. */
uint32_t table_build(void *at, const struct world *w);
/* Where parts of a built table are. */
#define TABLE_PART(at, span, type)                                                                 \
	((type *)((char *)(at) + ((struct table_header *)(at))->span.offset))
/* The checksum as the standard's text defines it, bit by bit: not by the code under test. */
uint32_t crc32_bitwise(const void *data, uint64_t bytes);
/* crc32 put right after a change. */
void table_seal(void *at);

/* What the hypervisor's safety rests on, looked at once more: NULL, or what an accepted table
 * lacks. */
const char *table_unsafe(const void *at);

/* A device tree of a board that fits the table at `at`; returns its bytes. */
uint32_t tree_build(void *tree, uint32_t room, const void *at);

/* Starts: after it, every CPU has its scheduler filled; the boot CPU is CPU 0. */
void world_start(const struct world *w);
/* One line of what panic() said when starting w, NULL if it started. */
const char *world_start_fails(const struct world *w);

/* The line: what was sent, and what will be received. */
extern char world_out[WORLD_OUT_BYTES];
extern uint32_t world_out_bytes;
extern uint32_t world_uart_room;       /* bytes the UART takes */
extern bool world_wants_room;          /* want_room(true) was the last */
extern void (*world_on_want)(bool on); /* called inside want_room() when set */
extern void (*world_on_send)(void);    /* called for every byte sent */
void world_type(const char *keys);
void world_type_byte(uint8_t c);
/* CPU 0 runs, guests a quantum each, at most `turns` turns: whether housekeeping has nothing left
 * to do. */
bool world_work(uint32_t turns);
bool world_said(const char *text);
void world_forget_output(void);

/* All CPUs live until then: guests compute, time goes from one comparator to the next. `turn`: v
 * has been chosen on its CPU and may call; NULL: nobody does. */
void world_live(ns_t until, void (*turn)(struct vcpu *v));
/* v makes one of Partita's own calls, again as long as it is told to; *value of the answer. */
long world_call(struct vcpu *v, uint64_t function, const uint64_t args[6], uint64_t *value);

/* Guest's access to an emulated register of v's VM by guest-physical address. */
uint32_t world_read(struct vcpu *v, gpaddr_t at, uint32_t width);
void world_write(struct vcpu *v, gpaddr_t at, uint32_t width, uint64_t value);

/* Dedicated devices: what the board's APLIC was told. */
struct world_route {
	uint32_t mode, hart_id, file, identity;
	bool enabled;
	uint32_t retriggers;
};
extern struct world_route world_routes[128];

/* Every variable of the hypervisor as it was when the process began. */
void power_off(void);

/* Repeatable random numbers (xorshift64*). */
uint64_t random_next(uint64_t *state);
/* 0 .. below - 1 */
uint64_t random_below(uint64_t *state, uint64_t below);

#endif
