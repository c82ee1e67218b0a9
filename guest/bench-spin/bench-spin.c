/* SPDX-License-Identifier: Apache-2.0 */
/* Computes for ever, a timer of its own always armed: the busy neighbour of the experiments. */
#include "plan.h"

void guest_main(void);

void guest_main(void)
{
	csr_write(sie, 0);
	stay_busy();
}
