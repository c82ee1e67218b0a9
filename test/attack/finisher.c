/* SPDX-License-Identifier: Apache-2.0 */
/* Switches the board off and resets it through its finisher device: only natively may that work. */
#include "attack.h"

#define FINISHER       0x100000
#define FINISHER_PASS  0x5555
#define FINISHER_FAIL  0x3333
#define FINISHER_RESET 0x7777

void attack(void)
{
	struct tally tally = {0};

	tally_count(&tally, try_store(FINISHER, 4, FINISHER_PASS));
	tally_count(&tally, try_store(FINISHER, 4, FINISHER_RESET));
	tally_count(&tally, try_store(FINISHER, 4, FINISHER_FAIL));
	tally_print(&tally, "finisher");
}
