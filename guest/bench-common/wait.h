/* SPDX-License-Identifier: Apache-2.0 */
/* The wait for a release, with the counters read by the instructions around it. */
#ifndef BENCH_WAIT_H
#define BENCH_WAIT_H

#include "csr.h"
#include "../../abi/hypercall.h"

/* Offsets in struct wait. */
#define WAIT_ERROR   0
#define WAIT_RELEASE 8
#define WAIT_CYCLE   16
#define WAIT_BEFORE  24
#define WAIT_AFTER   32

#ifndef __ASSEMBLER__
#include <stdint.h>

struct wait {
	int64_t error;
	uint64_t release_ticks; /* nominal */
	uint64_t cycle;         /* first instruction behind the wait */
	uint64_t before;        /* instret, one instruction before the ecall */
	uint64_t after;         /* instret, one instruction behind the first */
};

void wait_for_partita(struct wait *wait);
/* The same with the hart's own timer, until time reaches ->release_ticks; sie has the timer on. */
void wait_for_timer(struct wait *wait);
#endif

#endif
