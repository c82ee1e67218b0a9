/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The area of pristine copies starts at 2 MiB: the hypervisor maps it read-only by 2 MiB pages.
 *
 * First fit, in this order: memory at fixed places (identity with `at`), then from the end of the
 * pool small VMs, then VMs of 2 MiB and more by rising size, each congruent with its guest address
 * modulo 2 MiB so that large pages map it. The pool's size depends on the number of second-stage
 * tables, that on where memory lies, and that on the pool: so it is repeated until it stands still.
 */
#include "plan.h"
#include "mem.h"
#include "parts.h"
#include "units.h"

#define FULL(value) ((unsigned long long)(value))
#define POOL_ALIGN  16384ull
#define ROUNDS_MAX  16

static uint64_t vm_end(const struct sys_vm *vm)
{
	return vm->phys + vm->memory_bytes;
}

static bool is_fixed(const struct sys_vm *vm)
{
	return vm->identity && vm->at_node;
}

static uint64_t round64(uint64_t bytes)
{
	return align_up(bytes, 64);
}

static uint32_t used_cpus(const struct system *system)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < system->board->harts; i++)
		count += system->cpus[i].used;
	return count;
}

static uint32_t bits(uint32_t mask)
{
	return (uint32_t)__builtin_popcount(mask);
}

/* What the scheduler needs for the vCPUs of a VM, on each CPU where they may be. */
static uint64_t scheduling_bytes(const struct hv_sizes *sizes, const struct sys_vm *vm)
{
	uint64_t sum = vm->free_services * round64(bits(vm->free_cpus) * sizes->heap_bytes);

	for (uint32_t i = 0; i < vm_entries(vm); i++) {
		sum += round64(bits(vm->vcpus[i].cpus) * sizes->heap_bytes);
		if (vm->vcpus[i].server == SERVER_SPORADIC)
			sum += round64(sizes->sporadic_bytes);
	}
	return sum;
}

static uint64_t plan_bytes(const struct hv_sizes *sizes, const struct system *system)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < system->board->harts; i++)
		for (uint32_t j = 0; j < system->cpus[i].plan_count; j++)
			sum += round64(sizes->plan_bytes) +
			       system->cpus[i].plans[j].slot_count * round64(sizes->slot_bytes);
	return sum;
}

/* The formula of abi/table.h; copies and trace are mapped by 2 MiB pages and need no tables of
 * their own. */
static uint64_t pool_bytes(const struct plan *plan, const struct system *system)
{
	const struct hv_sizes *sizes = &plan->hv.sizes;
	uint64_t pages = plan->s2_pages + sizes->own_table_pages;
	uint64_t sum = system->vm_count * (uint64_t)S2_ROOT_BYTES + pages * PAGE;

	sum += used_cpus(system) * (round64(sizes->stack_bytes) + round64(sizes->cpu_bytes));
	sum += system->vm_count * round64(sizes->vm_bytes);
	sum += system->vcpu_count * round64(sizes->vcpu_bytes);
	for (uint32_t i = 0; i < system->vm_count; i++) {
		const struct sys_vm *vm = &system->vms[i];

		if (vm->uart)
			sum += round64(sizes->uart_bytes);
		if (vm->vic == VIC_PLIC)
			sum += round64(sizes->plic_bytes);
		if (vm->vic == VIC_AIA)
			sum += round64(sizes->aplic_bytes);
		if (vm_services(vm))
			sum += round64(sizes->services_bytes);
		sum += scheduling_bytes(sizes, vm);
	}
	return align_up(sum + plan_bytes(sizes, system), PAGE);
}

static uint64_t table_room(const struct system *system)
{
	uint64_t bytes = sizeof(struct table_header);

	bytes += used_cpus(system) * sizeof(struct table_cpu);
	bytes += system->vcpu_count * sizeof(struct table_vcpu);
	for (uint32_t i = 0; i < system->board->harts; i++)
		for (uint32_t j = 0; j < system->cpus[i].plan_count; j++)
			bytes += sizeof(struct table_plan) +
				 system->cpus[i].plans[j].slot_count * sizeof(struct table_slot);
	for (uint32_t i = 0; i < system->vm_count; i++) {
		const struct sys_vm *vm = &system->vms[i];

		bytes += sizeof(struct table_vm);
		bytes += (1 + vm->device_count) * sizeof(struct table_region);
		bytes += vm->device_count * sizeof(struct table_irq);
		bytes += copies_bound(vm) * sizeof(struct table_copy);
	}
	return bytes;
}

