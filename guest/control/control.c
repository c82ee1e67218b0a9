/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bare-metal control loop: once a period it runs, works, and waits for the next release k*P. It
 * records how long after the nominal release its first instruction ran (start jitter) and every
 * release it missed. Under Partita the releases are its reservation's; natively it makes them with
 * its own timer, so that the same file gives the figure to compare with.
 *
 * Nominal releases are in ticks of `time` (100 ns). Where `cycle` counts nanoseconds (-icount), an
 * edge of `time` ties the two clocks together and jitter is exact to the instruction. Figures are
 * in nanoseconds, which with shift=0 are instructions.
 */
#include <stdbool.h>
#include <stddef.h>
#include "clock.h"
#include "control.h"
#include "hypercall.h"
#include "print.h"
#include "sbi.h"
#include "stats.h"
#include "uart.h"

/* 0: run forever. Otherwise print the result after so many periods and shut down. */
#ifndef CONTROL_PERIODS
#define CONTROL_PERIODS 0
#endif
#ifndef CONTROL_WORK_INSTRUCTIONS
#define CONTROL_WORK_INSTRUCTIONS 50000
#endif
#define NATIVE_PERIOD_TICKS (1 * TICKS_PER_MS)
#define PERIODS             (CONTROL_PERIODS ? CONTROL_PERIODS : UINT64_MAX)
#define REPORT_PERIODS      (CONTROL_PERIODS ? 1000 : 5000)
#define WARM_UP_PERIODS     8 /* learns the period; not counted */

#define LINE_BYTES      128
#define BYTES_PER_ROUND 4 /* of a report line: output must not eat the capacity of a period */

struct wait {
	int64_t error;
	uint64_t release_ticks;
	uint64_t cycle;
	uint64_t time_ticks;
};

_Static_assert(offsetof(struct wait, error) == WAIT_ERROR &&
		       offsetof(struct wait, release_ticks) == WAIT_RELEASE &&
		       offsetof(struct wait, cycle) == WAIT_CYCLE &&
		       offsetof(struct wait, time_ticks) == WAIT_TIME,
	       "wait.S fills this structure");

static struct stats jitter; /* ns */
static uint64_t missed;
static struct clock clock;
static char line[LINE_BYTES];
static size_t line_sent;

void guest_main(void);
void wait_for_partita(struct wait *wait);
void wait_for_timer(struct wait *wait);
void work(uint64_t rounds);

static uint64_t start_jitter_ns(const struct wait *wait)
{
	uint64_t late;

	if (clock.exact)
		late = wait->cycle - clock_cycle_at(&clock, wait->release_ticks);
	else
		late = (wait->time_ticks - wait->release_ticks) * TICK_NS;
	return (int64_t)late < 0 ? 0 : late;
}

static void report_start(void)
{
	print_into(line, sizeof(line),
		   "control: periods %lu missed %lu jitter min %lu mean %lu p95 %lu max %lu %s\n",
		   jitter.n, missed, jitter.min, stats_mean(&jitter), stats_p95(&jitter),
		   jitter.max, clock_unit(&clock));
	line_sent = 0;
}

static void report_continue(void)
{
	for (int i = 0; i < BYTES_PER_ROUND && line[line_sent]; i++)
		uart_put(line[line_sent++]);
}

static void wait_for_release(struct wait *wait, bool partita)
{
	if (partita) {
		wait_for_partita(wait);
		return;
	}
	wait->error = SBI_SUCCESS;
	do
		wait->release_ticks += NATIVE_PERIOD_TICKS;
	while (wait->release_ticks <= read_time());
	wait_for_timer(wait);
}

/* The smallest distance seen: a release that was skipped only makes it larger. */
static uint64_t learn_period_ticks(struct wait *wait, bool partita)
{
	uint64_t period_ticks = UINT64_MAX;

	for (int round = 0; round < WARM_UP_PERIODS; round++) {
		uint64_t before = wait->release_ticks;

		wait_for_release(wait, partita);
		if (round > 0 && wait->release_ticks - before < period_ticks)
			period_ticks = wait->release_ticks - before;
	}
	return period_ticks;
}

/*
 * Releases that never started; a period whose work ran into the next one counts as one, too. One
 * tick more than the period is no miss: releases k*P are rounded to ticks one by one.
 */
static uint64_t missed_since(uint64_t before_ticks, uint64_t release_ticks, uint64_t period_ticks,
			     bool overran)
{
	uint64_t distance = release_ticks - before_ticks;

	if (distance > period_ticks + 1)
		return (distance + period_ticks / 2) / period_ticks - 1;
	return overran ? 1 : 0;
}

static void run_period(struct wait *wait, bool partita, uint64_t period_ticks)
{
	static bool overran;
	uint64_t before = wait->release_ticks;

	wait_for_release(wait, partita);
	missed += missed_since(before, wait->release_ticks, period_ticks, overran);
	stats_add(&jitter, start_jitter_ns(wait));
	work(CONTROL_WORK_INSTRUCTIONS / 2);
	overran = read_time() > wait->release_ticks + period_ticks;
	report_continue();
	if (jitter.n % REPORT_PERIODS == 0)
		report_start();
}

static void finish(void)
{
	while (line[line_sent])
		report_continue();
	stats_result(&jitter, "rt-start-jitter");
	print(" missed=%lu\n", missed);
	shutdown();
}

void guest_main(void)
{
	bool partita = partita_present();
	struct wait wait = {.release_ticks = read_time()};
	uint64_t period_ticks;

	csr_set(sie, SIE_TIMER); /* wakes wfi; interrupts stay off */
	clock_calibrate(&clock);
	period_ticks = learn_period_ticks(&wait, partita);
	if (wait.error != SBI_SUCCESS) {
		print("control: no reservation (error %ld)\n", wait.error);
		shutdown();
	}
	print("control: period %lu us, %s\n", period_ticks / TICKS_PER_US,
	      partita ? "released by Partita" : "released by its own timer");
	stats_init(&jitter);
	wait_for_release(&wait, partita); /* printing may have cost one */
	while (jitter.n < PERIODS)
		run_period(&wait, partita, period_ticks);
	finish();
}
