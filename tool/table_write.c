/* SPDX-License-Identifier: Apache-2.0 */
/* The host that runs the tool is little endian, as the table is; checked here once. */
#include "table_write.h"
#include "crc32.h"
#include "mem.h"

#include <stddef.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "the table is written as the host stores it");

/* Of a service that is created at run time on a CPU of fixed priority: below all configured ones.
 */
#define FREE_PRIORITY 32u

struct table {
	struct table_header header;
	struct table_cpu cpus[TABLE_MAX_CPUS];
	struct table_vm vms[TABLE_MAX_VMS];
	struct table_vcpu vcpus[TABLE_MAX_VCPUS];
	struct table_region *regions;
	struct table_irq *irqs;
	struct table_copy *copies;
	struct table_plan *plans;
	struct table_slot *slots;
	uint32_t vcpu_count, region_count, irq_count, copy_count, plan_count, slot_count;
};

/* Where a vCPU stands in the table. */
static uint32_t vcpu_index(const struct system *system, const struct sys_vcpu *vcpu)
{
	uint32_t index = vcpu->number;

	for (uint32_t i = 0; i < vcpu->vm->index; i++)
		index += vm_entries(&system->vms[i]) + system->vms[i].free_services;
	return index;
}

static void put_plan(struct table *table, const struct system *system, const struct sys_plan *plan)
{
	table->plans[table->plan_count++] = (struct table_plan){.frame_ns = plan->frame_ns,
								.slot_first = table->slot_count,
								.slot_count = plan->slot_count};
	for (uint32_t i = 0; i < plan->slot_count; i++)
		table->slots[table->slot_count++] =
			(struct table_slot){.offset_ns = plan->slots[i].offset_ns,
					    .length_ns = plan->slots[i].length_ns,
					    .vcpu = vcpu_index(system, plan->slots[i].vcpu)};
}

static void put_cpus(struct table *table, const struct system *system)
{
	for (uint32_t i = 0; i < system->board->harts; i++) {
		const struct sys_cpu *cpu = &system->cpus[i];

		if (!cpu->used)
			continue;
		table->cpus[cpu->index] =
			(struct table_cpu){.hart_id = i,
					   .policy = cpu->policy,
					   .best_effort_ppm = cpu->best_effort_ppm,
					   .flags = cpu->gaps_idle ? CPU_GAPS_IDLE : 0,
					   .quantum_ns = cpu->quantum_ns,
					   .plan_first = table->plan_count,
					   .plan_count = cpu->plan_count};
		for (uint32_t j = 0; j < cpu->plan_count; j++)
			put_plan(table, system, &cpu->plans[j]);
	}
}

/* CPUs by their numbers in the table. */
static uint32_t cpu_mask(const struct system *system, uint32_t harts)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < system->board->harts; i++)
		if (harts >> i & 1)
			mask |= 1u << system->cpus[i].index;
	return mask;
}

static uint32_t vcpu_flags(const struct sys_vcpu *vcpu)
{
	return (vcpu->is_service ? VCPU_SERVICE : 0) | (vcpu->start_at_boot ? VCPU_AT_BOOT : 0) |
	       (vcpu->extra_time ? VCPU_EXTRA_TIME : 0);
}

static void put_vcpus(struct table *table, const struct system *system, const struct sys_vm *vm)
{
	for (uint32_t i = 0; i < vm_entries(vm); i++) {
		const struct sys_vcpu *vcpu = &vm->vcpus[i];

		table->vcpus[table->vcpu_count++] =
			(struct table_vcpu){.vm = vm->index,
					    .cpu = system->cpus[vcpu->cpu].index,
					    .guest_file = vcpu->guest_file,
					    .weight = vcpu->weight,
					    .capacity_ns = vcpu->capacity_ns,
					    .period_ns = vcpu->period_ns,
					    .deadline_ns = vcpu->deadline_ns,
					    .flags = vcpu_flags(vcpu),
					    .priority = vcpu->priority,
					    .server = vcpu->server,
					    .cpus = cpu_mask(system, vcpu->cpus)};
	}
	for (uint32_t i = 0; i < vm->free_services; i++) {
		uint32_t mask = cpu_mask(system, vm->free_cpus);

		table->vcpus[table->vcpu_count++] =
			(struct table_vcpu){.vm = vm->index,
					    .cpu = mask ? (uint32_t)__builtin_ctz(mask) : 0,
					    .weight = 1,
					    .flags = VCPU_SERVICE,
					    .priority = FREE_PRIORITY,
					    .cpus = mask};
	}
}

static void put_regions(struct table *table, const struct sys_vm *vm)
{
	table->regions[table->region_count++] =
		(struct table_region){.gpa = vm->gpa,
				      .phys = vm->phys,
				      .bytes = vm->memory_bytes,
				      .rights = REGION_R | REGION_W | REGION_X};
	for (uint32_t i = 0; i < vm->device_count; i++) {
		const struct sys_device *device = &vm->devices[i];

		table->regions[table->region_count++] =
			(struct table_region){.gpa = device->device->phys,
					      .phys = device->device->phys,
					      .bytes = device->device->bytes,
					      .rights = REGION_R | REGION_W | REGION_DEVICE};
		if (device->virt_source)
			table->irqs[table->irq_count++] =
				(struct table_irq){.phys_source = device->device->irq,
						   .virt_source = device->virt_source};
	}
}

