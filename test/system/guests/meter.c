/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Never yields and measures what share of the CPU it gets: instructions of a loop of known length
 * over elapsed time, an instruction being a nanosecond (-icount shift=0).
 */
#include "print.h"
#include "sbi.h"
#include "time.h"

#define INNER_ROUNDS           2000
#define INSTRUCTIONS_PER_ROUND 2
#define INSTRUCTIONS_PER_BURST                                                                     \
	(INNER_ROUNDS * INSTRUCTIONS_PER_ROUND + 5) /* and the loop around                         \
						     */
#define WINDOW_TICKS (400 * TICKS_PER_MS)
#define WINDOWS      2

void guest_main(void);

static void burst(void)
{
	uint64_t rounds = INNER_ROUNDS;

	__asm__ volatile("1: addi %0, %0, -1\n"
			 "bnez %0, 1b"
			 : "+r"(rounds));
}

/* In hundredths of a percent. */
static uint64_t measure_share(void)
{
	uint64_t begin = read_time(), now = begin, bursts = 0;

	while (now - begin < WINDOW_TICKS) {
		burst();
		bursts++;
		now = read_time();
	}
	return bursts * INSTRUCTIONS_PER_BURST * 10000 / ((now - begin) * TICK_NS);
}

void guest_main(void)
{
	uint64_t shares[WINDOWS];

	sleep_until(read_time() + 20 * TICKS_PER_MS); /* all guests have started */
	for (int i = 0; i < WINDOWS; i++)
		shares[i] = measure_share();
	for (int i = 0; i < WINDOWS; i++)
		print("meter: share %lu of 10000\n", shares[i]);
	for (;;)
		measure_share();
}