/* The VM already placed that [start, start + bytes) would cover. */
static const struct sys_vm *vm_at(const struct system *system, uint64_t start, uint64_t bytes)
{
	for (uint32_t i = 0; i < system->vm_count; i++) {
		const struct sys_vm *vm = &system->vms[i];

		if (vm->phys && start < vm_end(vm) && vm->phys < start + bytes)
			return vm;
	}
	return NULL;
}

/* The lowest free address from `low` that is congruent with `like` modulo `unit`. */
static uint64_t first_fit(const struct system *system, uint64_t low, uint64_t bytes, uint64_t like,
			  uint64_t unit)
{
	uint64_t start = low + ((like - low) & (unit - 1));
	const struct sys_vm *other;

	while ((other = vm_at(system, start, bytes)))
		start = vm_end(other) + ((like - vm_end(other)) & (unit - 1));
	return start;
}

static void place_vm(const struct plan *plan, const struct system *system, struct sys_vm *vm)
{
	uint64_t unit = vm->memory_bytes >= MIB2 ? MIB2 : PAGE;
	bool chosen = vm->identity && !vm->at_node;

	vm->phys = first_fit(system, plan->pool_phys + plan->pool_bytes, vm->memory_bytes,
			     chosen ? 0 : vm->gpa, unit);
	if (chosen)
		vm->gpa = vm->phys;
}

/* The smallest VM that is still to be placed; among equals the first in the file. */
static struct sys_vm *next_vm(struct system *system)
{
	struct sys_vm *next = NULL;

	for (uint32_t i = 0; i < system->vm_count; i++) {
		struct sys_vm *vm = &system->vms[i];

		if (!vm->bad && !vm->phys && (!next || vm->memory_bytes < next->memory_bytes))
			next = vm;
	}
	return next;
}

static uint32_t place_all(const struct plan *plan, struct system *system)
{
	struct sys_vm *vm;
	uint32_t pages = 0;

	for (uint32_t i = 0; i < system->vm_count; i++) {
		vm = &system->vms[i];
		vm->phys = !vm->bad && is_fixed(vm) ? vm->gpa : 0;
	}
	while ((vm = next_vm(system)))
		place_vm(plan, system, vm);
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (!system->vms[i].bad)
			pages += s2_pages(&system->vms[i]);
	return pages;
}

static void place_until_stable(struct plan *plan, struct system *system)
{
	plan->table_phys = plan->hv.end_phys;
	plan->table_room = table_room(system);
	plan->pool_phys = align_up(plan->table_phys + plan->table_room, POOL_ALIGN);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		uint32_t pages;

		plan->pool_bytes = pool_bytes(plan, system);
		pages = place_all(plan, system);
		if (pages <= plan->s2_pages)
			return;
		plan->s2_pages = pages;
	}
}

static void check_fixed(const struct plan *plan, struct system *system, const struct sys_vm *vm)
{
	uint64_t low = plan->pool_phys + plan->pool_bytes;

	if (vm->phys < low)
		diag_error(&system->diag, vm->at_node->at,
			   "identity-mapped memory of VM %s at 0x%llx-0x%llx covers the hypervisor "
			   "(0x%llx-0x%llx); move it with 'at' to 0x%llx or above",
			   vm->name, FULL(vm->phys), FULL(vm_end(vm)),
			   FULL(system->board->image_phys), FULL(low), FULL(align_up(low, MIB2)));
	for (uint32_t i = 0; i < vm->index; i++) {
		const struct sys_vm *other = &system->vms[i];

		if (!other->bad && is_fixed(other) && other->phys < vm_end(vm) &&
		    vm->phys < vm_end(other))
			diag_error(
				&system->diag, vm->at_node->at,
				"identity-mapped memory of VM %s at 0x%llx-0x%llx overlaps that of "
				"VM %s (0x%llx-0x%llx, line %d); move one of them",
				vm->name, FULL(vm->phys), FULL(vm_end(vm)), other->name,
				FULL(other->phys), FULL(vm_end(other)), other->at_node->at.line);
	}
}

