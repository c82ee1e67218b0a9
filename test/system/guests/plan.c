/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for plan 1 in the middle of a frame, for one that is not there, later for plan 0 again. */
#include "hypercall.h"
#include "print.h"
#include "time.h"

#define FIRST_MS  107
#define SECOND_MS 171
#define NOT_THERE 7

void guest_main(void);

static void ask(uint64_t plan)
{
	print("plan %lu: error %ld\n", plan, plan_request(plan));
}

void guest_main(void)
{
	sleep_until(FIRST_MS * TICKS_PER_MS);
	ask(1);
	ask(NOT_THERE);
	sleep_until(SECOND_MS * TICKS_PER_MS);
	ask(0);
	for (;;)
		sleep_until(read_time() + SECOND_MS * TICKS_PER_MS);
}
