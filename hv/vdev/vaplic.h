/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_VDEV_VAPLIC_H
#define HV_VDEV_VAPLIC_H

#include "lib/lock.h"

#define VAPLIC_SOURCES 31u

struct vaplic {
	struct lock lock; /* all below; held for one register access or level change */
	uint32_t enabled, pending, level; /* a bit a source */
	bool on;                          /* domaincfg.IE */
	uint8_t mode[VAPLIC_SOURCES + 1]; /* sourcecfg.SM */
	uint32_t target[VAPLIC_SOURCES + 1];
};

#endif
