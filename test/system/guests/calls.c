/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each of Partita's own calls costs: instructions from before the ecall to after it, the least
 * and the most of many; alone on its CPU, where `instret` counts nothing else (-icount).
 */
#include "partita_service.h"
#include "print.h"
#include "time.h"

#define ROUNDS    50
#define SPACES    8
#define PERIOD_NS 1000000ul

static struct service_space spaces[SPACES];
static uint64_t least, most;

void guest_main(void);

static void run(void *argument)
{
	(void)argument;
	for (;;)
		service_wait_next_period();
}

static void begin(void)
{
	least = UINT64_MAX;
	most = 0;
}

static void note(uint64_t cost)
{
	if (cost < least)
		least = cost;
	if (cost > most)
		most = cost;
}

static void report(const char *what)
{
	print("calls: %s: min %lu max %lu\n", what, least, most);
}

static struct sbi_result timed(uint64_t function, uint64_t a0, uint64_t a1, uint64_t a2)
{
	uint64_t before = read_instret();
	struct sbi_result result = sbi_call3(HCALL_EXTENSION, function, a0, a1, a2);

	note(read_instret() - before);
	return result;
}

static void measure(const char *what, uint64_t function, uint64_t a0, uint64_t a1, uint64_t a2)
{
	begin();
	for (int i = 0; i < ROUNDS; i++)
		timed(function, a0, a1, a2);
	report(what);
}

static struct service_answer timed_create(uint64_t place, uint64_t capacity_ns)
{
	uint64_t before = read_instret();
	struct service_answer answer = service_create(run, NULL, &spaces[place], capacity_ns,
						      PERIOD_NS, PERIOD_NS - 1000 * place);

	note(read_instret() - before);
	return answer;
}

/* With 0 to 7 other services; each alone, so that min is the first and max the last. */
static void measure_create(void)
{
	uint64_t numbers[SPACES];

	begin();
	for (uint64_t i = 0; i < SPACES; i++)
		numbers[i] = timed_create(i, 20000).number;
	report("create");
	begin();
	timed_create(0, 20000);
	report("create, no slot");
	begin();
	for (uint64_t i = 0; i < SPACES; i++)
		timed(HCALL_SERVICE_DELETE, HCALL_SELF, numbers[i], 0);
	report("delete, not running");
	begin();
	timed_create(0, 900000);
	report("create, no room");
}

static void measure_launch(void)
{
	uint64_t deletes_least = UINT64_MAX, deletes_most = 0;

	begin();
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before, cost,
			number = service_create(run, NULL, &spaces[0], 20000, PERIOD_NS, PERIOD_NS)
					 .number;

		timed(HCALL_SERVICE_LAUNCH, HCALL_SELF, number, 0);
		before = read_instret();
		service_delete(HCALL_SELF, number);
		cost = read_instret() - before;
		deletes_least = cost < deletes_least ? cost : deletes_least;
		deletes_most = cost > deletes_most ? cost : deletes_most;
		sleep_until(read_time() + 3 * TICKS_PER_MS);
	}
	report("launch");
	least = deletes_least;
	most = deletes_most;
	report("delete, running");
}

void guest_main(void)
{
	measure("vm id", HCALL_VM_ID, 0, 0, 0);
	measure("vm info", HCALL_VM_INFO, HCALL_SELF, HCALL_INFO_NAME, 0);
	measure("query", HCALL_QUERY, HCALL_STATUS_RAN, 0, 0);
	measure("status", HCALL_SERVICE_STATUS, HCALL_SELF, 0, HCALL_STATUS_LATE);
	measure("plan, denied", HCALL_PLAN, 0, 0, 0);
	measure("unknown call", 99, 0, 0, 0);
	measure_create();
	measure_launch();
	measure("registration end", HCALL_REGISTRATION_END, 0, 0, 0);
	shutdown();
}
