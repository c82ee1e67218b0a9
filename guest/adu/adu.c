/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM that is best effort and creates real-time vCPUs of its own while it runs: what it asks for,
 * what it gets, and what it is told when it asks for too much. See docs/services.md for the danger
 * of sharing a lock between the two sides; what they share here is exchange.h and single words.
 */
#include "partita_service.h"
#include "print.h"
#include "time.h"

#define US        1000ul
#define MS        1000000ul
#define RUN_TICKS (50 * TICKS_PER_MS)
#define END_TICKS (2 * TICKS_PER_MS)
#define SPACES    32
#define TEXT      128

struct ticker {
	uint64_t beats; /* the service alone writes it; a single word needs no lock */
	uint64_t limit; /* then it ends by itself; 0: never */
};

static struct service_space spaces[SPACES];
static struct ticker tickers[SPACES];

void guest_main(void);

static void run_ticker(void *argument)
{
	struct ticker *ticker = argument;
	volatile uint64_t *beats = &ticker->beats;

	for (*beats = 0; ticker->limit == 0 || *beats < ticker->limit; ++*beats)
		service_wait_next_period();
}

static struct service_answer ask(uint64_t space, uint64_t capacity_ns, uint64_t period_ns,
				 uint64_t deadline_ns)
{
	char text[TEXT];
	struct service_answer answer = service_create(run_ticker, &tickers[space], &spaces[space],
						      capacity_ns, period_ns, deadline_ns);

	print("adu: %lu us every %lu us within %lu us: %s\n", capacity_ns / US, period_ns / US,
	      deadline_ns / US, service_explain(&answer, text, sizeof(text)));
	return answer;
}

static const char *state(uint64_t service)
{
	return service_state_name(service_status(HCALL_SELF, service, HCALL_STATUS_STATE).value);
}

static void run(uint64_t space, uint64_t service, uint64_t limit)
{
	int64_t error;

	tickers[space].limit = limit;
	error = service_launch(HCALL_SELF, service);
	print("adu: launch %lu: error %ld, %s\n", service, error, state(service));
	sleep_until(read_time() + RUN_TICKS);
	print("adu: service %lu: %s, beats %lu, missed %lu\n", service, state(service),
	      *(volatile uint64_t *)&tickers[space].beats, spaces[space].self.misses);
}

/* What has run leaves with the end of its period. */
static void drop(uint64_t service)
{
	int64_t error = service_delete(HCALL_SELF, service);

	sleep_until(read_time() + END_TICKS);
	print("adu: delete %lu: error %ld, %s\n", service, error, state(service));
}

/* One that is stopped, one that ends by itself. */
static void use_services(void)
{
	struct service_answer answer = ask(0, 100 * US, 1 * MS, 1 * MS);

	if (answer.error != SBI_SUCCESS)
		shutdown();
	run(0, answer.number, 0);
	drop(answer.number);
	answer = ask(0, 50 * US, 500 * US, 400 * US);
	if (answer.error == SBI_SUCCESS)
		run(0, answer.number, 10);
}

static void ask_too_much(void)
{
	ask(0, 2 * MS, 1 * MS, 1 * MS);
	ask(0, 1 * US, 1 * MS, 1 * MS);
	ask(0, 900 * US, 1 * MS, 1 * MS);
	ask(0, 200 * US, 10 * MS, 200 * US);
}

/* All that it can get; then the refusal; then gives all of it back and asks again. */
static void exhaust(void)
{
	uint64_t numbers[SPACES], count = 0;
	struct service_answer answer = {0};

	while (count < SPACES) {
		answer = ask(count, 20 * US, 1 * MS, 1 * MS);
		if (answer.error != SBI_SUCCESS)
			break;
		numbers[count++] = answer.number;
	}
	while (count > 0)
		drop(numbers[--count]);
	answer = ask(0, 20 * US, 1 * MS, 1 * MS);
	if (answer.error == SBI_SUCCESS)
		drop(answer.number);
}

void guest_main(void)
{
	uint64_t share_ppm = vm_info(HCALL_SELF, HCALL_INFO_SHARE_PPM).value;

	print("adu: VM %lu of %lu, %lu slots, real-time share %lu %%\n", vm_id(),
	      vm_info(HCALL_SELF, HCALL_INFO_COUNT).value,
	      vm_info(HCALL_SELF, HCALL_INFO_SERVICES).value, share_ppm / 10000);
	use_services();
	ask_too_much();
	exhaust();
	print("adu: end of registration: error %ld\n", service_registration_end());
	ask(0, 20 * US, 1 * MS, 1 * MS);
	shutdown();
}
