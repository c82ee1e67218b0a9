/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks for services until it is refused, gives all of them back and begins anew: each round must
 * get just as many and hear the same reason, however often. Small ones run into the slots, large
 * ones into the VM's share.
 */
#include "attack.h"
#include "partita_service.h"
#include "random.h"
#include "time.h"

#define ROUNDS    20
#define SPACES    32
#define PERIOD_NS 1000000ul

static struct service_space spaces[SPACES];
static uint64_t numbers[SPACES];
static uint64_t seed = 0xe4;

static void run(void *argument)
{
	(void)argument;
	for (;;)
		service_wait_next_period();
}

/* In random order. */
static uint64_t delete_all(uint64_t count)
{
	uint64_t failed = 0;

	while (count > 0) {
		uint64_t place = random_next(&seed) % count;

		failed += service_delete(HCALL_SELF, numbers[place]) != SBI_SUCCESS;
		numbers[place] = numbers[--count];
	}
	return failed;
}

static void exhaust(const char *what, uint64_t capacity_ns, bool launch)
{
	struct service_answer answer = {0};
	uint64_t count = 0, failed = 0;

	while (count < SPACES) {
		answer = service_create(run, NULL, &spaces[count], capacity_ns, PERIOD_NS,
					PERIOD_NS);
		if (answer.error != SBI_SUCCESS)
			break;
		if (launch)
			failed += service_launch(HCALL_SELF, answer.number) != SBI_SUCCESS;
		numbers[count++] = answer.number;
	}
	if (launch)
		sleep_until(read_time() + 2 * TICKS_PER_MS);
	failed += delete_all(count);
	if (launch) /* what has run is free again when its period is over */
		sleep_until(read_time() + 2 * TICKS_PER_MS);
	print("attack " ATTACK_NAME ": %s: created %lu, then error %ld reason %lu figure %lu, "
	      "failed %lu\n",
	      what, count, answer.error, answer.reason, answer.figure, failed);
}

void attack(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		exhaust("small", 15000, round & 1);
		exhaust("large", 70000, round & 1);
	}
}
