/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks for other plans of the CPUs' time tables as fast as it can, in turn and at random, plans
 * that do not exist among them. Whether the VM may is up to its system.
 */
#include "attack.h"
#include "hypercall.h"
#include "random.h"
#include "time.h"

#define RANDOM_ROUNDS 20000
#define TURNS         100000
#define REST_TURNS    64 /* an emulator's harts run in turn: rests keep this one's short */

static struct {
	uint64_t accepted, denied, invalid, odd;
} counts;

static void ask(uint64_t plan)
{
	switch (plan_request(plan)) {
	case SBI_SUCCESS:
		counts.accepted++;
		break;
	case SBI_ERR_DENIED:
		counts.denied++;
		break;
	case SBI_ERR_INVALID_PARAM:
		counts.invalid++;
		break;
	default:
		counts.odd++;
	}
}

static void report(const char *what)
{
	print("attack " ATTACK_NAME ": %s: accepted %lu denied %lu invalid %lu odd %lu\n", what,
	      counts.accepted, counts.denied, counts.invalid, counts.odd);
	counts.accepted = counts.denied = counts.invalid = counts.odd = 0;
}

void attack(void)
{
	uint64_t seed = 0x91a;

	for (int i = 0; i < TURNS; i++) {
		ask((uint64_t)i & 1);
		if (i % REST_TURNS == 0)
			sleep_until(read_time() + 1);
	}
	report("in turn");
	for (int i = 0; i < RANDOM_ROUNDS; i++) {
		uint64_t random = random_next(&seed);

		ask(random >> (random & 63));
		if (i % REST_TURNS == 0)
			sleep_until(read_time() + 1);
	}
	report("random");
	ask(0);
}
