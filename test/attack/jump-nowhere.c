/* SPDX-License-Identifier: Apache-2.0 */
/* Jumps to where nothing is, to devices, and to odd places; in the end without a way back. */
#include <stddef.h>
#include "attack.h"
#include "uart.h"

static const uint64_t targets[] = {
	0,
	2,
	0x1000,
	UART_BASE,
	UART_BASE + UART_SPAN,
	PLIC_BASE,
	PLIC_BASE + 0x200000,
	APLIC_BASE,
	IMSIC_BASE,
	FIRMWARE,
	BEYOND_OWN,
	BEYOND_OWN - 2, /* an instruction half in, half out */
	1ul << 32,
	(1ul << 38) - 4,
	1ul << 39,
	1ul << 41,
	1ul << 56,
	1ul << 63,
	UINT64_MAX - 1,
	UINT64_MAX - 3,
};

void attack(void)
{
	struct tally tally = {0};

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		tally_count(&tally, try_execute(targets[i]));
	tally_print(&tally, "jumps");
	announce("last jump, with nothing at the trap vector either");
	csr_write(stvec, 0);
	((void (*)(void))(1ul << 32))();
}
