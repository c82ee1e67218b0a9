/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two harts on two CPUs create and delete services at the same time, with different figures, so
 * that the admission test of one is under way when the other asks. Each service must belong to just
 * one of them, and in the end all slots must be free again.
 */
#include <stddef.h>
#include "attack.h"
#include "partita_service.h"
#include "random.h"
#include "time.h"

#define ROUNDS      1500
#define SLOTS       8
#define STACK_BYTES 2048
#define PERIOD_NS   1000000ul
#define POLL_TICKS  (100 * TICKS_PER_US)
#define WAIT_TICKS  (5000 * TICKS_PER_MS)

static struct {
	uint8_t run[STACK_BYTES];
	uint8_t trap[STACK_BYTES];
} stacks __attribute__((aligned(16)));
static struct hart_start start = {stacks.run + STACK_BYTES, stacks.trap + STACK_BYTES, NULL};
static struct service_space spaces[2];
static uint32_t held[SLOTS];
static struct {
	uint64_t created, denied, busy, odd, twice;
} counts[2];
static volatile bool finished;

static void wait(void *argument)
{
	(void)argument;
	for (;;)
		service_wait_next_period();
}

static void use(uint64_t self, uint64_t number, uint64_t random)
{
	counts[self].created++;
	if (number >= SLOTS || __atomic_exchange_n(&held[number], 1, __ATOMIC_ACQ_REL))
		counts[self].twice++;
	if (random & 1)
		service_launch(HCALL_SELF, number);
	if (number < SLOTS)
		__atomic_store_n(&held[number], 0, __ATOMIC_RELEASE);
	counts[self].odd += service_delete(HCALL_SELF, number) != SBI_SUCCESS;
}

static void storm(uint64_t self)
{
	uint64_t seed = 0x5ace + self;

	csr_write(sie, SIE_TIMER);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t random = random_next(&seed), period = PERIOD_NS + 1000 * (random % 64);
		struct service_answer answer =
			service_create(wait, NULL, &spaces[self], 10000 + random % 64, period,
				       period - 1000 * (self + 1));

		if (answer.error == SBI_SUCCESS)
			use(self, answer.number, random);
		else if (answer.error == SBI_ERR_DENIED && answer.reason == HCALL_REFUSED_BUSY)
			counts[self].busy++;
		else if (answer.error == SBI_ERR_DENIED)
			counts[self].denied++;
		else
			counts[self].odd++;
		/* An emulator's harts run in turn: without a rest this one's turn would be the
		 * neighbour's delay. */
		sleep_until(read_time() + 5 * TICKS_PER_US);
	}
}

static void run_second(uint64_t hart)
{
	storm(hart);
	finished = true;
}

static void report(uint64_t self)
{
	print("attack " ATTACK_NAME
	      ": hart %lu: created %lu denied %lu busy %lu odd %lu twice %lu\n",
	      self, counts[self].created, counts[self].denied, counts[self].busy, counts[self].odd,
	      counts[self].twice);
}

static uint64_t free_slots(void)
{
	uint64_t n = 0, numbers[SLOTS + 1];

	while (n <= SLOTS) {
		struct service_answer answer =
			service_create(wait, NULL, &spaces[0], 10000, PERIOD_NS, PERIOD_NS);

		if (answer.error != SBI_SUCCESS)
			break;
		numbers[n++] = answer.number;
	}
	for (uint64_t i = 0; i < n; i++)
		service_delete(HCALL_SELF, numbers[i]);
	return n;
}

void attack(void)
{
	uint64_t end = read_time() + WAIT_TICKS;

	start.function = run_second;
	if (hart_start(1, &start) != SBI_SUCCESS) {
		announce("no second hart");
		return;
	}
	storm(0);
	while (!finished && read_time() < end)
		sleep_until(read_time() + POLL_TICKS);
	sleep_until(read_time() + 5 * TICKS_PER_MS);
	report(0);
	report(1);
	print("attack " ATTACK_NAME ": %s, free slots at the end %lu\n",
	      finished ? "both done" : "stuck", free_slots());
}
