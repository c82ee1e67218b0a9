/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floods the console: the UART without looking at its state, then the debug console with good,
 * bad, huge and wrapping buffers, then byte by byte.
 */
#include <stddef.h>
#include "attack.h"
#include "hypercall.h"
#include "uart.h"

#define UART_BYTES  16384
#define DBCN_CALLS  256
#define DBCN_BYTES  4096
#define LINE_LENGTH 64

static char buffer[4096];

static const struct {
	uint64_t length;
	uint64_t low;
	uint64_t high;
} bad_buffers[] = {
	{64, 0, 0},
	{64, UART_BASE, 0},
	{64, FIRMWARE, 0},
	{64, BEYOND_OWN - 32, 0},
	{64, BEYOND_OWN, 0},
	{64, OWN_MEMORY, 1},
	{64, OWN_MEMORY, UINT64_MAX},
	{64, UINT64_MAX - 31, 0},
	{UINT64_MAX, OWN_MEMORY, 0},
	{1ul << 63, OWN_MEMORY, 0},
	{1ul << 32, OWN_MEMORY, 0},
	{ATTACK_MEMORY_BYTES + 1, OWN_MEMORY, 0},
	{UINT64_MAX - OWN_MEMORY + 2, OWN_MEMORY, 0},
};

static void fill(void)
{
	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = i % LINE_LENGTH == LINE_LENGTH - 1 ? '\n' : '#';
}

static void flood_uart(void)
{
	for (int i = 0; i < UART_BYTES; i++)
		uart_write(UART_DATA, (uint8_t)buffer[i % (int)sizeof(buffer)]);
}

static void flood_dbcn(void)
{
	uint64_t written = 0;

	for (int i = 0; i < DBCN_CALLS; i++) {
		struct sbi_result result =
			sbi_call3(SBI_DBCN, SBI_DBCN_WRITE, LINE_LENGTH, (uint64_t)buffer, 0);

		if (result.error == SBI_SUCCESS)
			written += result.value;
	}
	print("\nattack " ATTACK_NAME ": debug console took %lu of %d bytes\n", written,
	      DBCN_CALLS * LINE_LENGTH);
}

static void bad_dbcn(void)
{
	if (!partita_present()) {
		announce("bad buffers left out: OpenSBI goes down by them");
		return;
	}
	for (size_t i = 0; i < sizeof(bad_buffers) / sizeof(bad_buffers[0]); i++) {
		for (uint64_t function = SBI_DBCN_WRITE; function <= SBI_DBCN_READ; function++) {
			struct sbi_result result =
				sbi_call3(SBI_DBCN, function, bad_buffers[i].length,
					  bad_buffers[i].low, bad_buffers[i].high);

			print("attack " ATTACK_NAME ": %s %lx bytes at %lx:%lx: error %ld\n",
			      function == SBI_DBCN_WRITE ? "write" : "read", bad_buffers[i].length,
			      bad_buffers[i].high, bad_buffers[i].low, result.error);
		}
	}
}

static void flood_bytes(void)
{
	for (int i = 0; i < DBCN_BYTES; i++)
		sbi_call3(SBI_DBCN, SBI_DBCN_WRITE_BYTE, (uint64_t)buffer[i], 0, 0);
}

void attack(void)
{
	fill();
	flood_uart();
	flood_dbcn();
	bad_dbcn();
	flood_bytes();
	print("\n");
}
