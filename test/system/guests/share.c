/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A best-effort hart and a real-time service of the same VM share a record. SHARE_LOCK: under a
 * spin lock, as one would between two threads. Then whoever competes with the hart for the CPU
 * while it holds the lock makes the service wait for that, too, and spin its capacity away: the
 * priority inversion that source 003 (4.3) warns of. Otherwise: by exchange.h, and nobody ever
 * waits.
 */
#include "exchange.h"
#include "partita_service.h"
#include "print.h"
#include "time.h"

#define PERIODS     300
#define CAPACITY_NS 100000ul
#define PERIOD_NS   1000000ul
#define HOLD_TICKS  (200 * TICKS_PER_US)
#define FREE_TICKS  (200 * TICKS_PER_US)
#define WORDS       32

struct record {
	uint64_t words[WORDS]; /* all the same, or it is torn */
};

static struct service_space space;
static struct record records[EXCHANGE_COPIES];
static volatile uint64_t periods, torn, seen, response_max, overruns_told, misses_told;

void guest_main(void);

static void spin_for(uint64_t ticks)
{
	for (uint64_t end = read_time() + ticks; read_time() < end;)
		;
}

static void fill(struct record *record, uint64_t value, uint64_t for_ticks)
{
	for (int i = 0; i < WORDS; i++) {
		record->words[i] = value;
		spin_for(for_ticks / WORDS);
	}
}

static void check(const struct record *record)
{
	static uint64_t newest;

	for (int i = 1; i < WORDS; i++)
		if (record->words[i] != record->words[0]) {
			torn++;
			return;
		}
	if (record->words[0] > newest)
		seen++;
	newest = record->words[0];
}

#ifdef SHARE_LOCK
#define NAME "lock"

static int lock;

static void acquire(void)
{
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		;
}

static void release(void)
{
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static void put(uint64_t value)
{
	acquire();
	fill(&records[0], value, HOLD_TICKS);
	release();
}

static void get(void)
{
	acquire();
	check(&records[0]);
	release();
}
#else
#define NAME "exchange"

static struct exchange exchange = EXCHANGE_INIT;

static void put(uint64_t value)
{
	fill(&records[exchange.back], value, HOLD_TICKS);
	exchange_publish(&exchange);
}

static void get(void)
{
	exchange_take(&exchange);
	check(&records[exchange.front]);
}
#endif

static void on_miss(struct service *self, uint64_t misses)
{
	(void)self;
	misses_told += misses;
}

static void on_overrun(struct service *self, uint64_t overruns)
{
	(void)self;
	overruns_told += overruns;
}

static const struct service_hooks hooks = {.on_miss = on_miss, .on_overrun = on_overrun};

static void run(void *argument)
{
	(void)argument;
	for (; periods < PERIODS; periods++) {
		uint64_t begin = service_wait_next_period(), took;

		get();
		took = read_time() - begin;
		if (took > response_max)
			response_max = took;
	}
}

void guest_main(void)
{
	struct service_answer answer;
	char text[96];

	space.self.hooks = &hooks;
	answer = service_create(run, NULL, &space, CAPACITY_NS, PERIOD_NS, PERIOD_NS);
	if (answer.error != SBI_SUCCESS) {
		print("share: FAILED: %s\n", service_explain(&answer, text, sizeof(text)));
		shutdown();
	}
	service_launch(HCALL_SELF, answer.number);
	for (uint64_t value = 1; periods < PERIODS; value++) {
		put(value);
		spin_for(FREE_TICKS);
	}
	print("share: " NAME
	      ": periods %lu missed %lu overruns %lu response max %lu us, seen %lu torn "
	      "%lu\n",
	      periods, misses_told, overruns_told, response_max / TICKS_PER_US, seen, torn);
	shutdown();
}
