/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_DRV_UART16550_H
#define HV_DRV_UART16550_H

#include "core/console.h"

const struct console_driver *uart16550_init(void);
/* Waits for room: only for panic(). */
void uart16550_panic_putc(char c);

#endif
