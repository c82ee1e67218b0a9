/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pristine copies of what a VM's memory holds at start, an ELF's zeroed bss included. Pieces that
 * share an 8-byte word become one copy.
 */
#include "elf64.h"
#include "mem.h"
#include "plan.h"

#include <string.h>

uint32_t copies_bound(const struct sys_vm *vm)
{
	struct elf64 elf;

	if (!vm_may_restart(vm))
		return 0;
	if (vm->image.data && elf64_is(vm->image.data, vm->image.bytes) &&
	    !elf64_open(&elf, vm->image.data, vm->image.bytes))
		return elf.segments + 1;
	return 3;
}

static void copy_fill(struct copy *copy, const struct piece *from, const struct piece *beyond)
{
	copy->data = mem_zero(copy->bytes);
	for (; from != beyond; from = from->next)
		if (from->filled)
			memcpy(copy->data + (from->gpa - copy->gpa), from->data, from->filled);
}

void copies_make(struct sys_vm *vm)
{
	struct copy **link = &vm->copies;
	const struct piece *from, *beyond;

	if (!vm_may_restart(vm))
		return;
	for (from = vm->pieces; from; from = beyond) {
		uint64_t start = align_down(from->gpa, 8), end = start;
		struct copy *copy = mem_zero(sizeof(*copy));

		for (beyond = from; beyond && (beyond == from || beyond->gpa < end);
		     beyond = beyond->next)
			end = align_up(beyond->gpa + beyond->bytes, 8);
		copy->gpa = start;
		copy->bytes = end - start;
		copy_fill(copy, from, beyond);
		*link = copy;
		link = &copy->next;
		vm->copy_count++;
		vm->copies_bytes += copy->bytes;
	}
}
