/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_VDEV_VPLIC_H
#define HV_VDEV_VPLIC_H

#include "abi/table.h"
#include "lib/lock.h"

#define VPLIC_WORDS 4 /* 127 sources, a bit each; bit 0 of word 0 is no source */

struct vplic {
	struct lock lock; /* all below; held for one register access or level change */
	uint32_t pending[VPLIC_WORDS], level[VPLIC_WORDS], claimed[VPLIC_WORDS];
	uint32_t enabled[TABLE_MAX_VM_VCPUS][VPLIC_WORDS];
	uint32_t threshold[TABLE_MAX_VM_VCPUS];
	uint8_t priority[32 * VPLIC_WORDS];
};

#endif
