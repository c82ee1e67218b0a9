/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a VM's memory is possible where it is to be, before anything is placed. */
#include "mem.h"
#include "parts.h"
#include "units.h"

#define GPA_END     (1ull << 41) /* Sv39x4, Privileged 1.13, 18.5.1 */
#define LINUX_MIN   (88ull << 20)
#define HEX         "0x%llx"
#define FULL(value) ((unsigned long long)(value))

static struct place memory_place(const struct sys_vm *vm)
{
	return vm->at_node ? vm->at_node->at : vm->memory_node->at;
}

static void check_window(struct system *system, const struct sys_vm *vm, struct window window)
{
	if (vm->gpa < window.gpa + window.bytes && window.gpa < vm->gpa + vm->memory_bytes)
		diag_error(&system->diag, memory_place(vm),
			   "memory of VM %s at " HEX "-" HEX " covers its %s at " HEX
			   "; move it with 'at' (usual is " HEX ")",
			   vm->name, FULL(vm->gpa), FULL(vm->gpa + vm->memory_bytes), window.name,
			   FULL(window.gpa), FULL(system->board->guest_memory));
}

static void check_windows(struct system *system, const struct sys_vm *vm)
{
	if (vm->vic == VIC_PLIC)
		check_window(system, vm, (struct window){"PLIC", GUEST_PLIC_GPA, GUEST_PLIC_BYTES});
	if (vm->vic == VIC_AIA) {
		check_window(system, vm,
			     (struct window){"APLIC", GUEST_APLIC_GPA, GUEST_APLIC_BYTES});
		check_window(system, vm,
			     (struct window){"IMSIC", GUEST_IMSIC_GPA,
					     vm->vcpu_count * GUEST_IMSIC_STRIDE});
	}
	if (vm->uart)
		check_window(system, vm, (struct window){"UART", GUEST_UART_GPA, GUEST_UART_BYTES});
	for (uint32_t i = 0; i < vm->device_count; i++)
		check_window(system, vm,
			     (struct window){vm->devices[i].device->name,
					     vm->devices[i].device->phys,
					     vm->devices[i].device->bytes});
}

static bool check_ram(struct system *system, const struct sys_vm *vm)
{
	const struct board *board = system->board;
	uint64_t ram_end = board->ram_phys + system->ram_bytes;
	uint64_t low = board->ram_phys + board->firmware_bytes, high = ram_end - board->top_bytes;

	if (vm->gpa >= low && vm->gpa + vm->memory_bytes <= high)
		return true;
	if (vm->gpa >= board->ram_phys && vm->gpa + vm->memory_bytes <= ram_end)
		diag_error(&system->diag, memory_place(vm),
			   "identity-mapped memory of VM %s at " HEX "-" HEX
			   " covers the firmware's (" HEX "-" HEX " and " HEX "-" HEX
			   "); move it with 'at'",
			   vm->name, FULL(vm->gpa), FULL(vm->gpa + vm->memory_bytes),
			   FULL(board->ram_phys), FULL(low), FULL(high), FULL(ram_end));
	else
		diag_error(&system->diag, memory_place(vm),
			   "identity-mapped memory of VM %s at " HEX "-" HEX
			   " lies outside the board's memory " HEX "-" HEX
			   "; move it with 'at' or give the board more with 'ram'",
			   vm->name, FULL(vm->gpa), FULL(vm->gpa + vm->memory_bytes),
			   FULL(board->ram_phys), FULL(ram_end));
	return false;
}

static bool check_alignment(struct system *system, const struct sys_vm *vm)
{
	uint64_t unit = vm->linux_node ? MIB2 : PAGE;

	if (vm->gpa % unit) {
		diag_error(&system->diag, memory_place(vm),
			   "'at': " HEX " is not aligned to %s%s; nearest is " HEX, FULL(vm->gpa),
			   show_size(unit), vm->linux_node ? ", which a Linux kernel needs" : "",
			   FULL(align_down(vm->gpa, unit)));
		return false;
	}
	if (vm->gpa >= GPA_END || vm->memory_bytes > GPA_END - vm->gpa) {
		diag_error(&system->diag, memory_place(vm),
			   "'at': memory beyond " HEX " cannot be mapped; choose a lower address",
			   FULL(GPA_END));
		return false;
	}
	return true;
}

void memory_check(struct system *system, struct sys_vm *vm)
{
	if (!vm->memory_bytes) {
		vm->bad = true;
		return;
	}
	if (vm->linux_node && vm->memory_bytes < LINUX_MIN)
		diag_error(&system->diag, vm->memory_node->at,
			   "memory %s is too little for Linux; give VM %s at least %s",
			   show_size(vm->memory_bytes), vm->name, show_size(LINUX_MIN));
	if (!vm->at_node && vm->identity)
		return; /* the layout chooses */
	if (!vm->at_node)
		vm->gpa = system->board->guest_memory;
	if (!check_alignment(system, vm)) {
		vm->bad = true;
		return;
	}
	check_windows(system, vm);
	if (vm->identity && !check_ram(system, vm))
		vm->bad = true;
}
