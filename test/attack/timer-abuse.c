/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs its timer to the far future, the past, now, and every ten microseconds, through Sstc
 * and through SBI; nothing of it may be felt by a neighbour.
 */
#include <stddef.h>
#include "attack.h"
#include "sbi.h"
#include "time.h"

#define STORM_MS     200
#define STORM_TICKS  (10 * TICKS_PER_US)
#define PAST_STORM   20000 /* interrupts that are due again at once */
#define REWRITES     20000
#define SETTLE_TICKS (5 * TICKS_PER_MS)

static volatile uint64_t interrupts;
static uint64_t storm_limit;
static uint64_t storm_distance;

static void rearm(struct trap_frame *frame)
{
	interrupts++;
	if (interrupts < storm_limit)
		timer_set(read_time() + storm_distance);
	else
		timer_set(TIMER_NEVER);
	(void)frame;
}

static void storm(const char *what, uint64_t limit, uint64_t distance_ticks, uint64_t for_ticks)
{
	uint64_t end = read_time() + for_ticks;

	interrupts = 0;
	storm_limit = limit;
	storm_distance = distance_ticks;
	trap_hook = rearm;
	timer_set(read_time());
	csr_write(sie, SIE_TIMER);
	interrupts_on();
	while (read_time() < end && interrupts < limit)
		;
	interrupts_off();
	timer_set(TIMER_NEVER);
	print("attack " ATTACK_NAME ": %s: %lu interrupts\n", what, interrupts);
}

static void settle(uint64_t value, bool through_sbi)
{
	interrupts = 0;
	storm_limit = 1;
	trap_hook = rearm;
	csr_write(sie, SIE_TIMER);
	if (through_sbi)
		sbi_call3(SBI_TIME, SBI_TIME_SET, value, 0, 0);
	else
		timer_set(value);
	interrupts_on();
	for (uint64_t end = read_time() + SETTLE_TICKS; read_time() < end;)
		;
	interrupts_off();
	print("attack " ATTACK_NAME ": %s %lx: %lu interrupts\n", through_sbi ? "SBI" : "stimecmp",
	      value, interrupts);
	timer_set(TIMER_NEVER);
}

static void try_values(void)
{
	const uint64_t values[] = {0,
				   1,
				   read_time(),
				   read_time() + 1,
				   read_time() - TICK_HZ,
				   1ul << 62,
				   (1ul << 63) - 1,
				   1ul << 63,
				   UINT64_MAX - 1,
				   UINT64_MAX};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		settle(values[i], false);
		settle(values[i], true);
	}
}

static void rewrite(void)
{
	csr_write(sie, SIE_TIMER);
	for (int i = 0; i < REWRITES; i++) {
		timer_set((uint64_t)i & 1 ? UINT64_MAX : 0);
		sbi_call3(SBI_TIME, SBI_TIME_SET, (uint64_t)i & 2 ? UINT64_MAX : 0, 0, 0);
	}
	timer_set(TIMER_NEVER);
}

void attack(void)
{
	try_values();
	storm("every 10 us", UINT64_MAX, STORM_TICKS, STORM_MS * TICKS_PER_MS);
	storm("always due", PAST_STORM, 0, STORM_MS * TICKS_PER_MS);
	rewrite();
}
