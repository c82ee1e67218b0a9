/* SPDX-License-Identifier: Apache-2.0 */
/* Harts and configured services of all VMs, in the order of the system table. */
#ifndef TOOL_ANALYSE_ENTRIES_H
#define TOOL_ANALYSE_ENTRIES_H

#include "system.h"

struct entry {
	const struct sys_vcpu *vcpu;
	const char *name; /* "vm", "vm[1]" of several, "vm.axis-x" for a service */
	uint32_t index;   /* in the table */
};

/* At most TABLE_MAX_VCPUS, those with a home; the count. */
uint32_t entries_of(const struct system *system, struct entry *entries);

/* Who is on a real-time policy's side; services always are. */
static inline bool entry_is_rt(const struct entry *entry)
{
	return vcpu_is_reserved(entry->vcpu) || entry->vcpu->is_service;
}

#endif