static uint64_t ram_high(const struct system *system)
{
	return system->board->ram_phys + system->ram_bytes - system->board->top_bytes;
}

/* Says what would be enough, in whole MiB, if the board can have that much. */
static void report_too_much(struct system *system, const struct sys_vm *vm, const char *what,
			    uint64_t end)
{
	const struct board *board = system->board;
	uint64_t needed = align_up(end - board->ram_phys + board->top_bytes, 64ull << 20);
	struct place at = system->ram_at.line ? system->ram_at : (struct place){0, 0};

	if (vm)
		at = vm->memory_node->at;
	if (needed <= board->ram_max_bytes)
		diag_error(
			&system->diag, at,
			"the system does not fit the board's memory (ram: %s) with %s; write ram: "
			"%s or make VMs smaller",
			show_size(system->ram_bytes), vm ? vm->name : what, show_size(needed));
	else
		diag_error(&system->diag, at,
			   "the system needs %s with %s, and the board has at most %s; make VMs "
			   "smaller",
			   show_size(needed), vm ? vm->name : what,
			   show_size(board->ram_max_bytes));
}

/* The hypervisor maps itself in one 2 MiB area, whose top holds the stacks, each above a hole. */
static void check_window(const struct plan *plan, struct system *system)
{
	uint64_t used = plan->pool_phys + plan->pool_bytes - system->board->image_phys;
	uint64_t room = MIB2 - used_cpus(system) * (2 * PAGE);

	if (used > room)
		diag_error(
			&system->diag, (struct place){0, 0},
			"the hypervisor's own part needs %s for %u VMs and %u vCPUs, and has %s; "
			"make fewer of them",
			show_size(used), system->vm_count, system->vcpu_count, show_size(room));
}

/* One message: about the VM that goes furthest. */
static bool check_room(struct plan *plan, struct system *system)
{
	const struct sys_vm *last = NULL;

	plan->end_phys = plan->pool_phys + plan->pool_bytes;
	for (uint32_t i = 0; i < system->vm_count; i++) {
		const struct sys_vm *vm = &system->vms[i];

		if (vm->bad)
			continue;
		if (is_fixed(vm))
			check_fixed(plan, system, vm);
		if (vm_end(vm) > plan->end_phys) {
			plan->end_phys = vm_end(vm);
			last = vm;
		}
	}
	if (plan->end_phys <= ram_high(system))
		return true;
	report_too_much(system, last, "the hypervisor", plan->end_phys);
	return false;
}

/* Behind the copies; whole 2 MiB pages of their own. */
static void place_trace(struct plan *plan, struct system *system, bool fits)
{
	if (!system->trace_records)
		return;
	plan->trace_phys = align_up(plan->end_phys, MIB2);
	plan->trace_bytes = align_up(
		used_cpus(system) * TRACE_RING_BYTES((uint64_t)system->trace_records), MIB2);
	plan->end_phys = plan->trace_phys + plan->trace_bytes;
	if (fits && plan->end_phys > ram_high(system))
		report_too_much(system, NULL, "its trace", plan->end_phys);
}

static bool place_copies(struct plan *plan, struct system *system, bool fits)
{
	uint64_t next = align_up(plan->end_phys, MIB2);

	plan->copies_phys = next;
	for (uint32_t i = 0; i < system->vm_count; i++) {
		struct sys_vm *vm = &system->vms[i];

		copies_make(vm);
		next = align_up(next, PAGE);
		for (struct copy *copy = vm->copies; copy; copy = copy->next) {
			copy->phys = next;
			next += copy->bytes;
		}
	}
	if (next == plan->copies_phys)
		return fits;
	plan->copies_bytes = align_up(next, PAGE) - plan->copies_phys;
	plan->end_phys = plan->copies_phys + plan->copies_bytes;
	if (!fits || plan->end_phys <= ram_high(system))
		return fits;
	report_too_much(system, NULL, "its pristine copies", plan->end_phys);
	return false;
}

void plan_make(struct plan *plan, struct system *system)
{
	bool fits;

	place_until_stable(plan, system);
	check_window(plan, system);
	fits = check_room(plan, system);
	for (uint32_t i = 0; i < system->vm_count; i++)
		content_make(system, &system->vms[i]);
	fits = place_copies(plan, system, fits);
	place_trace(plan, system, fits);
}
