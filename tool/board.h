/* SPDX-License-Identifier: Apache-2.0 */
/* What a board has. One table a board; nothing else in the tool knows a board's addresses. */
#ifndef TOOL_BOARD_H
#define TOOL_BOARD_H

#include <stddef.h>
#include <stdint.h>

struct board_device {
	const char *name;    /* as the system file calls it */
	const char *refusal; /* why no VM may have it; NULL: it may be handed to one VM */
	uint64_t phys, bytes;
	uint32_t irq;           /* wired source at the board's controller; 0: none */
	const char *compatible; /* for the guest's device tree */
};

struct board {
	const char *name;
	uint64_t ram_phys, ram_default_bytes, ram_min_bytes, ram_max_bytes;
	uint64_t firmware_bytes; /* at the start of RAM */
	uint64_t top_bytes;      /* at the end of RAM, where the firmware's device tree lies */
	uint64_t image_phys;     /* link address of the hypervisor */
	uint64_t guest_memory;   /* default guest-physical start of a VM's memory */
	uint32_t harts, guest_files;
	uint32_t timebase_hz;
	const struct board_device *devices;
	size_t device_count;
};

/* What every guest of this architecture may find, and where. */
struct window {
	const char *name;
	uint64_t gpa, bytes;
};

#define GUEST_PLIC_GPA         0x0c000000ull
#define GUEST_PLIC_BYTES       0x00600000ull
#define GUEST_PLIC_NDEV        95u
#define GUEST_APLIC_GPA        0x0d000000ull
#define GUEST_APLIC_BYTES      0x00008000ull
#define GUEST_IMSIC_GPA        0x28000000ull
#define GUEST_IMSIC_STRIDE     0x1000ull
#define GUEST_UART_GPA         0x10000000ull
#define GUEST_UART_BYTES       0x100ull
#define GUEST_UART_PLIC_SOURCE 10u
#define GUEST_UART_AIA_SOURCE  1u

const struct board *board_find(const char *name);
const struct board *board_default(void);
const char *board_suggest(const char *name);

const struct board_device *board_device_find(const struct board *board, const char *name);

#endif
