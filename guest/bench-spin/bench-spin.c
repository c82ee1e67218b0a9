/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes for ever with a timer of 10 us always armed: under -icount, harts take turns that last
 * until some timer, so that whoever shares the board with it waits 10 us for its turn at most.
 */
#include "sbi.h"
#include "time.h"

#define REARM_TICKS (10 * TICKS_PER_US)

void guest_main(void);

void guest_main(void)
{
	csr_write(sie, 0);
	for (;;) {
		timer_set(read_time() + REARM_TICKS);
		while (!(csr_read(sip) & SIE_TIMER))
			;
	}
}
