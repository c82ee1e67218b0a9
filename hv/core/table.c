/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "abi/trace.h"
#include "arch/arch.h"
#include "board/board.h"
#include "core/unit.h"
#include "lib/crc32.h"

#define TABLE_MAX_BYTES (256u * 1024)
#define GPA_END         (1ull << 41) /* Sv39x4 */
#define MIN_QUANTUM_NS  100000u
#define MAX_OVERHEAD_NS 100000u
#define TRACE_ALIGN     (2ull << 20)

extern const char __text_start[];

const struct table_header *table;

static const void *entry(const struct table_span *span, uint32_t index, uint32_t bytes)
{
	return (const char *)table + span->offset + (uint64_t)index * bytes;
}

const struct table_cpu *table_cpu(uint32_t i)
{
	return entry(&table->cpus, i, sizeof(struct table_cpu));
}

const struct table_vm *table_vm(uint32_t i)
{
	return entry(&table->vms, i, sizeof(struct table_vm));
}

const struct table_vcpu *table_vcpu(uint32_t i)
{
	return entry(&table->vcpus, i, sizeof(struct table_vcpu));
}

const struct table_region *table_region(uint32_t i)
{
	return entry(&table->regions, i, sizeof(struct table_region));
}

const struct table_irq *table_irq(uint32_t i)
{
	return entry(&table->irqs, i, sizeof(struct table_irq));
}

const struct table_copy *table_copy(uint32_t i)
{
	return entry(&table->copies, i, sizeof(struct table_copy));
}

const struct table_plan *table_plan(uint32_t i)
{
	return entry(&table->plans, i, sizeof(struct table_plan));
}

const struct table_slot *table_slot(uint32_t i)
{
	return entry(&table->slots, i, sizeof(struct table_slot));
}

uint64_t table_trace_bytes(void)
{
	uint64_t ring = TRACE_RING_BYTES((uint64_t)table->trace_records);

	return table->trace_phys ? ALIGN_UP(table->cpus.count * ring, TRACE_ALIGN) : 0;
}

static bool span_fits(const struct table_span *s, uint32_t bytes)
{
	return s->offset % 8 == 0 && s->offset <= table->bytes &&
	       (uint64_t)s->count * bytes <= table->bytes - s->offset;
}

static bool crc_matches(void)
{
	static const uint32_t zero;
	const uint8_t *bytes = (const uint8_t *)table;
	size_t at = offsetof(struct table_header, crc32);
	uint32_t crc = crc32_update(0, bytes, at);

	crc = crc32_update(crc, &zero, sizeof(zero));
	crc = crc32_update(crc, bytes + at + 4, table->bytes - at - 4);
	return crc == table->crc32;
}

static bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

/* Whether [at, at + bytes) lies in the image's span behind the pool: what guests may have. */
static bool is_guest_memory(uint64_t at, uint64_t bytes)
{
	uint64_t end = table->image_phys + table->image_bytes;

	return at >= table->pool_phys + table->pool_bytes && at <= end && bytes <= end - at;
}

static bool region_is_safe(const struct table_region *r)
{
	if ((r->gpa | r->phys | r->bytes) % PAGE_BYTES || !r->bytes || r->bytes > GPA_END ||
	    r->gpa > GPA_END - r->bytes)
		return false;
	if (r->rights & REGION_DEVICE)
		return !(r->rights & REGION_X) && board_may_give(r->phys, r->bytes);
	return is_guest_memory(r->phys, r->bytes);
}

/* No two regions share memory, and none of one VM guest-physical space (or its interrupt files). */
static bool regions_are_safe(const struct table_vm *vm)
{
	for (uint32_t i = vm->region_first; i < vm->region_first + vm->region_count; i++) {
		const struct table_region *a = table_region(i);

		if (!region_is_safe(a) ||
		    (vm->vic == VIC_AIA && overlap(a->gpa, a->bytes, arch_guest_files_gpa,
						   TABLE_MAX_VM_VCPUS * PAGE_BYTES)))
			return false;
		for (uint32_t j = 0; j < i; j++) {
			const struct table_region *b = table_region(j);

			if (overlap(a->phys, a->bytes, b->phys, b->bytes) ||
			    (j >= vm->region_first && overlap(a->gpa, a->bytes, b->gpa, b->bytes)))
				return false;
		}
	}
	return true;
}

