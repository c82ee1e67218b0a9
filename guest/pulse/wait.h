/* SPDX-License-Identifier: Apache-2.0 */
/* Between kernel.c and what tasks can wait for; interrupts off. */
#ifndef PULSE_WAIT_H
#define PULSE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Highest priority in a set that is not empty. */
uint64_t set_highest(uint64_t set);

/* The calling task waits in the set; false: it timed out. */
bool kernel_block(uint64_t *waiters, uint64_t timeout_ticks);

/* The highest in the set, which is not empty, goes on. */
void kernel_wake_highest(uint64_t *waiters);

#endif
