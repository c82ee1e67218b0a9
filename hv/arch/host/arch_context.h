/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU of the fake architecture: what tests set (enables, timer) and what they look at (counts).
 */
#ifndef HOST_ARCH_CONTEXT_H
#define HOST_ARCH_CONTEXT_H

#include "lib/types.h"

/* Bits of `enabled` and `pending`. */
#define HOST_SOFTWARE 1u
#define HOST_TIMER    2u
#define HOST_EXTERNAL 4u

struct arch_vcpu {
	uint32_t enabled; /* interrupts the guest has enabled */
	uint32_t pending; /* HOST_SOFTWARE, HOST_EXTERNAL; the timer is `timer` against the clock */
	ns_t timer;       /* the guest's own comparator */
	gpaddr_t pc;      /* after arch_vcpu_reset() */
	uint64_t argument;
	uint64_t value; /* of the call it slept in */
	uint32_t resets, loads, saves, enters, fences, comes;
	bool may_idle;
};

#endif
