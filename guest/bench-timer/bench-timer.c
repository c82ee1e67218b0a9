/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the guest's own timer to the guest's own handler, in instructions. Run natively and under
 * Partita the distributions must be the same: the hardware delivers, nobody is asked.
 *
 * timer-direct         timer pending, interrupts get enabled: to the handler's first instruction
 * timer-direct-return  and back: round trip through the stub handler (it has 5 instructions)
 * timer-armed          interrupts enabled, timer set to the past: to the handler's first
 *                      instruction
 * timer-running        timer comes while the guest computes: handler's first instruction less the
 *                      deadline; contains the 0 to 100 ns by which the emulated comparator is late
 * timer-idle           timer comes while the guest is in wfi: the same
 */
#include "clock.h"
#include "csr.h"
#include "print.h"
#include "sbi.h"
#include "stats.h"

#define ROUNDS            1000
#define DELAY_TICKS       20
#define DELAY_SPREAD      37 /* rounds meet the timer at different places of their loop */
#define IDLE_DELAY_TICKS  (2 * TICKS_PER_MS)
#define IDLE_SPREAD_TICKS 97

struct sample {
	uint64_t to_handler;
	uint64_t and_back;
};

static struct clock clock;
static struct stats enable, arm, round_trip, running, idle;

void guest_main(void);
void timer_stub(void);
void take_pending(struct sample *sample);
void take_armed(struct sample *sample, uint64_t past);
uint64_t take_running(uint64_t deadline_ticks);
uint64_t take_idle(uint64_t deadline_ticks);

static void wait_pending(void)
{
	timer_set(read_time());
	while (!(csr_read(sip) & SIE_TIMER))
		;
}

static void measure_pending(void)
{
	struct sample sample;

	for (int round = 0; round < ROUNDS; round++) {
		wait_pending();
		take_pending(&sample);
		stats_add(&enable, sample.to_handler);
		stats_add(&round_trip, sample.and_back);
	}
}

static void measure_armed(void)
{
	struct sample sample;

	for (int round = 0; round < ROUNDS; round++) {
		take_armed(&sample, read_time());
		stats_add(&arm, sample.to_handler);
	}
}

static void measure_free(struct stats *stats, uint64_t (*take)(uint64_t), uint64_t delay,
			 uint64_t spread)
{
	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t deadline = read_time() + delay + round % spread;

		stats_add(stats, take(deadline) - clock_cycle_at(&clock, deadline));
	}
}

static void result(const struct stats *stats, const char *id)
{
	stats_result(stats, id);
	print("\n");
}

static void init(void)
{
	stats_init(&enable);
	stats_init(&arm);
	stats_init(&round_trip);
	stats_init(&running);
	stats_init(&idle);
	clock_calibrate(&clock);
	timer_set(TIMER_NEVER);
	csr_write(stvec, timer_stub);
	csr_write(sie, SIE_TIMER);
}

void guest_main(void)
{
	init();
	measure_pending();
	measure_armed();
	measure_free(&running, take_running, DELAY_TICKS, DELAY_SPREAD);
	measure_free(&idle, take_idle, IDLE_DELAY_TICKS, IDLE_SPREAD_TICKS);
	csr_write(sie, 0);
	result(&enable, "timer-direct");
	result(&arm, "timer-armed");
	result(&round_trip, "timer-direct-return");
	if (clock.exact) {
		result(&running, "timer-running");
		result(&idle, "timer-idle");
	} else {
		print("bench-timer: cycle does not count ns; run with -icount shift=0\n");
	}
	shutdown();
}
