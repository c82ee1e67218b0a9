/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_VDEV_VUART_H
#define HV_VDEV_VUART_H

#include "lib/lock.h"

struct vuart {
	struct lock lock; /* all below */
	uint8_t ier, lcr, mcr, scratch, divisor_low, divisor_high;
	bool fifo;
	bool empty_interrupt; /* THRE condition has come up and was not acknowledged */
	bool line;            /* level last given to the interrupt controller */
};

#endif
