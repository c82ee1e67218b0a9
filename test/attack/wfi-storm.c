/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goes idle and wakes as often as it can: with an interrupt already pending, and with a timer a
 * few microseconds away. Each wfi may cost the hypervisor a scheduling decision; the neighbour
 * must not feel them.
 */
#include "attack.h"
#include "time.h"

#define PENDING_ROUNDS 50000
#define TIMER_ROUNDS   20000
#define TIMER_TICKS    (2 * TICKS_PER_US)

void attack(void)
{
	csr_write(sie, SIE_TIMER);
	timer_set(0);
	for (int i = 0; i < PENDING_ROUNDS; i++)
		wfi();
	print("attack " ATTACK_NAME ": %d wfi with the timer pending\n", PENDING_ROUNDS);
	for (int i = 0; i < TIMER_ROUNDS; i++)
		sleep_until(read_time() + TIMER_TICKS);
	print("attack " ATTACK_NAME ": %d wfi of 2 us\n", TIMER_ROUNDS);
	csr_write(sie, 0);
}
