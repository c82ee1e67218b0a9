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

/*
 * The RTC. Everything else is the hypervisor's own (UART, APLIC, IMSIC), would stop the board (test
 * finisher, CLINT), or masters the bus while no IOMMU driver watches it (virtio-mmio, PCIe,
 * fw_cfg).
 */
bool board_may_give(paddr_t phys, uint64_t bytes)
{
	return phys == BOARD_RTC_BASE && bytes == PAGE_BYTES;
}

bool board_may_give_irq(uint32_t source)
{
	return source == BOARD_RTC_IRQ;
}

const struct console_driver *board_init(void)
{
	aplic_init();
	aplic_route(BOARD_UART_IRQ, APLIC_LEVEL_HIGH, cpus[0].hart_id, 0, IMSIC_ID_UART);
	aplic_enable(BOARD_UART_IRQ, true);
	return uart16550_init();
}
