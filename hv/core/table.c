/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"
#include "lib/crc32.h"

#define TABLE_MAX_BYTES (256u * 1024)

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

static bool span_fits(const struct table_span *s, uint32_t bytes)
{
	return s->offset % 8 == 0 && s->offset <= table->bytes &&
	       (uint64_t)s->count * bytes <= table->bytes - s->offset;
}

static bool part_fits(uint32_t first, uint32_t count, const struct table_span *of)
{
	return first <= of->count && count <= of->count - first;
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

/* Memory lies in the image's span behind the pool; devices outside RAM altogether. */
static bool region_is_safe(const struct table_region *r)
{
	uint64_t first = table->pool_phys + table->pool_bytes;
	uint64_t end = table->image_phys + table->image_bytes;

	if ((r->gpa | r->phys | r->bytes) % PAGE_BYTES || !r->bytes)
		return false;
	if (r->phys + r->bytes < r->phys || r->gpa + r->bytes > 1ull << 41)
		return false;
	if (r->rights & REGION_DEVICE)
		return !(r->rights & REGION_X) && r->phys + r->bytes <= table->image_phys;
	return r->phys >= first && r->phys + r->bytes <= end;
}

static const char *regions_check(void)
{
	for (uint32_t i = 0; i < table->regions.count; i++) {
		const struct table_region *a = table_region(i);

		if (!region_is_safe(a))
			return "a region lies where no guest may be";
		for (uint32_t j = 0; j < i; j++)
			if (overlap(a->phys, a->bytes, table_region(j)->phys,
				    table_region(j)->bytes))
				return "two regions overlap";
	}
	return NULL;
}

static bool reservation_is_sane(const struct table_vcpu *v)
{
	if (!v->capacity_ns)
		return v->weight >= 1 && v->weight <= 64;
	return v->capacity_ns >= 10000 && v->capacity_ns <= v->deadline_ns &&
	       v->deadline_ns <= v->period_ns && v->period_ns >= 100000 &&
	       v->period_ns <= 1000000000;
}

static const char *vm_check(const struct table_vm *vm, uint32_t index, uint32_t *next_vcpu)
{
	if (vm->name[TABLE_NAME_BYTES - 1])
		return "a VM's name has no end";
	if (vm->vcpu_first != *next_vcpu || vm->vcpu_count < 1 ||
	    vm->vcpu_count > TABLE_MAX_VM_VCPUS ||
	    !part_fits(vm->vcpu_first, vm->vcpu_count, &table->vcpus))
		return "a VM's vCPUs are wrong";
	*next_vcpu += vm->vcpu_count;
	if (!part_fits(vm->region_first, vm->region_count, &table->regions) ||
	    !part_fits(vm->irq_first, vm->irq_count, &table->irqs) ||
	    !part_fits(vm->copy_first, vm->copy_count, &table->copies))
		return "a VM's parts lie outside the table";
	if (vm->vic > VIC_AIA || vm->vic_sources > 127 || vm->uart_source > vm->vic_sources)
		return "a VM's interrupt controller is wrong";
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		const struct table_vcpu *v = table_vcpu(vm->vcpu_first + i);

		if (v->vm != index || v->cpu >= table->cpus.count || !reservation_is_sane(v))
			return "a vCPU is wrong";
		if ((v->guest_file != 0) != (vm->vic == VIC_AIA) || v->guest_file > 7)
			return "a guest interrupt file is wrong";
	}
	return NULL;
}

static const char *files_check(void)
{
	uint32_t used[TABLE_MAX_CPUS] = {0};

	for (uint32_t i = 0; i < table->vcpus.count; i++) {
		const struct table_vcpu *v = table_vcpu(i);

		if (v->guest_file && used[v->cpu] & 1u << v->guest_file)
			return "a guest interrupt file has two owners";
		if (v->guest_file)
			used[v->cpu] |= 1u << v->guest_file;
	}
	return NULL;
}

static bool header_fits(void)
{
	return span_fits(&table->cpus, sizeof(struct table_cpu)) &&
	       span_fits(&table->vms, sizeof(struct table_vm)) &&
	       span_fits(&table->vcpus, sizeof(struct table_vcpu)) &&
	       span_fits(&table->regions, sizeof(struct table_region)) &&
	       span_fits(&table->irqs, sizeof(struct table_irq)) &&
	       span_fits(&table->copies, sizeof(struct table_copy)) && table->cpus.count >= 1 &&
	       table->cpus.count <= TABLE_MAX_CPUS && table->vms.count >= 1 &&
	       table->vms.count <= TABLE_MAX_VMS && table->vcpus.count <= TABLE_MAX_VCPUS &&
	       table->regions.count <= 4 * TABLE_MAX_VMS && table->timebase_hz >= 1000000;
}

const char *table_check(const void *at)
{
	uint32_t next_vcpu = 0;
	const char *wrong;

	table = at;
	if (table->magic != TABLE_MAGIC)
		return "no system table behind the hypervisor";
	if (table->version != TABLE_VERSION)
		return "system table of another version";
	if (table->bytes < sizeof(*table) || table->bytes > TABLE_MAX_BYTES || !crc_matches())
		return "system table is damaged";
	if (!header_fits())
		return "system table is inconsistent";
	for (uint32_t i = 0; i < table->vms.count; i++) {
		wrong = vm_check(table_vm(i), i, &next_vcpu);
		if (wrong)
			return wrong;
	}
	wrong = files_check();
	return wrong ? wrong : regions_check();
}
