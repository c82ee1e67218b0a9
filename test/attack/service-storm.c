/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creates, launches and deletes real-time services as fast as it can, in random order: some end by
 * themselves, some never yield, some wait. Service 0 is one of the system file; the others it asks
 * for. Neighbours must not notice.
 */
#include "attack.h"
#include "partita_service.h"
#include "random.h"
#include "time.h"

#define ROUNDS      20000
#define KEPT_ROUNDS 2000
#define SPACES      8
#define NOBODY      UINT64_MAX
#define CAPACITY_NS 20000ul
#define PERIOD_NS   1000000ul

static struct service_space spaces[SPACES + 1];
static uint64_t numbers[SPACES];
static uint64_t seed = 0x570;
static volatile uint64_t jobs;
static struct {
	uint64_t created, refused, launched, deleted, gone, odd;
} counts;

static void end_at_once(void *argument)
{
	(void)argument;
	jobs++;
}

static void wait(void *argument)
{
	(void)argument;
	for (;;) {
		jobs++;
		service_wait_next_period();
	}
}

static void never_yield(void *argument)
{
	(void)argument;
	for (;;)
		jobs++;
}

static void count(int64_t error, uint64_t *good, uint64_t *refused, int64_t expected)
{
	if (error == SBI_SUCCESS)
		++*good;
	else if (error == expected)
		++*refused;
	else
		counts.odd++;
}

static void create(uint64_t place)
{
	static void (*const functions[])(void *) = {end_at_once, wait, never_yield};
	uint64_t kind = random_next(&seed) % 3;
	struct service_answer answer = service_create(functions[kind], NULL, &spaces[place],
						      CAPACITY_NS, PERIOD_NS, PERIOD_NS);

	count(answer.error, &counts.created, &counts.refused, SBI_ERR_DENIED);
	if (answer.error != SBI_SUCCESS)
		return;
	numbers[place] = answer.number;
	if (random_next(&seed) % 8 != 0)
		count(service_launch(HCALL_SELF, answer.number), &counts.launched, &counts.odd, 0);
}

/* It may have ended by itself: then there is no such service any more. */
static void destroy(uint64_t place)
{
	count(service_delete(HCALL_SELF, numbers[place]), &counts.deleted, &counts.gone,
	      SBI_ERR_ALREADY_STOPPED);
	numbers[place] = NOBODY;
}

static void storm_created(void)
{
	for (uint64_t place = 0; place < SPACES; place++)
		numbers[place] = NOBODY;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t place = random_next(&seed) % SPACES;

		if (numbers[place] == NOBODY)
			create(place);
		else
			destroy(place);
	}
	for (uint64_t place = 0; place < SPACES; place++)
		if (numbers[place] != NOBODY)
			destroy(place);
	print("attack " ATTACK_NAME
	      ": created %lu, refused %lu, launched %lu, deleted %lu, gone by "
	      "themselves %lu, odd answers %lu\n",
	      counts.created, counts.refused, counts.launched, counts.deleted, counts.gone,
	      counts.odd);
}

/* One of the system file is launched and stopped again and again. */
static void storm_kept(void)
{
	uint64_t failed = 0, again = 0;
	int64_t error = service_register(0, never_yield, NULL, &spaces[SPACES]);

	for (int round = 0; round < KEPT_ROUNDS; round++) {
		again += service_launch(HCALL_SELF, 0) == SBI_ERR_ALREADY_STARTED;
		if (random_next(&seed) % 4 == 0)
			sleep_until(read_time() + random_next(&seed) % TICKS_PER_MS / 4);
		failed += service_delete(HCALL_SELF, 0) != SBI_SUCCESS;
	}
	print("attack " ATTACK_NAME
	      ": kept service: registered %ld, %d rounds, %lu came too soon, %lu "
	      "not stopped\n",
	      error, KEPT_ROUNDS, again, failed);
}

void attack(void)
{
	storm_created();
	storm_kept();
	print("attack " ATTACK_NAME ": %lu jobs\n", jobs);
}
