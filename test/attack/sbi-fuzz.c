/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls every function of every extension it knows of, and of some nobody knows of, with random
 * arguments, the same ones in every run. Left out are the calls that are meant to end or stop the
 * caller; resets with wrong types come last.
 */
#include <stddef.h>
#include "attack.h"
#include "random.h"
#include "hypercall.h"
#include "time.h"

#define FUNCTIONS       33
#define ROUNDS          6
#define RANDOM_ROUNDS   2000
#define ERRORS          16
#define LEGACY_PUTCHAR  1
#define LEGACY_SHUTDOWN 8
#define LEGACY_LAST     0xf

#define SBI_CPPC 0x43505043
#define SBI_NACL 0x4e41434c
#define SBI_STA  0x535441
#define SBI_SSE  0x535345
#define SBI_FWFT 0x46574654
#define SBI_DBTR 0x44425452
#define SBI_MPXY 0x4d505859

static const uint64_t extensions[] = {
	0x00,
	LEGACY_PUTCHAR,
	0x02,
	0x03,
	0x04,
	0x05,
	0x06,
	0x07,
	0x09,
	0x0f,
	SBI_BASE,
	SBI_TIME,
	SBI_IPI,
	SBI_RFENCE,
	SBI_HSM,
	SBI_DBCN,
	SBI_SUSP,
	SBI_PMU,
	SBI_CPPC,
	SBI_NACL,
	SBI_STA,
	SBI_SSE,
	SBI_FWFT,
	SBI_DBTR,
	SBI_MPXY,
	0x08000000,
	0x08ffffff,
	HCALL_EXTENSION,
	0x09000000,
	0x0a000000,
	1ul << 32 | SBI_BASE,
	1ul << 63 | SBI_TIME,
	HCALL_EXTENSION + 1,
	UINT64_MAX,
};

static char dots[4096] __attribute__((aligned(4096)));
static uint64_t seed = 0x5b1;
static uint64_t succeeded, faults, failed[ERRORS]; /* by -error; 0: no SBI error at all */

static uint64_t random_argument(void)
{
	static const uint64_t interesting[] = {
		0,          1,
		2,          3,
		8,          63,
		64,         0x1000,
		0xffffffff, 1ul << 32,
		1ul << 62,  1ul << 63,
		UINT64_MAX, UINT64_MAX - 7,
		OWN_MEMORY, FIRMWARE,
		BEYOND_OWN, 0x10000000,
		PLIC_BASE,
	};
	uint64_t random = random_next(&seed);
	uint64_t choices = sizeof(interesting) / sizeof(interesting[0]);

	if (random >> 62 == 0)
		return random_next(&seed);
	if (random >> 62 == 1)
		return (uint64_t)dots;
	return interesting[random % choices];
}

static bool ends_or_stops_caller(uint64_t extension, uint64_t function)
{
	if (extension == SBI_SRST || extension == LEGACY_SHUTDOWN || extension == SBI_SUSP)
		return extension != SBI_SUSP || function == 0;
	return extension == SBI_HSM && (function == SBI_HSM_STOP || function == SBI_HSM_SUSPEND);
}

/* Bytes that a terminal may be shown. */
static uint64_t printable(uint64_t extension, uint64_t function, uint64_t argument)
{
	bool is_byte = extension == LEGACY_PUTCHAR ||
		       (extension == SBI_DBCN && function == SBI_DBCN_WRITE_BYTE);

	return is_byte ? '.' : argument;
}

struct request {
	uint64_t extension;
	uint64_t function;
	uint64_t a[6];
};

static uint64_t send(uint64_t request_address, uint64_t unused)
{
	const struct request *request = (const struct request *)request_address;
	const uint64_t *a = request->a;

	(void)unused;
	return (uint64_t)sbi_call(request->extension, request->function, a[0], a[1], a[2], a[3],
				  a[4], a[5])
		.error;
}

static void count(int64_t error)
{
	if (error == SBI_SUCCESS)
		succeeded++;
	else if (error < 0 && error > -ERRORS)
		failed[-error]++;
	else
		failed[0]++;
}

static void call(uint64_t extension, uint64_t function)
{
	struct request request = {.extension = extension, .function = function};
	uint64_t error;

	for (int i = 0; i < 6; i++)
		request.a[i] = random_argument();
	request.a[0] = printable(extension, function, request.a[0]);
	/* Printable; and OpenSBI goes down by buffers outside memory. */
	if (extension == SBI_DBCN && (request.a[1] == OWN_MEMORY || !partita_present()))
		request.a[1] = (uint64_t)dots;
	/* Legacy calls hand a bad pointer's fault back to the caller. */
	if (guarded(send, (uint64_t)&request, 0, &error, NULL))
		count((int64_t)error);
	else
		faults++;
	/* Whatever was armed or raised. */
	timer_set(TIMER_NEVER);
	csr_clear(sip, SIE_SOFTWARE);
}

static void call_if_survivable(uint64_t extension, uint64_t function)
{
	if (!ends_or_stops_caller(extension, function))
		call(extension, function);
}

static void call_known(void)
{
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		for (uint64_t function = 0; function < FUNCTIONS; function++)
			for (int round = 0; round < ROUNDS; round++)
				call_if_survivable(extensions[i], function);
}

static void call_random(void)
{
	for (int i = 0; i < RANDOM_ROUNDS; i++) {
		uint64_t extension = random_next(&seed);

		if (i & 1)
			extension &= 0xffffffff;
		if (extension > LEGACY_LAST)
			call_if_survivable(extension, random_next(&seed));
	}
}

/* A hart that suspends with an interrupt pending goes on at once (SBI 2.0, 9.4). */
static void suspend_pending(void)
{
	csr_write(sie, SIE_TIMER);
	timer_set(0);
	print("attack " ATTACK_NAME ": suspend with timer pending: error %ld\n",
	      sbi_call3(SBI_HSM, SBI_HSM_SUSPEND, 0, 0, 0).error);
	timer_set(TIMER_NEVER);
	csr_write(sie, 0);
	for (uint64_t type = 1; type < 0x80000000; type <<= 3)
		print("attack " ATTACK_NAME ": suspend type %lx: error %ld\n", type,
		      sbi_call3(SBI_HSM, SBI_HSM_SUSPEND, type, random_argument(), 0).error);
}

static void wrong_resets(void)
{
	for (uint64_t type = 3; type < 0xf0000000; type <<= 4)
		print("attack " ATTACK_NAME ": reset type %lx: error %ld\n", type,
		      sbi_call3(SBI_SRST, SBI_SRST_RESET, type, 0, 0).error);
	print("attack " ATTACK_NAME ": reset reason 3: error %ld\n",
	      sbi_call3(SBI_SRST, SBI_SRST_RESET, SBI_SRST_SHUTDOWN, 3, 0).error);
	print("attack " ATTACK_NAME ": reset function 1: error %ld\n",
	      sbi_call3(SBI_SRST, 1, 0, 0, 0).error);
}

static void report(void)
{
	print("\nattack " ATTACK_NAME ": %lu calls succeeded\n", succeeded);
	for (int error = 1; error < ERRORS; error++)
		if (failed[error])
			print("attack " ATTACK_NAME ": error -%d: %lu calls\n", error,
			      failed[error]);
	print("attack " ATTACK_NAME ": other results: %lu calls, %lu faults\n", failed[0], faults);
}

void attack(void)
{
	for (size_t i = 0; i < sizeof(dots); i++)
		dots[i] = i % 64 == 63 ? '\n' : '.';
	call_known();
	call_random();
	report();
	suspend_pending();
	wrong_resets();
}
