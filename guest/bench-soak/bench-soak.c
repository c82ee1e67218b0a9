/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sixteen real-time services on two CPUs, 95 % of each, that use up what they reserved in every
 * period, while the VM's own best-effort hart stops and starts them at random (seeded): twelve are
 * in the system file, four are created and deleted at run time. A job that ends after its deadline
 * and a release that passes without a job are misses. Says once a second how it goes, for ever.
 *
 * A job computes until only MARGIN of its budget is left, by Partita's account, and keeps a timer
 * of 10 us armed meanwhile: under -icount, harts take turns that last until some timer.
 */
#include "partita_service.h"
#include "print.h"
#include "random.h"
#include "time.h"

#define CONFIGURED   12
#define CREATED      4
#define SERVICES     (CONFIGURED + CREATED)
#define MARGIN_NS    120000
#define REARM_TICKS  (100 * TICKS_PER_US)
#define BURST        200
#define POLL_TICKS   (20 * TICKS_PER_US)
#define US           1000ul
#define NEW_CAPACITY (2000 * US) /* of those that are created: 5 % each */
#define NEW_PERIOD   (40000 * US)
#define PAUSE_TICKS  (8 * TICKS_PER_MS)
#define PAUSE_SPREAD (16 * TICKS_PER_MS)
#define SECOND_TICKS (1000 * TICKS_PER_MS)
#ifndef SOAK_SEED
#define SOAK_SEED 1
#endif

/* The service alone writes it. */
struct job {
	volatile uint64_t done, missed, skipped, least_slack_ns;
};

static struct service_space spaces[SERVICES];
static struct job jobs[SERVICES];
static uint64_t numbers[SERVICES]; /* of those that exist */
static uint64_t seed = SOAK_SEED, started, stopped, refused, odd;

void guest_main(void);

static void compute_until(uint64_t ticks)
{
	while (read_time() < ticks) {
		uint64_t rounds = BURST;

		__asm__ volatile("1: addi %0, %0, -1\n"
				 "bnez %0, 1b"
				 : "+r"(rounds));
	}
}

static void work(void)
{
	uint64_t next = 0;

	while (budget_left_ns() > MARGIN_NS) {
		uint64_t now = read_time();

		if (now >= next) {
			next = now + REARM_TICKS;
			timer_set(next + POLL_TICKS);
		}
		compute_until(now + POLL_TICKS);
	}
	timer_set(TIMER_NEVER);
}

static void run_service(void *argument)
{
	struct job *job = argument;
	struct service *self = service_self();

	for (;;) {
		uint64_t due = self->release_ns + self->deadline_ns, before = self->release_ns, now;

		work();
		now = read_time() * TICK_NS;
		if (now > due)
			job->missed++;
		else if (due - now < job->least_slack_ns)
			job->least_slack_ns = due - now;
		job->done++;
		service_wait_next_period();
		if (self->release_ns > before + self->period_ns + TICK_NS)
			job->skipped++;
	}
}

static uint64_t state_of(uint64_t service)
{
	return service_status(HCALL_SELF, numbers[service], HCALL_STATUS_STATE).value;
}

static void check(int64_t error)
{
	if (error != SBI_SUCCESS)
		odd++;
}

/* Whether it exists and can be launched now. */
static bool create(uint64_t service)
{
	struct service_answer answer = service_create(run_service, &jobs[service], &spaces[service],
						      NEW_CAPACITY, NEW_PERIOD, NEW_PERIOD);

	if (answer.error == SBI_SUCCESS)
		numbers[service] = answer.number;
	else
		refused++;
	return answer.error == SBI_SUCCESS;
}

static void launch(uint64_t service)
{
	check(service_launch(HCALL_SELF, numbers[service]));
	started++;
}

static void begin(void)
{
	for (uint64_t i = 0; i < SERVICES; i++) {
		jobs[i].least_slack_ns = UINT64_MAX;
		numbers[i] = i;
		if (i < CONFIGURED)
			check(service_register(i, run_service, &jobs[i], &spaces[i]));
		else if (!create(i))
			odd++;
		launch(i);
	}
}

static void pause(void)
{
	sleep_until(read_time() + PAUSE_TICKS + random_next(&seed) % PAUSE_SPREAD);
}

/* Stops one and starts it again, each at some time. */
static void churn(void)
{
	uint64_t service = random_next(&seed) % SERVICES, end = service < CONFIGURED;

	pause();
	check(service_delete(HCALL_SELF, numbers[service]));
	stopped++;
	do
		pause();
	while (state_of(service) != (end ? HCALL_SERVICE_READY : HCALL_SERVICE_EMPTY));
	if (service >= CONFIGURED)
		while (!create(service))
			pause();
	launch(service);
}

static void report(uint64_t seconds)
{
	uint64_t done = 0, missed = 0, slack = UINT64_MAX;

	for (int i = 0; i < SERVICES; i++) {
		done += jobs[i].done;
		missed += jobs[i].missed + jobs[i].skipped;
		if (jobs[i].least_slack_ns < slack)
			slack = jobs[i].least_slack_ns;
	}
	print("soak: %lu s, %lu jobs, started %lu, stopped %lu, refused %lu, odd %lu, least slack "
	      "%lu us, missed %lu\n",
	      seconds, done, started, stopped, refused, odd, slack / US, missed);
}

void guest_main(void)
{
	begin();
	for (uint64_t seconds = 1;; seconds++) {
		while (read_time() < seconds * SECOND_TICKS)
			churn();
		report(seconds);
	}
}
