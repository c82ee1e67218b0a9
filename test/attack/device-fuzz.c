/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random accesses, the same ones in every run, to the devices a VM does see: its interrupt
 * controller and its UART. All sizes, all alignments, atomics, compressed and floating point
 * accesses, and accesses that leave the window. Faults are expected; anything but a fault or a
 * value is a bug of the hypervisor.
 */
#include <stddef.h>
#include "attack.h"
#include "random.h"
#include "uart.h"

#define ACCESSES 20000

struct window {
	const char *name;
	uint64_t base;
	uint64_t size;
	struct tally tally;
};

#ifdef FUZZ_PLIC
static struct window windows[] = {
	{.name = "PLIC", .base = PLIC_BASE, .size = 0x600000},
	{.name = "PLIC priorities, pending, enables", .base = PLIC_BASE, .size = 0x4000},
	{.name = "PLIC contexts", .base = PLIC_BASE + 0x200000, .size = 0x4000},
	{.name = "UART", .base = UART_BASE, .size = 0x100},
};
#else
static struct window windows[] = {
	{.name = "APLIC", .base = APLIC_BASE, .size = 0x8000},
	{.name = "APLIC sources", .base = APLIC_BASE, .size = 0x100},
	{.name = "APLIC pending, enables", .base = APLIC_BASE + 0x1bc0, .size = 0x480},
	{.name = "APLIC targets", .base = APLIC_BASE + 0x3000, .size = 0x100},
	{.name = "IMSIC", .base = IMSIC_BASE, .size = 0x2000},
	{.name = "UART", .base = UART_BASE, .size = 0x100},
};
#endif

/* All with a0 as address and a1 as value or destination. */
static const uint32_t kinds[] = {
	0x00050583,         /* lb a1, 0(a0) */
	0x00051583,         /* lh */
	0x00052583,         /* lw */
	0x00053583,         /* ld */
	0x00054583,         /* lbu */
	0x00055583,         /* lhu */
	0x00056583,         /* lwu */
	0x00b50023,         /* sb a1, 0(a0) */
	0x00b51023,         /* sh */
	0x00b52023,         /* sw */
	0x00b53023,         /* sd */
	0x00052583,         /* lw and sw more often: they are what is handled */
	0x00b52023, 0x410c, /* c.lw a1, 0(a0) */
	0x610c,             /* c.ld */
	0xc10c,             /* c.sw */
	0xe10c,             /* c.sd */
	0x00b525af,         /* amoadd.w a1, a1, (a0) */
	0x08b535af,         /* amoswap.d */
	0x40b525af,         /* amoor.w */
	0x100525af,         /* lr.w a1, (a0) */
	0x18b525af,         /* sc.w a1, a1, (a0) */
	0x00052507,         /* flw fa0, 0(a0) */
	0x00053507,         /* fld */
	0x00a52027,         /* fsw */
	0x00a53027,         /* fsd */
	0x2108,             /* c.fld fa0, 0(a0) */
	0xa108,             /* c.fsd */
	0x00052003,         /* lw zero, 0(a0) */
	0x00052503,         /* lw a0, 0(a0): destination is the base */
	0xffc52583,         /* lw a1, -4(a0) */
	0x7ff52583,         /* lw a1, 2047(a0) */
	0x0005200f,         /* cbo.inval (a0) */
	0x0045200f,         /* cbo.zero (a0) */
};

static uint64_t seed = 0xde41ce;

static uint64_t random_address(const struct window *window)
{
	uint64_t random = random_next(&seed);
	uint64_t offset = (random >> 8) % window->size;

	if (random & 3)
		offset &= ~(uint64_t)3;
	if ((random >> 2 & 0xf) == 0)
		return window->base + window->size - (random >> 8) % 9;
	return window->base + offset;
}

static uint64_t random_value(void)
{
	uint64_t random = random_next(&seed);

	switch (random >> 62) {
	case 0:
		return random;
	case 1:
		return random & 0xff;
	case 2:
		return UINT64_MAX;
	default:
		return 0;
	}
}

/* What reaches the data register is shown on a terminal. */
static uint64_t value_for(uint64_t address)
{
	bool is_uart = address - UART_BASE < UART_SPAN;

	return is_uart && address == UART_BASE ? 0x2e2e2e2e2e2e2e2e : random_value();
}

static void fuzz(struct window *window)
{
	for (int i = 0; i < ACCESSES; i++) {
		uint64_t address = random_address(window);
		uint32_t kind = kinds[random_next(&seed) % (sizeof(kinds) / sizeof(kinds[0]))];

		tally_count(&window->tally,
			    try_instruction(kind, address, value_for(address), NULL));
	}
}

static void restore_uart(void)
{
	static const uint8_t line_8n1 = 3;

	uart_write(UART_LCR, line_8n1);
	uart_write(UART_IER, 0);
	uart_write(UART_FCR, 0);
	uart_write(UART_MCR, 0);
}

void attack(void)
{
	size_t count = sizeof(windows) / sizeof(windows[0]);

	csr_set(sstatus, SSTATUS_FS);
	for (size_t i = 0; i < count; i++)
		fuzz(&windows[i]);
	restore_uart();
	print("\n");
	for (size_t i = 0; i < count; i++)
		tally_print(&windows[i].tally, windows[i].name);
}
