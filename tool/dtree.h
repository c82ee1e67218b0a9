/* SPDX-License-Identifier: Apache-2.0 */
/* Device trees for guests, written from the system file alone. */
#ifndef TOOL_DTREE_H
#define TOOL_DTREE_H

#include "system.h"

struct dtree {
	const uint8_t *data;
	size_t bytes;
	const char *problem; /* not NULL: what is wrong with the user's own tree */
};

/* Where the initrd lies; end 0: there is none. */
struct initrd_span {
	uint64_t start, end;
};

/* The tree of a guest that gets none from the user. */
struct dtree dtree_make(const struct system *system, const struct sys_vm *vm,
			struct initrd_span initrd);

/* The user's tree; for Linux with /chosen completed as a boot loader would. */
struct dtree dtree_complete(const struct sys_vm *vm, struct initrd_span initrd);

#endif
