/* SPDX-License-Identifier: Apache-2.0 */
#include "hypercall.h"

void vm_name(uint64_t vm, char name[VM_NAME_BYTES + 1])
{
	for (uint64_t i = 0; i < VM_NAME_BYTES; i++) {
		struct sbi_result eight = vm_info(vm, HCALL_INFO_NAME + i / 8);

		name[i] = eight.error == SBI_SUCCESS ? (char)(eight.value >> i % 8 * 8) : '\0';
	}
	name[VM_NAME_BYTES] = '\0';
}

static bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

uint64_t vm_find(const char *name)
{
	uint64_t count = vm_info(HCALL_SELF, HCALL_INFO_COUNT).value;
	char found[VM_NAME_BYTES + 1];

	for (uint64_t vm = 0; vm < count; vm++) {
		vm_name(vm, found);
		if (same(found, name))
			return vm;
	}
	return VM_NOT_FOUND;
}