static void put_vm(struct table *table, const struct system *system, const struct sys_vm *vm)
{
	struct table_vm *to = &table->vms[vm->index];

	*to = (struct table_vm){
		.vcpu_first = table->vcpu_count,
		.vcpu_count = vm->vcpu_count,
		.region_first = table->region_count,
		.irq_first = table->irq_count,
		.copy_first = table->copy_count,
		.copy_count = vm->copy_count,
		.vic = vm->vic,
		.vic_sources = vm->vic_sources,
		.uart_source = vm->uart_source,
		.on_fault = vm->on_fault,
		.on_reboot = vm->on_reboot,
		.flags = vm->flags | (vm->clear ? VM_CLEAR : 0),
		.entry = vm->entry,
		.dtb_gpa = vm->dtb_gpa,
		.isa = vm->isa,
		.service_count = vm->service_count,
		.free_services = vm->free_services,
		.share_ppm = vm->share_ppm,
		.registration_us = vm->registration_us,
		.may_services = vm->may_services,
		.mvendorid = vm->vendor_id,
		.marchid = vm->arch_id,
		.mimpid = vm->implementation_id,
	};
	memcpy(to->name, vm->name, strlen(vm->name));
	put_vcpus(table, system, vm);
	put_regions(table, vm);
	to->region_count = table->region_count - to->region_first;
	to->irq_count = table->irq_count - to->irq_first;
	for (const struct copy *copy = vm->copies; copy; copy = copy->next)
		table->copies[table->copy_count++] = (struct table_copy){
			.phys = copy->phys, .gpa = copy->gpa, .bytes = copy->bytes};
}

static uint64_t board_isa(const struct system *system)
{
	uint64_t isa = ISA_SSTC | ISA_SSAIA | ISA_SMSTATEEN;

	for (uint32_t i = 0; i < system->vm_count; i++)
		isa |= system->vms[i].isa;
	return isa;
}

static void put_header(struct table_header *header, const struct plan *plan,
		       const struct system *system)
{
	const struct board *board = system->board;

	*header = (struct table_header){
		.magic = TABLE_MAGIC,
		.version = TABLE_VERSION,
		.image_phys = board->image_phys,
		.image_bytes = plan->end_phys - board->image_phys,
		.pool_phys = plan->pool_phys,
		.pool_bytes = plan->pool_bytes,
		.s2_pages = plan->s2_pages,
		.timebase_hz = board->timebase_hz,
		.isa = board_isa(system),
		.console_show = system->console_show,
		.console_focus = system->console_focus,
		.flags = system->quiet ? SYSTEM_QUIET : 0,
		.ram_mib = (uint32_t)(system->ram_bytes >> 20),
		.trace_phys = plan->trace_phys,
		.trace_records = system->trace_records,
		.trace_mode = system->trace_mode,
		.overhead_ns = (uint32_t)system->overhead_ns,
	};
}

/* Appends an array and says where it is. */
static struct table_span append(uint8_t *bytes, uint32_t *used, const void *array, uint32_t count,
				size_t size)
{
	struct table_span span = {.offset = *used, .count = count};

	if (count)
		memcpy(bytes + *used, array, count * size);
	*used = (uint32_t)align_up(*used + count * size, 8);
	return span;
}

const uint8_t *table_make(const struct plan *plan, const struct system *system, uint32_t *bytes)
{
	struct table *table = mem_zero(sizeof(*table));
	uint8_t *flat = mem_zero(plan->table_room + 64);
	struct table_header *header = &table->header;
	uint32_t used = sizeof(*header), cpus = 0;

	table->regions = mem_zero(plan->table_room);
	table->irqs = mem_zero(plan->table_room);
	table->copies = mem_zero(plan->table_room);
	table->plans = mem_zero(plan->table_room);
	table->slots = mem_zero(plan->table_room);
	put_header(header, plan, system);
	put_cpus(table, system);
	for (uint32_t i = 0; i < system->vm_count; i++)
		put_vm(table, system, &system->vms[i]);
	for (uint32_t i = 0; i < system->board->harts; i++)
		cpus += system->cpus[i].used;
	header->cpus = append(flat, &used, table->cpus, cpus, sizeof(table->cpus[0]));
	header->vms = append(flat, &used, table->vms, system->vm_count, sizeof(table->vms[0]));
	header->vcpus =
		append(flat, &used, table->vcpus, table->vcpu_count, sizeof(table->vcpus[0]));
	header->regions =
		append(flat, &used, table->regions, table->region_count, sizeof(table->regions[0]));
	header->irqs = append(flat, &used, table->irqs, table->irq_count, sizeof(table->irqs[0]));
	header->copies =
		append(flat, &used, table->copies, table->copy_count, sizeof(table->copies[0]));
	header->plans =
		append(flat, &used, table->plans, table->plan_count, sizeof(table->plans[0]));
	header->slots =
		append(flat, &used, table->slots, table->slot_count, sizeof(table->slots[0]));
	header->bytes = used;
	memcpy(flat, header, sizeof(*header));
	header->crc32 = crc32_of(flat, used);
	memcpy(flat, header, sizeof(*header));
	*bytes = used;
	return flat;
}

const struct table_header *table_find(const uint8_t *image, size_t bytes)
{
	size_t limit = bytes < (32u << 20) ? bytes : 32u << 20;

	for (size_t at = PAGE; at + sizeof(struct table_header) <= limit; at += PAGE) {
		struct table_header *header = mem_zero(sizeof(*header));
		uint8_t *copy;

		memcpy(header, image + at, sizeof(*header));
		if (header->magic != TABLE_MAGIC || header->version != TABLE_VERSION ||
		    header->bytes < sizeof(*header) || header->bytes > limit - at)
			continue;
		copy = mem_zero(header->bytes);
		memcpy(copy, image + at, header->bytes);
		memset(copy + offsetof(struct table_header, crc32), 0, sizeof(header->crc32));
		if (crc32_of(copy, header->bytes) != header->crc32)
			continue;
		memcpy(copy, image + at, sizeof(*header));
		return (const struct table_header *)(const void *)copy;
	}
	return NULL;
}
