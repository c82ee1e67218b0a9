/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse_entries.h"
#include "mem.h"

static const char *name_of(const struct sys_vcpu *vcpu)
{
	if (vcpu->is_service)
		return mem_printf("%s.%s", vcpu->vm->name, vcpu->name);
	if (vcpu->vm->vcpu_count == 1)
		return vcpu->vm->name;
	return mem_printf("%s[%u]", vcpu->vm->name, vcpu->number);
}

uint32_t entries_of(const struct system *system, struct entry *entries)
{
	uint32_t count = 0, index = 0;

	for (uint32_t i = 0; i < system->vm_count; i++) {
		const struct sys_vm *vm = &system->vms[i];

		for (uint32_t j = 0; j < vm_entries(vm); j++, index++)
			if (vm->vcpus[j].cpu != CPU_NONE && count < TABLE_MAX_VCPUS)
				entries[count++] = (struct entry){&vm->vcpus[j],
								  name_of(&vm->vcpus[j]), index};
		index += vm->free_services;
	}
	return count;
}
