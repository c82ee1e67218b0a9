/* SPDX-License-Identifier: Apache-2.0 */
/* The board's 16550, polled, one-byte registers. */
#ifndef SDK_UART_H
#define SDK_UART_H

#include <stdint.h>

#define UART_BASE 0x10000000ul
#define UART_DATA 0
#define UART_IER  1
#define UART_IIR  2
#define UART_FCR  2
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5
#define UART_MSR  6
#define UART_SCR  7
#define UART_SPAN 8

#define UART_IER_RX     0x01
#define UART_FCR_ENABLE 0x01
#define UART_MCR_OUT2   0x08 /* gates the interrupt line on a PC; harmless elsewhere */
#define UART_LSR_READY  0x01
#define UART_LSR_EMPTY  0x20

static inline uint8_t uart_read(uint64_t offset)
{
	return *(volatile uint8_t *)(UART_BASE + offset);
}

static inline void uart_write(uint64_t offset, uint8_t value)
{
	*(volatile uint8_t *)(UART_BASE + offset) = value;
}

/* Waits for room; a newline goes out as carriage return and newline. */
void uart_put(char c);

/* The next received byte, or -1. */
int uart_get(void);

#endif
