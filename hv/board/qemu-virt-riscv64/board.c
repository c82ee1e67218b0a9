/* SPDX-License-Identifier: Apache-2.0 */
#include "board/board.h"
#include "board_map.h"
#include "drv/aplic.h"
#include "drv/imsic_ids.h"
#include "drv/uart16550.h"
#include "core/cpu.h"

void board_panic_putc(char c)
{
	uart16550_panic_putc(c);
}

const struct console_driver *board_init(void)
{
	aplic_init();
	aplic_route(BOARD_UART_IRQ, APLIC_LEVEL_HIGH, cpus[0].hart_id, 0, IMSIC_ID_UART);
	aplic_enable(BOARD_UART_IRQ, true);
	return uart16550_init();
}