/* Copies come from memory that no guest has. Where they go is checked by the second stage. */
static bool copies_are_safe(void)
{
	for (uint32_t i = 0; i < table->copies.count; i++) {
		const struct table_copy *c = table_copy(i);

		if ((c->phys | c->gpa | c->bytes) % 8)
			return false;
		if (c->phys && !is_guest_memory(c->phys, c->bytes))
			return false;
		for (uint32_t j = 0; c->phys && j < table->regions.count; j++)
			if (overlap(c->phys, c->bytes, table_region(j)->phys,
				    table_region(j)->bytes))
				return false;
	}
	return true;
}

static bool trace_is_safe(void)
{
	uint32_t records = table->trace_records;
	uint64_t bytes = table_trace_bytes();

	if (!bytes)
		return true;
	if (table->trace_phys % TRACE_ALIGN || records & (records - 1) || records < 64 ||
	    records > 1 << 20 || !is_guest_memory(table->trace_phys, bytes))
		return false;
	for (uint32_t i = 0; i < table->regions.count; i++)
		if (overlap(table->trace_phys, bytes, table_region(i)->phys,
			    table_region(i)->bytes))
			return false;
	for (uint32_t i = 0; i < table->copies.count; i++)
		if (overlap(table->trace_phys, bytes, table_copy(i)->phys, table_copy(i)->bytes))
			return false;
	return true;
}

/* Bounds of sched.h and, for what admission assumes, of each reservation alone. */
static bool reservation_is_sane(const struct table_vcpu *v)
{
	if (!v->period_ns && v->flags & VCPU_SERVICE) /* may become one of any policy */
		return !v->capacity_ns && !v->deadline_ns && v->priority >= 1 &&
		       v->priority <= 32 && v->server == SERVER_PERIODIC &&
		       !(v->flags & VCPU_EXTRA_TIME);
	if (!v->period_ns)
		return v->weight >= 1 && v->weight <= 64 && v->priority >= 1 && v->priority <= 8;
	if (table_cpu(v->cpu)->policy == POLICY_TABLE)
		return true;
	if (table_cpu(v->cpu)->policy == POLICY_FP &&
	    (v->priority < 1 || v->priority > 32 || v->server > SERVER_SPORADIC))
		return false;
	return v->capacity_ns >= 10000 && v->capacity_ns <= v->deadline_ns &&
	       v->deadline_ns <= v->period_ns && v->period_ns >= 100000 &&
	       v->period_ns <= 1000000000;
}

/* Parts that a VM takes in turn, so that none has two owners. */
struct taken {
	uint32_t vcpus, regions, irqs, copies, best_effort;
	uint32_t files[TABLE_MAX_CPUS];
};

static bool take(uint32_t *taken, uint32_t first, uint32_t count, const struct table_span *of)
{
	if (first != *taken || count > of->count - first)
		return false;
	*taken += count;
	return true;
}

/* Its guest file, on each hart where it may run. */
static bool take_files(const struct table_vcpu *v, struct taken *taken)
{
	uint32_t file = v->guest_file ? 1u << v->guest_file : 0;

	for (uint32_t i = 0; i < table->cpus.count; i++) {
		if (!(v->cpus >> i & 1))
			continue;
		if (taken->files[i] & file)
			return false;
		taken->files[i] |= file;
	}
	return true;
}

static bool vcpu_is_sane(const struct table_vm *vm, uint32_t index, uint32_t number,
			 struct taken *taken)
{
	const struct table_vcpu *v = table_vcpu(vm->vcpu_first + number);
	bool service = number >= vm->vcpu_count, aia = vm->vic == VIC_AIA && !service;

	if (v->vm != index || v->cpu >= table->cpus.count || !reservation_is_sane(v) ||
	    !(v->flags & VCPU_SERVICE) == service || (v->guest_file != 0) != aia ||
	    v->guest_file > 7)
		return false;
	if (!(v->cpus >> v->cpu & 1) || v->cpus >> table->cpus.count ||
	    (aia && v->period_ns && v->cpus != 1u << v->cpu))
		return false;
	taken->best_effort += !service && !v->period_ns;
	return take_files(v, taken);
}

