/* SPDX-License-Identifier: Apache-2.0 */
/* 16550 UART with FIFOs, one-byte registers. CPU 0 only, except in panic(). */
#include "drv/uart16550.h"
#include "board_map.h"
#include "drv/aplic.h"

enum { RBR_THR = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5 };

#define IER_RECEIVE  1u
#define IER_TRANSMIT 2u
#define FCR_ENABLE   7u /* FIFOs on, both emptied, trigger at 1 byte */
#define LCR_8N1      3u
#define MCR_OUT2     8u /* interrupt gate */
#define LSR_READY    1u
#define LSR_EMPTY    0x20u
#define FIFO_BYTES   16u

static volatile uint8_t *const uart = (volatile uint8_t *)BOARD_UART_BASE;

static uint32_t room(void)
{
	return uart[LSR] & LSR_EMPTY ? FIFO_BYTES : 0;
}

static void send(uint8_t c)
{
	uart[RBR_THR] = c;
}

static bool receive(uint8_t *c)
{
	if (!(uart[LSR] & LSR_READY))
		return false;
	*c = uart[RBR_THR];
	return true;
}

static void want_room(bool on)
{
	uart[IER] = on ? IER_RECEIVE | IER_TRANSMIT : IER_RECEIVE;
	aplic_retrigger(BOARD_UART_IRQ);
}

static const struct console_driver driver = {room, send, receive, want_room};

const struct console_driver *uart16550_init(void)
{
	uart[LCR] = LCR_8N1;
	uart[IIR_FCR] = FCR_ENABLE;
	uart[MCR] = MCR_OUT2;
	uart[IER] = IER_RECEIVE;
	return &driver;
}

void uart16550_panic_putc(char c)
{
	while (!(uart[LSR] & LSR_EMPTY))
		;
	uart[RBR_THR] = (uint8_t)c;
}
