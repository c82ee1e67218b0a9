/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An RT-VM: services and nothing else. Its boot hart registers them and stops; from then on two
 * control loops and a reporter run, each in the reservation that the system file gives it,
 * scheduled by Partita. The loops measure how late each of their jobs starts and hand the figures
 * to the reporter without a lock; only the reporter uses the console.
 */
#include "clock.h"
#include "exchange.h"
#include "partita_service.h"
#include "print.h"
#include "stats.h"

/* The services, in the order of the system file. */
enum { FAST, SLOW, REPORTER, SERVICES };

#define LOOPS REPORTER

struct figures {
	uint64_t periods;
	uint64_t misses;
	uint64_t overruns;
	uint64_t jitter_mean, jitter_max; /* ns */
};

struct loop {
	const char *name;
	uint64_t work_rounds; /* of two instructions */
	uint64_t told;        /* misses that the hook has been told of */
	struct stats jitter;
	struct exchange exchange;
	struct figures figures[EXCHANGE_COPIES];
};

static struct loop loops[LOOPS] = {
	[FAST] = {.name = "fast", .work_rounds = 10000, .exchange = EXCHANGE_INIT},
	[SLOW] = {.name = "slow", .work_rounds = 100000, .exchange = EXCHANGE_INIT},
};
static struct service_space spaces[SERVICES];
static struct clock clock;

void guest_main(void);

static void work(uint64_t rounds)
{
	__asm__ volatile("1: addi %0, %0, -1\n"
			 "bnez %0, 1b"
			 : "+r"(rounds));
}

static void on_miss(struct service *self, uint64_t misses)
{
	loops[self->number].told += misses;
}

static const struct service_hooks hooks = {.on_miss = on_miss};

static uint64_t start_jitter_ns(uint64_t release_ticks)
{
	uint64_t cycle = read_cycle(), ticks = read_time();

	if (!clock.exact)
		return (ticks - release_ticks) * TICK_NS;
	cycle -= clock_cycle_at(&clock, release_ticks);
	return (int64_t)cycle < 0 ? 0 : cycle;
}

static void publish(struct loop *loop)
{
	loop->figures[loop->exchange.back] = (struct figures){
		.periods = loop->jitter.n,
		.misses = loop->told,
		.overruns = service_self()->overruns,
		.jitter_mean = stats_mean(&loop->jitter),
		.jitter_max = loop->jitter.max,
	};
	exchange_publish(&loop->exchange);
}

/* A control loop. Its first job is not measured: it began whenever it was started. */
static void run_loop(void *argument)
{
	struct loop *loop = argument;

	loop->told = 0;
	loop->jitter = (struct stats){0};
	stats_init(&loop->jitter);
	for (;;) {
		stats_add(&loop->jitter, start_jitter_ns(service_wait_next_period()));
		work(loop->work_rounds);
		publish(loop);
	}
}

/* The only one that waits for the console, in its own reservation. */
static void run_reporter(void *argument)
{
	(void)argument;
	for (;;) {
		service_wait_next_period();
		for (int i = 0; i < LOOPS; i++) {
			struct loop *loop = &loops[i];
			const struct figures *figures;

			if (!exchange_take(&loop->exchange))
				continue;
			figures = &loop->figures[loop->exchange.front];
			print("rt-vm: %s: periods %lu missed %lu overruns %lu jitter mean %lu max "
			      "%lu "
			      "%s\n",
			      loop->name, figures->periods, figures->misses, figures->overruns,
			      figures->jitter_mean, figures->jitter_max, clock_unit(&clock));
		}
	}
}

static void add(uint64_t number, void (*function)(void *), void *argument)
{
	int64_t error;

	spaces[number].self.hooks = &hooks;
	error = service_register(number, function, argument, &spaces[number]);
	if (error == SBI_SUCCESS)
		return;
	print("rt-vm: service %lu is not in the system file (error %ld)\n", number, error);
	shutdown();
}

void guest_main(void)
{
	clock_calibrate(&clock);
	/* Before the reporter is: the console is its own afterwards. */
	print("rt-vm: %d services, the boot hart stops\n", SERVICES);
	for (uint64_t i = 0; i < LOOPS; i++)
		add(i, run_loop, &loops[i]);
	add(REPORTER, run_reporter, NULL);
	hart_stop();
}
