/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's APLIC, supervisor domain, MSI delivery mode (AIA 1.0, chapter 4). Writes to one
 * source's registers come from the owner's vCPU or from start alone; single stores, no lock.
 */
#ifndef HV_DRV_APLIC_H
#define HV_DRV_APLIC_H

#include "lib/types.h"

/* sourcecfg.SM, AIA 1.0, table 4.2 */
enum aplic_mode {
	APLIC_INACTIVE = 0,
	APLIC_DETACHED = 1,
	APLIC_EDGE_RISING = 4,
	APLIC_EDGE_FALLING = 5,
	APLIC_LEVEL_HIGH = 6,
	APLIC_LEVEL_LOW = 7,
};

void aplic_init(void);
/* source's interrupts become MSI `identity` at guest file `file` (0: the hart's own) of hart_id. */
void aplic_route(uint32_t source, enum aplic_mode mode, uint32_t hart_id, uint32_t file,
		 uint32_t identity);
void aplic_enable(uint32_t source, bool on);
/* Level sources: sends again if the line is still asserted (AIA 1.0, 4.9.2). */
void aplic_retrigger(uint32_t source);

#endif
