/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_CORE_RESTART_H
#define HV_CORE_RESTART_H

#include "lib/types.h"

struct vm;

struct restart_ops {
	/* Any CPU, all vCPUs of vm have stopped: its memory is restored and it starts anew. */
	void (*begin)(struct vm *vm);
	/* Housekeeping on CPU 0: one bounded step; whether there is more to do. */
	bool (*step)(void);
};

extern const struct restart_ops *restart; /* set by the unit; NULL: no VM restarts in this system */

#endif
