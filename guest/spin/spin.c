/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that never yields: the competitor of every timing experiment. */
#include "print.h"

void guest_main(void);

void guest_main(void)
{
	print("spin: spinning\n");
	for (;;)
		__asm__ volatile("");
}
