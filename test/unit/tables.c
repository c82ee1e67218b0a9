/* SPDX-License-Identifier: Apache-2.0 */
/* System tables and device trees for tests. */
#include "world.h"
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#define POOL_BYTES 0x100000ull

char world_image[WORLD_IMAGE_BYTES] __attribute__((aligned(0x4000)));

uint32_t crc32_bitwise(const void *data, uint64_t bytes)
{
	const uint8_t *p = data;
	uint32_t crc = UINT32_MAX;

	for (; bytes; bytes--, p++) {
		crc ^= *p;
		for (unsigned i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return ~crc;
}

void table_seal(void *at)
{
	struct table_header *h = at;

	h->crc32 = 0;
	h->crc32 = crc32_bitwise(at, h->bytes);
}

static void add(struct table_header *h, struct table_span *span, uint32_t count, uint32_t bytes)
{
	*span = (struct table_span){h->bytes, count};
	h->bytes += (count * bytes + 7) & ~7u;
}

static uint32_t or_one(uint32_t n)
{
	return n ? n : 1;
}

static uint32_t all_vcpus(const struct world_vm *vm)
{
	return or_one(vm->vcpus) + vm->services + vm->free_services;
}

static void build_vcpus(struct table_vcpu *out, const struct world_vm *vm, uint32_t index)
{
	uint32_t harts = or_one(vm->vcpus);

	for (uint32_t i = 0; i < all_vcpus(vm); i++) {
		uint32_t cpus = vm->free_cpus ? vm->free_cpus : 1;
		const struct world_vcpu empty = {.cpu = (uint32_t)__builtin_ctz(cpus),
						 .cpus = cpus};
		const struct world_vcpu *v = i < harts                  ? &vm->vcpu[i]
					     : i < harts + vm->services ? &vm->service[i - harts]
									: &empty;

		out[i] = (struct table_vcpu){
			.flags = i < harts ? 0 : VCPU_SERVICE | (vm->at_boot ? VCPU_AT_BOOT : 0),
			.vm = index,
			.cpu = v->cpu,
			.guest_file = v->guest_file,
			.weight = or_one(v->weight),
			.capacity_ns = v->capacity_ns,
			.period_ns = v->period_ns,
			.deadline_ns = v->deadline_ns ? v->deadline_ns : v->period_ns,
			.priority = v->priority ? v->priority : 4,
			.server = v->server,
			.cpus = v->cpus ? v->cpus : 1u << v->cpu,
		};
	}
}

static void build_vm(struct table_vm *out, const struct world_vm *vm, uint32_t index)
{
	*out = (struct table_vm){
		.vcpu_count = or_one(vm->vcpus),
		.service_count = vm->services,
		.free_services = vm->free_services,
		.share_ppm = vm->share_ppm,
		.registration_us = vm->registration_us,
		.may_services = vm->may_services,
		.region_first = index,
		.region_count = 1,
		.irq_count = vm->irqs,
		.copy_count = vm->copies,
		.vic = vm->vic,
		.vic_sources = vm->sources ? vm->sources : 31,
		.uart_source = vm->uart,
		.on_fault = vm->on_fault,
		.on_reboot = vm->on_reboot,
		.flags = vm->flags,
		.entry = WORLD_GPA,
		.dtb_gpa = WORLD_GPA + 0x8000,
		.isa = ISA_D | ISA_SSTC,
		.mvendorid = 0x1000 + index,
		.marchid = 0x2000 + index,
		.mimpid = 0x3000 + index,
	};
	if (vm->name)
		snprintf(out->name, sizeof(out->name), "%s", vm->name);
	else
		snprintf(out->name, sizeof(out->name), "vm%u", index);
}

static void count_parts(struct table_header *h, const struct world *w)
{
	uint32_t vms = or_one(w->vms), vcpus = 0, irqs = 0, copies = 0, slots = 0;

	for (uint32_t i = 0; i < vms; i++) {
		vcpus += all_vcpus(&w->vm[i]);
		irqs += w->vm[i].irqs;
		copies += w->vm[i].copies;
	}
	add(h, &h->cpus, or_one(w->cpus), sizeof(struct table_cpu));
	add(h, &h->vms, vms, sizeof(struct table_vm));
	add(h, &h->vcpus, vcpus, sizeof(struct table_vcpu));
	add(h, &h->regions, vms, sizeof(struct table_region));
	add(h, &h->irqs, irqs, sizeof(struct table_irq));
	add(h, &h->copies, copies, sizeof(struct table_copy));
	for (uint32_t i = 0; i < w->plans; i++)
		slots += w->plan[i].slots;
	add(h, &h->plans, w->plans, sizeof(struct table_plan));
	add(h, &h->slots, slots, sizeof(struct table_slot));
}

static void build_cpus(void *at, const struct world *w)
{
	struct table_plan *plans = TABLE_PART(at, plans, struct table_plan);
	struct table_slot *slots = TABLE_PART(at, slots, struct table_slot);
	uint32_t slot = 0;

	for (uint32_t i = 0; i < or_one(w->cpus); i++)
		TABLE_PART(at, cpus, struct table_cpu)
	[i] = (struct table_cpu){.hart_id = i,
				 .policy = w->policy[i] ? w->policy[i] : POLICY_EDF,
				 .quantum_ns = WORLD_QUANTUM,
				 .best_effort_ppm = w->best_effort_ppm,
				 .flags = !i && w->gaps_idle ? CPU_GAPS_IDLE : 0,
				 .plan_first = i ? w->plans : 0,
				 .plan_count = i ? 0 : w->plans};
	for (uint32_t i = 0; i < w->plans; i++) {
		plans[i] = (struct table_plan){w->plan[i].frame_ns, slot, w->plan[i].slots};
		for (uint32_t j = 0; j < w->plan[i].slots; j++)
			slots[slot++] = w->plan[i].slot[j];
	}
}

uint32_t table_build(void *at, const struct world *w)
{
	struct table_header *h = at;
	uint32_t vcpu = 0, irq = 0, copy = 0;
	uint64_t image_phys = (uint64_t)world_image;
	uint64_t pool = image_phys + WORLD_HV_BYTES + WORLD_TABLE_BYTES;
	uint64_t memory = pool + POOL_BYTES, copies_at;

	*h = (struct table_header){
		.magic = TABLE_MAGIC,
		.version = TABLE_VERSION,
		.bytes = sizeof(*h),
		.image_phys = image_phys,
		.pool_phys = pool,
		.pool_bytes = POOL_BYTES,
		.s2_pages = 64,
		.timebase_hz = WORLD_TIMEBASE,
		.isa = w->isa,
		.console_show = w->console_show,
		.console_focus = w->console_focus,
		.flags = w->flags,
		.ram_mib = 16,
		.overhead_ns = w->overhead_ns,
	};
	count_parts(h, w);
	memset((char *)at + sizeof(*h), 0, h->bytes - sizeof(*h));
	copies_at = memory + h->vms.count * WORLD_MEMORY;
	h->image_bytes = copies_at + h->copies.count * WORLD_MEMORY - image_phys;
	build_cpus(at, w);
	for (uint32_t i = 0; i < h->vms.count; i++) {
		const struct world_vm *vm = &w->vm[i];
		struct table_vm *out = &TABLE_PART(at, vms, struct table_vm)[i];

		build_vm(out, vm, i);
		out->vcpu_first = vcpu;
		out->irq_first = irq;
		out->copy_first = copy;
		build_vcpus(&TABLE_PART(at, vcpus, struct table_vcpu)[vcpu], vm, i);
		vcpu += all_vcpus(vm);
		TABLE_PART(at, regions, struct table_region)
		[i] = (struct table_region){WORLD_GPA, memory + i * WORLD_MEMORY, WORLD_MEMORY,
					    REGION_R | REGION_W | REGION_X, 0};
		for (uint32_t j = 0; j < vm->irqs; j++)
			TABLE_PART(at, irqs, struct table_irq)[irq++] = vm->irq[j];
		if (vm->copies) {
			TABLE_PART(at, copies, struct table_copy)
			[copy] = (struct table_copy){copies_at + copy * WORLD_MEMORY, WORLD_GPA,
						     WORLD_MEMORY};
			copy++;
		}
	}
	table_seal(at);
	return h->bytes;
}

typedef unsigned __int128 wide;

static bool within(uint64_t at, uint64_t bytes, wide from, wide to)
{
	return at >= from && (wide)at + bytes <= to;
}

static const char *region_unsafe(const struct table_header *h, const struct table_region *r)
{
	wide image_end = (wide)h->image_phys + h->image_bytes;

	if (r->rights & REGION_DEVICE) {
		if (r->rights & REGION_X)
			return "a guest may execute device registers";
		if (!within(r->phys, r->bytes, 0, h->image_phys))
			return "a device lies in memory";
	} else if (!within(r->phys, r->bytes, (wide)h->pool_phys + h->pool_bytes, image_end)) {
		return "a region lies outside the guests' memory";
	}
	return within(r->gpa, r->bytes, 0, (wide)1 << 41) ? NULL : "a region has no guest address";
}

const char *table_unsafe(const void *at)
{
	const struct table_header *h = at;
	const struct table_vcpu *v = TABLE_PART(at, vcpus, const struct table_vcpu);
	const struct table_region *r = TABLE_PART(at, regions, const struct table_region);
	const struct table_vm *vm = TABLE_PART(at, vms, const struct table_vm);
	uint32_t owned = 0;

	for (uint32_t i = 0; i < h->vms.count; i++) {
		owned += vm[i].vcpu_count + vm[i].service_count + vm[i].free_services;
		for (uint32_t j = 0; j < vm[i].irq_count; j++)
			if (TABLE_PART(at, irqs, const struct table_irq)[vm[i].irq_first + j]
				    .virt_source > vm[i].vic_sources)
				return "an interrupt goes to a source that does not exist";
	}
	if (owned != h->vcpus.count)
		return "a vCPU has no VM";
	for (uint32_t i = 0; i < h->vcpus.count; i++)
		if (v[i].cpu >= h->cpus.count || v[i].guest_file > 7)
			return "a vCPU is nowhere";
	if (!within(h->pool_phys, h->pool_bytes, h->image_phys,
		    (wide)h->image_phys + h->image_bytes))
		return "the pool lies outside the image";
	for (uint32_t i = 0; i < h->regions.count; i++) {
		const char *unsafe = region_unsafe(h, &r[i]);

		if (unsafe)
			return unsafe;
		for (uint32_t j = 0; j < i; j++)
			if (r[i].phys < (wide)r[j].phys + r[j].bytes &&
			    r[j].phys < (wide)r[i].phys + r[i].bytes)
				return "two guests share memory";
	}
	return NULL;
}

static void reg(void *tree, uint64_t base, uint64_t bytes)
{
	fdt64_t cells[2] = {cpu_to_fdt64(base), cpu_to_fdt64(bytes)};

	fdt_property(tree, "reg", cells, sizeof(cells));
}

uint32_t tree_build(void *tree, uint32_t room, const void *at)
{
	const struct table_header *h = at;
	char name[32];

	fdt_create(tree, (int)room);
	fdt_finish_reservemap(tree);
	fdt_begin_node(tree, "");
	fdt_property_u32(tree, "#address-cells", 2);
	fdt_property_u32(tree, "#size-cells", 2);
	fdt_property_string(tree, "compatible", "riscv-virtio");
	fdt_begin_node(tree, "reserved-memory");
	fdt_begin_node(tree, "mmode_resv0");
	reg(tree, h->image_phys - 0x200000, 0x40000);
	fdt_end_node(tree);
	fdt_end_node(tree);
	fdt_begin_node(tree, "chosen");
	fdt_property_string(tree, "bootargs", "");
	fdt_end_node(tree);
	snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)(h->image_phys - 0x200000));
	fdt_begin_node(tree, name);
	fdt_property_string(tree, "device_type", "memory");
	reg(tree, h->image_phys - 0x200000, 0x200000 + h->image_bytes);
	fdt_end_node(tree);
	fdt_begin_node(tree, "cpus");
	fdt_property_u32(tree, "#address-cells", 1);
	fdt_property_u32(tree, "#size-cells", 0);
	fdt_property_u32(tree, "timebase-frequency", h->timebase_hz);
	for (uint32_t i = 0; i < h->cpus.count; i++) {
		snprintf(name, sizeof(name), "cpu@%x", i);
		fdt_begin_node(tree, name);
		fdt_property_u32(tree, "reg",
				 TABLE_PART(at, cpus, const struct table_cpu)[i].hart_id);
		fdt_property_string(tree, "device_type", "cpu");
		fdt_property_string(tree, "riscv,isa",
				    "rv64imafdch_zicbom_zicboz_ssaia_sstc_svpbmt");
		fdt_begin_node(tree, "interrupt-controller");
		fdt_property_u32(tree, "#interrupt-cells", 1);
		fdt_end_node(tree);
		fdt_end_node(tree);
	}
	fdt_end_node(tree);
	fdt_end_node(tree);
	fdt_finish(tree);
	return fdt_totalsize(tree);
}

uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

uint64_t random_below(uint64_t *state, uint64_t below)
{
	return (random_next(state) >> 16) % below;
}
