/* SPDX-License-Identifier: Apache-2.0 */
#include "uart.h"

static void put_byte(uint8_t byte)
{
	while (!(uart_read(UART_LSR) & UART_LSR_EMPTY))
		;
	uart_write(UART_DATA, byte);
}

void uart_put(char c)
{
	if (c == '\n')
		put_byte('\r');
	put_byte((uint8_t)c);
}

int uart_get(void)
{
	if (!(uart_read(UART_LSR) & UART_LSR_READY))
		return -1;
	return uart_read(UART_DATA);
}
