/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exit costs, in instructions, round trip: from before the instruction that leaves the
 * guest to after it, less the same measurement around nothing. The smallest of ROUNDS rounds is
 * reported, which is the cost without interrupts of others. Also checks that an exit changes no
 * register that it should not.
 */
#include <stdbool.h>
#include "csr.h"
#include "print.h"
#include "random.h"
#include "sbi.h"
#include "time.h"
#include "uart.h"

#define ROUNDS            1000
#define REGISTER_ROUNDS   64
#define UNKNOWN_EXTENSION 0x0a000000 /* vendor range, nobody's */
#define A0                10
#define A1                11
#define A6                16
#define A7                17
#define FLOATS            32
#define SSTATUS_FS_CLEAN  (2 << 13)

uint64_t registers_before[32];
uint64_t registers_after[32];

void guest_main(void);
uint64_t instret_nothing(void);
uint64_t instret_call(uint64_t extension, uint64_t function, uint64_t argument);
uint64_t instret_read(uint64_t address);
uint64_t instret_write(uint64_t address, uint64_t byte);
void registers_over_call(void);
void registers_over_read(void);
void registers_over_write(void);
void floats_load(const uint64_t values[FLOATS]);
void floats_store(uint64_t values[FLOATS]);

static uint64_t overhead;
static uint64_t seed = 1;

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t call_cost(uint64_t extension, uint64_t function, uint64_t argument)
{
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++)
		least = smaller(least, instret_call(extension, function, argument));
	return least - overhead;
}

static void measure_nothing(void)
{
	overhead = UINT64_MAX;
	for (int round = 0; round < ROUNDS; round++)
		overhead = smaller(overhead, instret_nothing());
}

static uint64_t read_cost(uint64_t address)
{
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++)
		least = smaller(least, instret_read(address));
	return least - overhead;
}

static uint64_t write_cost(uint64_t address, uint64_t byte)
{
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++)
		least = smaller(least, instret_write(address, byte));
	return least - overhead;
}

static uint64_t worst_base_call(void)
{
	uint64_t worst = 0;

	for (uint64_t function = SBI_BASE_SPEC_VERSION; function <= SBI_BASE_MIMPID; function++) {
		uint64_t cost = call_cost(SBI_BASE, function, SBI_TIME);

		if (cost > worst)
			worst = cost;
	}
	return worst;
}

static void fill_registers(void)
{
	for (int r = 1; r < 32; r++)
		registers_before[r] = random_next(&seed);
}

/* Number of registers, a0 and a1 aside, that the exit changed. */
static int changed_registers(const char *exit)
{
	int changed = 0;

	for (int r = 1; r < 32; r++) {
		if (r == A0 || r == A1 || registers_before[r] == registers_after[r])
			continue;
		changed++;
		print("bench-exit: %s changed x%d from %lx to %lx\n", exit, r, registers_before[r],
		      registers_after[r]);
	}
	return changed;
}

static int check_call(const char *name, uint64_t extension, uint64_t function, uint64_t a0,
		      int64_t expected)
{
	int wrong = 0;

	for (int round = 0; round < REGISTER_ROUNDS; round++) {
		fill_registers();
		registers_before[A0] = a0;
		registers_before[A6] = function;
		registers_before[A7] = extension;
		registers_over_call();
		wrong += changed_registers(name);
		if ((int64_t)registers_after[A0] != expected) {
			print("bench-exit: %s returned %ld\n", name, (int64_t)registers_after[A0]);
			wrong++;
		}
	}
	return wrong;
}

static int check_device(void)
{
	int wrong = 0;

	for (int round = 0; round < REGISTER_ROUNDS; round++) {
		uint64_t byte;

		fill_registers();
		registers_before[A0] = UART_BASE + UART_SCR;
		byte = registers_before[A7] & 0xff;
		registers_over_write();
		wrong += changed_registers("register write");
		registers_over_read();
		wrong += changed_registers("register read");
		if (registers_after[A0] != byte) {
			print("bench-exit: scratch register holds %lx instead of %lx\n",
			      registers_after[A0], byte);
			wrong++;
		}
	}
	return wrong;
}

static int check_floats(void)
{
	uint64_t before[FLOATS], after[FLOATS];
	int wrong = 0;

	csr_clear(sstatus, SSTATUS_FS);
	csr_set(sstatus, SSTATUS_FS_CLEAN);
	if (!(csr_read(sstatus) & SSTATUS_FS))
		return 0; /* this VM has no floating point */
	for (int f = 0; f < FLOATS; f++)
		before[f] = random_next(&seed);
	floats_load(before);
	/* Long enough for other guests to run on this hart. */
	csr_set(sie, SIE_TIMER);
	sleep_until(read_time() + 20 * TICKS_PER_MS);
	floats_store(after);
	for (int f = 0; f < FLOATS; f++)
		wrong += before[f] != after[f];
	csr_clear(sstatus, SSTATUS_FS);
	return wrong;
}

static void check_state(void)
{
	int wrong = 0;

	wrong += check_call("get_spec_version", SBI_BASE, SBI_BASE_SPEC_VERSION, 0, SBI_SUCCESS);
	wrong += check_call("probe", SBI_BASE, SBI_BASE_PROBE, SBI_TIME, SBI_SUCCESS);
	wrong += check_call("set_timer", SBI_TIME, SBI_TIME_SET, TIMER_NEVER, SBI_SUCCESS);
	wrong += check_call("unknown", UNKNOWN_EXTENSION, 0, 0, SBI_ERR_NOT_SUPPORTED);
	wrong += check_device();
	wrong += check_floats();
	print("bench-exit: registers %s\n", wrong ? "CHANGED" : "preserved");
	print("RESULT exit-state-changed value=%d\n", wrong);
}

void guest_main(void)
{
	uint64_t spec_version, worst_base, probe, unknown, mmio_read, mmio_write;

	measure_nothing();
	spec_version = call_cost(SBI_BASE, SBI_BASE_SPEC_VERSION, 0);
	worst_base = worst_base_call();
	probe = call_cost(SBI_BASE, SBI_BASE_PROBE, SBI_TIME);
	unknown = call_cost(UNKNOWN_EXTENSION, 0, 0);
	mmio_read = read_cost(UART_BASE + UART_LSR);
	mmio_write = write_cost(UART_BASE + UART_SCR, 0);
	print("bench-exit: least of %d rounds; measuring nothing costs %lu, subtracted\n", ROUNDS,
	      overhead);
	print("RESULT exit-null-sbi value=%lu\n", spec_version);
	print("RESULT exit-base-worst value=%lu\n", worst_base);
	print("RESULT exit-probe value=%lu\n", probe);
	print("RESULT exit-unknown value=%lu\n", unknown);
	print("RESULT exit-mmio-read value=%lu\n", mmio_read);
	print("RESULT exit-mmio-write value=%lu\n", mmio_write);
	check_state();
	shutdown();
}
