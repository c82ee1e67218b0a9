/* SPDX-License-Identifier: Apache-2.0 */
/* What a board tells the rest: filled in by hv/board/NAME/board.c. */
#ifndef HV_BOARD_BOARD_H
#define HV_BOARD_BOARD_H

#include "core/console.h"

/* Polled output for panic(). */
void board_panic_putc(char c);
/* Whether registers at [phys, phys + bytes), or a wired interrupt, may belong to a guest. */
bool board_may_give(paddr_t phys, uint64_t bytes);
bool board_may_give_irq(uint32_t source);
/* Devices of the hypervisor's own; returns the console's driver. Boot CPU, before any guest. */
const struct console_driver *board_init(void);

#endif