static const char *vm_check(const struct table_vm *vm, uint32_t index, struct taken *taken)
{
	if (vm->name[TABLE_NAME_BYTES - 1])
		return "a VM's name has no end";
	if (vm->vcpu_count > TABLE_MAX_VM_VCPUS || vm->service_count > TABLE_MAX_SERVICES ||
	    vm->free_services > TABLE_MAX_SERVICES ||
	    !take(&taken->vcpus, vm->vcpu_first, vm_vcpus(vm), &table->vcpus) ||
	    !take(&taken->regions, vm->region_first, vm->region_count, &table->regions) ||
	    !take(&taken->irqs, vm->irq_first, vm->irq_count, &table->irqs) ||
	    !take(&taken->copies, vm->copy_first, vm->copy_count, &table->copies) ||
	    vm->vcpu_count < 1 || (vm->flags & VM_VIRTUAL_TIME && vm_vcpus(vm) > 1))
		return "a VM's parts are wrong";
	if (vm->vic > VIC_AIA || vm->vic_sources > 127 || vm->uart_source > vm->vic_sources)
		return "a VM's interrupt controller is wrong";
	for (uint32_t i = vm->irq_first; i < vm->irq_first + vm->irq_count; i++)
		if (table_irq(i)->virt_source - 1 >= vm->vic_sources ||
		    !board_may_give_irq(table_irq(i)->phys_source))
			return "a VM's interrupts are wrong";
	for (uint32_t i = 0; i < vm_vcpus(vm); i++)
		if (!vcpu_is_sane(vm, index, i, taken))
			return "a vCPU is wrong";
	return regions_are_safe(vm) ? NULL : "a region lies where no guest may be";
}

static bool cpus_are_sane(void)
{
	for (uint32_t i = 0; i < table->cpus.count; i++) {
		const struct table_cpu *c = table_cpu(i);

		if (c->quantum_ns < MIN_QUANTUM_NS || c->best_effort_ppm > 1000000 ||
		    c->policy < POLICY_EDF || c->policy > POLICY_TABLE)
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (c->hart_id == table_cpu(j)->hart_id)
				return false;
	}
	return true;
}

/* What only a unit looks at is checked by that unit. */
static bool units_are_content(void)
{
	for_each_unit(u) if ((*u)->table_is_sane && !(*u)->table_is_sane()) return false;
	return true;
}

static bool header_fits(void)
{
	return span_fits(&table->cpus, sizeof(struct table_cpu)) &&
	       span_fits(&table->vms, sizeof(struct table_vm)) &&
	       span_fits(&table->vcpus, sizeof(struct table_vcpu)) &&
	       span_fits(&table->regions, sizeof(struct table_region)) &&
	       span_fits(&table->irqs, sizeof(struct table_irq)) &&
	       span_fits(&table->copies, sizeof(struct table_copy)) &&
	       span_fits(&table->plans, sizeof(struct table_plan)) &&
	       span_fits(&table->slots, sizeof(struct table_slot)) && table->cpus.count >= 1 &&
	       table->cpus.count <= TABLE_MAX_CPUS && table->vms.count >= 1 &&
	       table->vms.count <= TABLE_MAX_VMS && table->vcpus.count <= TABLE_MAX_VCPUS &&
	       table->regions.count <= 4 * TABLE_MAX_VMS && table->timebase_hz >= 1000000 &&
	       table->overhead_ns <= MAX_OVERHEAD_NS &&
	       table->image_phys == (uint64_t)__text_start && table->image_bytes <= GPA_END &&
	       table->pool_phys >= (uint64_t)table + table->bytes &&
	       table->pool_phys - table->image_phys <= table->image_bytes &&
	       table->pool_bytes <= table->image_bytes - (table->pool_phys - table->image_phys);
}

const char *table_check(const void *at)
{
	struct taken taken = {0};
	const char *wrong;

	table = at;
	if (table->magic != TABLE_MAGIC)
		return "no system table behind the hypervisor";
	if (table->version != TABLE_VERSION)
		return "system table of another version";
	if (table->bytes < sizeof(*table) || table->bytes > TABLE_MAX_BYTES || !crc_matches())
		return "system table is damaged";
	if (!header_fits() || !cpus_are_sane() || !copies_are_safe() || !trace_is_safe())
		return "system table is inconsistent";
	for (uint32_t i = 0; i < table->vms.count; i++) {
		wrong = vm_check(table_vm(i), i, &taken);
		if (wrong)
			return wrong;
	}
	if (taken.vcpus != table->vcpus.count || taken.regions != table->regions.count ||
	    taken.best_effort > TABLE_MAX_BE_VCPUS)
		return "system table has parts of no VM";
	if (!units_are_content())
		return "system table is inconsistent";
	return NULL;
}
