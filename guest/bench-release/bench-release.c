/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How late a released task starts: first instruction less the nominal release k*P, ROUNDS times.
 * Under Partita the releases are its reservation's, natively its own timer's.
 *
 * Several of them, each with a period a little longer than the one before, drift apart: when
 * measuring begins they are so far apart that no release ever meets another's work. So each round
 * is one timer interrupt and one choice, as with a source's tasks that an idle OS started one after
 * the other. Nobody prints before all have measured.
 *
 * BUSY, natively: the other harts of the board are started and stay busy.
 * STAYS: also tells the counter of instructions around each wait: `stay BEFORE AFTER`, just before
 * the wait and just behind the instruction that followed it. FLOATS: floating point registers are
 * dirty whenever it leaves the CPU.
 */
#include <stdbool.h>
#include "clock.h"
#include "hist.h"
#include "hypercall.h"
#include "lines.h"
#include "plan.h"
#include "print.h"
#include "sbi.h"
#include "wait.h"

#define CALIBRATIONS 100
#define HARTS_MAX    8
#define STACK_BYTES  1024

static struct hist lateness;
static struct clock clock;
static struct pair stays[ROUNDS];
static uint64_t measured_ticks;

void guest_main(uint64_t hart);
void float_dirty(void);

#ifdef BUSY
static uint8_t stacks[HARTS_MAX][2][STACK_BYTES] __attribute__((aligned(16)));
static struct hart_start starts[HARTS_MAX];

static void spin(uint64_t hart)
{
	(void)hart;
	stay_busy();
}

static void start_others(uint64_t hart)
{
	for (uint64_t other = 0; other < HARTS_MAX; other++) {
		if (other == hart)
			continue;
		starts[other] = (struct hart_start){stacks[other][0] + STACK_BYTES,
						    stacks[other][1] + STACK_BYTES, spin};
		hart_start(other, &starts[other]); /* fails for harts that are not there */
	}
}
#else
static void start_others(uint64_t hart)
{
	(void)hart;
}
#endif

static void wait_for_release(struct wait *wait, bool partita)
{
	if (partita) {
		wait_for_partita(wait);
		return;
	}
	wait->error = SBI_SUCCESS;
	do
		wait->release_ticks += PERIOD_TICKS;
	while (wait->release_ticks <= read_time());
	wait_for_timer(wait);
}

static void wait_until(struct wait *wait, bool partita, uint64_t ticks)
{
	while (wait->release_ticks < ticks)
		wait_for_release(wait, partita);
}

static void measure(struct wait *wait, bool partita)
{
	uint64_t first = wait->release_ticks;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t late;

#ifdef FLOATS
		float_dirty();
#endif
		wait_for_release(wait, partita);
		stays[round] = (struct pair){wait->before, wait->after};
		late = wait->cycle - clock_cycle_at(&clock, wait->release_ticks);
		hist_add(&lateness, (int64_t)late < 0 ? 0 : late);
	}
	measured_ticks = wait->release_ticks - first;
}

void guest_main(uint64_t hart)
{
	bool partita = partita_present();
	struct wait wait = {.release_ticks = 0};

	csr_set(sie, SIE_TIMER); /* wakes wfi; interrupts stay off */
	wait_for_release(&wait, partita);
	if (wait.error != SBI_SUCCESS) {
		print("bench-release: no reservation (error %ld)\n", wait.error);
		shutdown();
	}
	for (int i = 0; i < CALIBRATIONS && !clock.exact; i++)
		clock_calibrate(&clock);
	start_others(hart);
	wait_until(&wait, partita, START_TICKS);
	measure(&wait, partita);
	wait_until(&wait, partita, END_TICKS);
	hist_print(&lateness, "lateness");
	print(" ticks=%lu exact=%d\n", measured_ticks, clock.exact && clock.instruction_ns == 1);
#ifdef STAYS
	lines_of_pairs("stay", stays, ROUNDS);
#endif
	shutdown();
}
