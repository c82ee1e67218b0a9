/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services that misbehave, each in its own way; the boot hart says in the end what became of them.
 * Their neighbours in other VMs, and the good one in this VM, must not notice.
 */
#include "partita_service.h"
#include "print.h"
#include "time.h"

/* In the order of the system file. */
enum { GOOD, SLOW, HOG, TRESPASSER, DEEP, SERVICES };

#define WORK_ROUNDS  25000 /* 50 us */
#define GOOD_PERIODS 10    /* of those that go wrong then */
#define RUN_TICKS    (300 * TICKS_PER_MS)

static struct service_space spaces[SERVICES];
static volatile uint64_t jobs[SERVICES], misses[SERVICES], overruns[SERVICES], faults[SERVICES];

void guest_main(void);

static void work(uint64_t rounds)
{
	__asm__ volatile("1: addi %0, %0, -1\n"
			 "bnez %0, 1b"
			 : "+r"(rounds));
}

static void on_miss(struct service *self, uint64_t n)
{
	misses[self->number] += n;
}

static void on_overrun(struct service *self, uint64_t n)
{
	overruns[self->number] += n;
}

static void on_fault(struct service *self, uint64_t cause, uint64_t pc, uint64_t value)
{
	(void)pc;
	(void)value;
	faults[self->number] = cause;
}

static const struct service_hooks hooks = {
	.on_miss = on_miss, .on_overrun = on_overrun, .on_fault = on_fault};

/* A job of so many times 50 us each period, for so many periods. */
static void run_jobs(uint64_t times, uint64_t periods)
{
	struct service *self = service_self();

	while (jobs[self->number] < periods) {
		service_wait_next_period();
		work(WORK_ROUNDS * times);
		jobs[self->number]++;
	}
}

static void run_good(void *argument)
{
	(void)argument;
	run_jobs(1, UINT64_MAX);
}

/* Every job needs more than its capacity, and more than two periods. */
static void run_slow(void *argument)
{
	(void)argument;
	run_jobs(5, UINT64_MAX);
}

static void run_hog(void *argument)
{
	(void)argument;
	run_jobs(1, GOOD_PERIODS);
	for (;;)
		jobs[HOG]++;
}

static void run_trespasser(void *argument)
{
	(void)argument;
	run_jobs(1, GOOD_PERIODS);
	*(volatile uint64_t *)0x1000 = 1;
}

static uint64_t recurse(uint64_t depth)
{
	volatile uint64_t here[16];

	for (int i = 0; i < 16; i++) /* leaves no word out: not the guard either */
		here[i] = depth;
	if (depth == 0)
		return here[0];
	return recurse(depth - 1) + here[0];
}

/* Runs over its guard word by a little: its trap stack and state lie at the other end. */
static void run_deep(void *argument)
{
	(void)argument;
	run_jobs(1, GOOD_PERIODS);
	for (uint64_t depth = 1;; depth++) {
		recurse(depth);
		service_wait_next_period();
		jobs[DEEP]++;
	}
}

void guest_main(void)
{
	static void (*const functions[SERVICES])(void *) = {run_good, run_slow, run_hog,
							    run_trespasser, run_deep};

	for (uint64_t i = 0; i < SERVICES; i++) {
		int64_t error;

		spaces[i].self.hooks = &hooks;
		error = service_register(i, functions[i], NULL, &spaces[i]);
		if (error != SBI_SUCCESS)
			print("bad: FAILED: register %lu: %ld\n", i, error);
	}
	sleep_until(read_time() + RUN_TICKS);
	for (uint64_t i = 0; i < SERVICES; i++)
		print("bad: service %lu: %s, jobs %lu missed %lu overruns %lu cause %lu\n", i,
		      service_state_name(service_status(HCALL_SELF, i, HCALL_STATUS_STATE).value),
		      jobs[i], misses[i], overruns[i], faults[i]);
	shutdown();
}
