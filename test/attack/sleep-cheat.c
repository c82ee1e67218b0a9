/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real-time vCPU that tries to get more than its capacity by when it sleeps and wakes: it spins,
 * sleeps over the edges of periods, wakes just before them, in small pieces, at random, and gives
 * its period back just before the capacity is used up. It keeps account of its own CPU time by the
 * clock, a gap between two readings being time it did not have, and prints per pattern the most it
 * got within a window from k*P to (k+1)*P, the most within any window of length P, and the sum.
 * HCALL_STATUS_RAN must agree.
 */
#include <stddef.h>
#include "attack.h"
#include "hypercall.h"
#include "random.h"
#include "time.h"

#define PERIODS   100 /* of each pattern */
#define GAP_TICKS 20  /* two readings further apart: it was off the CPU */
#define RUNS      64  /* remembered, for the sliding window; older ones are out of it */

struct run {
	uint64_t begin, end; /* ticks */
};

static struct run runs[RUNS];
static uint64_t run_count; /* ever; the newest is runs[(run_count - 1) % RUNS] */
static uint64_t period, capacity, seed = 0xc4ea7;
static uint64_t window, window_sum, aligned_max, sliding_max, total, naps, last;

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What ran within the period that ends now. */
static uint64_t within_last_period(uint64_t now)
{
	uint64_t sum = 0, from = now - period;

	for (uint64_t i = 0; i < RUNS && i < run_count; i++) {
		const struct run *run = &runs[i];

		if (run->end > from)
			sum += run->end - larger(run->begin, from);
	}
	return sum;
}

static void begin_run(uint64_t now)
{
	if (run_count > 0)
		sliding_max = larger(sliding_max, within_last_period(last));
	runs[run_count++ % RUNS] = (struct run){now, now};
}

/* Ran from `last` to now. */
static void add(uint64_t now)
{
	uint64_t edge = (last / period + 1) * period;

	if (last / period != window) {
		window = last / period;
		window_sum = 0;
	}
	if (now > edge) {
		aligned_max = larger(aligned_max, window_sum + edge - last);
		window = edge / period;
		window_sum = now - edge;
	} else {
		window_sum += now - last;
	}
	aligned_max = larger(aligned_max, window_sum);
	total += now - last;
	runs[(run_count - 1) % RUNS].end = now;
}

static uint64_t look(void)
{
	uint64_t now = read_time();

	if (now - last > GAP_TICKS)
		begin_run(now);
	else
		add(now);
	last = now;
	return now;
}

/* Readings are what is slow on an emulator: one in half a microsecond will do. */
static void spin_until(uint64_t ticks)
{
	while (look() < ticks)
		for (int i = 0; i < 150; i++)
			__asm__ volatile("");
}

/* Until it was off the CPU without having asked for it, or for so long. */
static void spin_for(uint64_t ticks)
{
	uint64_t end = read_time() + ticks;

	spin_until(end);
}

static void nap(uint64_t until)
{
	naps++;
	look();
	timer_set(until);
	csr_write(sie, SIE_TIMER);
	wfi();
	timer_set(TIMER_NEVER);
	look();
}

static uint64_t next_edge(void)
{
	return (read_time() / period + 1) * period;
}

static void spin(void)
{
	spin_for(period);
}

/* Sleeps until a capacity before the edge, so that two of them lie side by side. */
static void back_to_back(void)
{
	nap(next_edge() - capacity - 20);
	spin_until(next_edge() + capacity);
}

/* Nearly all of it, then a nap of a moment: is the budget new after it? */
static void wake_renewed(void)
{
	spin_for(capacity - capacity / 10);
	nap(read_time() + 30);
}

static void wake_late(void)
{
	nap(next_edge() - period / 4);
	spin_for(capacity / 2);
	nap(read_time() + period / 8);
	spin_for(capacity);
}

static void in_pieces(void)
{
	uint64_t end = next_edge();

	while (read_time() < end) {
		spin_for(50);
		nap(read_time() + 5 + random_next(&seed) % 60);
	}
}

static void at_random(void)
{
	spin_for(random_next(&seed) % (capacity + capacity / 4));
	nap(read_time() + random_next(&seed) % period);
}

static void give_back(void)
{
	spin_for(capacity - capacity / 20);
	look();
	wait_next_period();
	look();
}

static const struct {
	const char *name;
	void (*step)(void);
} patterns[] = {
	{"spin", spin},           {"back to back", back_to_back}, {"wake renewed", wake_renewed},
	{"wake late", wake_late}, {"in pieces", in_pieces},       {"at random", at_random},
	{"give back", give_back},
};

static void run_pattern(const char *name, void (*step)(void))
{
	uint64_t begin, end, ran;

	sleep_until(next_edge() + period); /* nothing of the one before */
	begin = last = read_time();
	run_count = 0;
	begin_run(begin);
	window = begin / period;
	window_sum = aligned_max = sliding_max = total = naps = 0;
	ran = hcall_query(HCALL_STATUS_RAN);
	end = begin + PERIODS * period;
	while (read_time() < end)
		step();
	look();
	ran = hcall_query(HCALL_STATUS_RAN) - ran;
	begin_run(last);
	print("attack " ATTACK_NAME
	      ": %s: aligned %lu sliding %lu total %lu of %lu periods, ran %lu "
	      "ns, naps %lu\n",
	      name, aligned_max * TICK_NS, sliding_max * TICK_NS, total * TICK_NS,
	      (last - begin) / period, ran, naps);
}

void attack(void)
{
	period = hcall_query(HCALL_STATUS_PERIOD) / TICK_NS;
	capacity = hcall_query(HCALL_STATUS_CAPACITY) / TICK_NS;
	if (period == 0) {
		announce("no reservation");
		return;
	}
	print("attack " ATTACK_NAME ": capacity %lu period %lu ns\n", capacity * TICK_NS,
	      period * TICK_NS);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		run_pattern(patterns[i].name, patterns[i].step);
}
