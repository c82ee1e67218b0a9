/* SPDX-License-Identifier: Apache-2.0 */
/* The UART: received bytes by interrupt into a queue, sent lines polled. */
#include "console.h"
#include "kernel.h"
#include "port.h"
#include "uart.h"

#define UART_SOURCE    10 /* at the board's PLIC */
#define RECEIVED_BYTES 32

static struct queue received;
static uint64_t received_slots[RECEIVED_BYTES];
static struct semaphore line_lock;
static uint64_t dropped;

/* Bounded: a sender that never pauses gets the rest of its bytes taken by the next interrupt. */
static void on_receive(void)
{
	for (int i = 0; i < RECEIVED_BYTES; i++) {
		int byte = uart_get();

		if (byte < 0)
			return;
		if (!queue_try_send(&received, (uint64_t)byte))
			dropped++;
	}
}

void console_init(void)
{
	queue_init(&received, received_slots, RECEIVED_BYTES);
	semaphore_init(&line_lock, 1);
	port_attach(UART_SOURCE, on_receive);
	uart_write(UART_FCR, UART_FCR_ENABLE);
	uart_write(UART_MCR, UART_MCR_OUT2);
	uart_write(UART_IER, UART_IER_RX);
}

void console_write(const char *line)
{
	semaphore_wait(&line_lock, WAIT_FOREVER);
	while (*line)
		uart_put(*line++);
	semaphore_post(&line_lock);
}

char console_read(void)
{
	uint64_t byte;

	queue_receive(&received, &byte, WAIT_FOREVER);
	return (char)byte;
}

uint64_t console_dropped(void)
{
	return dropped;
}
