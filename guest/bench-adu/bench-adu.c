/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The experiment of the sources: a best-effort guest creates RT-vCPUs in its own space, as many as
 * it has slots, starts them and then idles. Each measures how late it starts: first instruction
 * less the nominal release k*P, ROUNDS times. They share the VM's real-time share equally; their
 * periods differ by STEP_NS, see bench-release.c. Each one's figures are told under its number.
 */
#include "clock.h"
#include "hist.h"
#include "partita_service.h"
#include "plan.h"
#include "print.h"
#include "wait.h"

#define SERVICES     4
#define CALIBRATIONS 100
#define MILLION      1000000ul
#define NAME_BYTES   16

struct app {
	struct hist lateness;
	uint64_t measured_ticks;
	volatile bool done;
};

static struct service_space spaces[SERVICES];
static struct app apps[SERVICES];
static struct clock clock;

void guest_main(void);

/* RT-App: a service. */
static void measure(void *argument)
{
	struct app *app = argument;
	struct wait wait = {.release_ticks = 0};
	uint64_t first;

	while (wait.release_ticks < START_TICKS)
		wait_for_partita(&wait);
	first = wait.release_ticks;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t late;

		wait_for_partita(&wait);
		late = wait.cycle - clock_cycle_at(&clock, wait.release_ticks);
		hist_add(&app->lateness, (int64_t)late < 0 ? 0 : late);
	}
	app->measured_ticks = wait.release_ticks - first;
	app->done = true;
	while (wait.error == SBI_SUCCESS) /* all the time, until the others have measured, too */
		wait_for_partita(&wait);
}

static void start(uint64_t i, uint64_t capacity_ns)
{
	uint64_t period = PERIOD_US * 1000ul + i * STEP_NS;
	struct service_answer answer =
		service_create(measure, &apps[i], &spaces[i], capacity_ns, period, period);

	if (answer.error != SBI_SUCCESS || service_launch(HCALL_SELF, answer.number)) {
		print("bench-adu: no service %lu: error %ld reason %lu figure %lu\n", i,
		      answer.error, answer.reason, answer.figure);
		shutdown();
	}
}

static void tell(uint64_t i)
{
	char name[NAME_BYTES];

	print_into(name, sizeof(name), "service%lu", i);
	hist_print(&apps[i].lateness, name);
	print(" ticks=%lu cpu=%lu exact=%d\n", apps[i].measured_ticks,
	      service_status(HCALL_SELF, i, HCALL_STATUS_CPU).value,
	      apps[i].done && clock.exact && clock.instruction_ns == 1);
}

void guest_main(void)
{
	uint64_t count = vm_info(HCALL_SELF, HCALL_INFO_SERVICES).value;
	uint64_t share = vm_info(HCALL_SELF, HCALL_INFO_SHARE_PPM).value;

	for (int i = 0; i < CALIBRATIONS && !clock.exact; i++)
		clock_calibrate(&clock);
	for (uint64_t i = 0; i < count && i < SERVICES; i++)
		start(i, PERIOD_US * 1000ul / MILLION * share / count);
	sleep_until(END_TICKS);
	for (uint64_t i = 0; i < count && i < SERVICES; i++)
		tell(i);
	shutdown();
}
