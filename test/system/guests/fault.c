/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeps a little, then reads where nothing is; says so if it gets an exception for it. */
#include "print.h"
#include "sbi.h"
#include "time.h"
#include "trap.h"

#define NOWHERE 0x70000008ul

void guest_main(void);

static uint64_t read_nowhere(uint64_t address, uint64_t unused)
{
	(void)unused;
	return *(volatile uint64_t *)address;
}

void guest_main(void)
{
	struct fault fault = {0};

	print("fault: start\n");
	sleep_until(read_time() + 20 * TICKS_PER_MS);
	if (guarded(read_nowhere, NOWHERE, 0, NULL, &fault))
		print("fault: read it\n");
	else
		print("fault: injected cause %lu value %lx\n", fault.cause, fault.value);
	shutdown();
}
