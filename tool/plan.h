/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything lies in physical memory (docs/architecture.md, "The boot image"). */
#ifndef TOOL_PLAN_H
#define TOOL_PLAN_H

#include "hv.h"
#include "system.h"

struct plan {
	struct hv hv;
	uint64_t table_phys, table_room; /* room for the table; its true size is known last */
	uint64_t pool_phys, pool_bytes;
	uint32_t s2_pages;
	uint64_t copies_phys, copies_bytes; /* one area for the copies of all VMs */
	uint64_t trace_phys, trace_bytes;   /* rings of all CPUs, whole 2 MiB pages; 0: no trace */
	uint64_t end_phys;                  /* of everything */
};

/*
 * Places the VMs' memory, fills it with content and places the pristine copies. What does not fit
 * goes to system->diag; plan->hv must be linked or estimated before.
 */
void plan_make(struct plan *plan, struct system *system);

/* copies.c: cuts a VM's pieces into copies; and how many there can be before the content is known.
 */
void copies_make(struct sys_vm *vm);
uint32_t copies_bound(const struct sys_vm *vm);

/* s2.c: second-stage table pages below the root that a VM needs. */
uint32_t s2_pages(const struct sys_vm *vm);

#endif
