/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket lock: first come, first served, so the wait is bounded by (CPUs - 1) critical sections,
 * each of which is bounded. Interrupts are off inside the hypervisor, so a holder is never
 * preempted.
 */
#ifndef HV_LIB_LOCK_H
#define HV_LIB_LOCK_H

#include <stdatomic.h>
#include "lib/types.h"

struct lock {
	_Atomic uint32_t next, serving;
};

static inline void lock_take(struct lock *l)
{
	uint32_t mine = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&l->serving, memory_order_acquire) != mine)
		;
}

static inline void lock_give(struct lock *l)
{
	uint32_t mine = atomic_load_explicit(&l->serving, memory_order_relaxed);

	atomic_store_explicit(&l->serving, mine + 1, memory_order_release);
}

#endif
