/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What asking for a real-time service costs the one who asks, in executed instructions of the CPU,
 * until there are 64 reservations. HARD: the set of reservations for which the test takes longest,
 * almost equal periods near the bound and deadlines a little shorter (task i of 0..63; this guest's
 * own vCPU is task 0, the system file has those from FIRST_OWN + SLOTS on). Otherwise: tasks as
 * they are found in practice.
 */
#include "partita_service.h"
#include "print.h"
#include "time.h"

#define SLOTS       31
#define FIRST_OWN   1
#define US          1000ul
#define BASE_NS     9973000ul
#define OVERHEAD    2000ul
#define TASKS       64
#define START_TICKS (1000 * TICKS_PER_MS)

static struct service_space space;
static uint64_t worst, worst_number, sum, reasons[16];

void guest_main(void);

static void nothing(void *argument)
{
	(void)argument;
}

/* Of task i. */
static void parameters(uint64_t i, uint64_t *capacity, uint64_t *period, uint64_t *deadline)
{
#ifdef HARD
	*capacity = BASE_NS + 2 * i - OVERHEAD;
	*period = (BASE_NS + 2 * i) * TASKS;
	*deadline = *period - 1000;
#else
	*capacity = (50 + 10 * (i % 5)) * US;
	*period = (5000 + 1000 * (i % 16)) * US;
	*deadline = *period - 100 * US * (i % 4);
#endif
}

static void create(uint64_t i)
{
	uint64_t capacity, period, deadline, begin, cost;
	struct service_answer answer;

	parameters(i, &capacity, &period, &deadline);
	begin = read_instret();
	answer = service_create(nothing, NULL, &space, capacity, period, deadline);
	cost = read_instret() - begin;
	if (answer.error != SBI_SUCCESS)
		reasons[answer.reason % 16]++;
	if (cost > worst) {
		worst = cost;
		worst_number = i;
	}
	sum += cost;
}

void guest_main(void)
{
	/* Not while others start and say so. */
	sleep_until(read_time() + START_TICKS);
	for (uint64_t i = FIRST_OWN; i < FIRST_OWN + SLOTS; i++)
		create(i);
	print("RESULT admit worst=%lu number=%lu mean=%lu limit=%lu\n", worst, worst_number,
	      sum / SLOTS, reasons[HCALL_REFUSED_LIMIT]);
	shutdown();
}
