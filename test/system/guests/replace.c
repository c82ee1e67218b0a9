/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four services on two CPUs, the last of which fits only after the first has moved: A 30 % and B
 * 40 % go to CPU 0, C 50 % to CPU 1, and D wants 45 %. All work in every period, much less than
 * they may (under -icount, what the other CPU does in its turn passes as time here).
 */
#include "partita_service.h"
#include "print.h"
#include "time.h"

#define COUNT        4
#define PERIOD_NS    10000000ul
#define RUN_TICKS    (60 * TICKS_PER_MS)
#define PERIOD_TICKS (10 * TICKS_PER_MS)
#define ASK_TICKS    (300 * TICKS_PER_US)

struct worker {
	uint64_t work_ticks;
	volatile uint64_t periods;
};

static struct service_space spaces[COUNT];
static struct worker workers[COUNT];
static const uint64_t capacities_us[COUNT] = {3000, 4000, 5000, 4500};
static const uint64_t work_us[COUNT] = {1000, 1000, 100, 1000};
static uint64_t numbers[COUNT];

void guest_main(void);

static void work(void *argument)
{
	struct worker *worker = argument;

	for (;; worker->periods++) {
		uint64_t begin;

		service_wait_next_period();
		begin = read_time();
		while (read_time() - begin < worker->work_ticks)
			;
	}
}

static const char *state(uint64_t i)
{
	return service_state_name(service_status(HCALL_SELF, numbers[i], HCALL_STATUS_STATE).value);
}

static void add(uint64_t i)
{
	struct service_answer answer;
	char text[96];

	workers[i].work_ticks = work_us[i] * TICKS_PER_US;
	answer = service_create(work, &workers[i], &spaces[i], capacities_us[i] * 1000, PERIOD_NS,
				PERIOD_NS);
	numbers[i] = answer.number;
	if (answer.error != SBI_SUCCESS) {
		print("replace: FAILED: %s\n", service_explain(&answer, text, sizeof(text)));
		shutdown();
	}
	print("replace: %lu: %s\n", i, state(i));
	service_launch(HCALL_SELF, numbers[i]);
}

static void report(const char *when, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		print("replace: %s: %lu: %s, CPU %lu, periods %lu missed %lu late %lu\n", when, i,
		      state(i), service_status(HCALL_SELF, numbers[i], HCALL_STATUS_CPU).value,
		      workers[i].periods, spaces[i].self.misses,
		      service_status(HCALL_SELF, numbers[i], HCALL_STATUS_LATE).value);
}

void guest_main(void)
{
	for (uint64_t i = 0; i < COUNT - 1; i++)
		add(i);
	sleep_until(read_time() + RUN_TICKS);
	report("before", COUNT - 1);
	/* Within a job of the first one, which moves when that is done. */
	sleep_until((read_time() / PERIOD_TICKS + 1) * PERIOD_TICKS + ASK_TICKS);
	add(COUNT - 1);
	sleep_until(read_time() + RUN_TICKS);
	report("after", COUNT);
	service_delete(HCALL_SELF, numbers[0]);
	sleep_until(read_time() + RUN_TICKS);
	report("end", COUNT);
	shutdown();
}
