/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_file.h"
#include "crc32.h"
#include "file.h"
#include "mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const void *table_array(const struct table_header *table, struct table_span span,
			       size_t size)
{
	if (span.offset % 8 || span.offset > table->bytes ||
	    (table->bytes - span.offset) / size < span.count)
		return NULL;
	return (const uint8_t *)table + span.offset;
}

static bool vcpus_have_vms(const struct table_header *table)
{
	const struct table_vm *vms = table_array(table, table->vms, sizeof(*vms));
	const struct table_vcpu *vcpus = table_array(table, table->vcpus, sizeof(*vcpus));

	if (!vms || !vcpus)
		return false;
	for (uint32_t i = 0; i < table->vcpus.count; i++)
		if (vcpus[i].vm >= table->vms.count || vms[vcpus[i].vm].vcpu_first > i)
			return false;
	for (uint32_t i = 0; i < table->vms.count; i++)
		if (!memchr(vms[i].name, 0, sizeof(vms[i].name)))
			return false;
	return true;
}

const char *trace_table_check(const struct table_header *table, size_t bytes)
{
	struct table_header head;
	uint8_t *copy;

	if (bytes < sizeof(head) || table->magic != TABLE_MAGIC)
		return "holds no system table";
	if (table->version != TABLE_VERSION)
		return mem_printf("holds a system table of version %u, and this partita knows "
				  "version %u",
				  table->version, TABLE_VERSION);
	if (table->bytes < sizeof(head) || table->bytes > bytes)
		return "holds a system table that is cut off";
	copy = mem_zero(table->bytes);
	memcpy(copy, table, table->bytes);
	memset(copy + offsetof(struct table_header, crc32), 0, sizeof(head.crc32));
	if (crc32_of(copy, table->bytes) != table->crc32)
		return "holds a damaged system table (its checksum is wrong)";
	if (!table->cpus.count || table->cpus.count > TABLE_MAX_CPUS ||
	    table->vcpus.count > TABLE_MAX_VCPUS || table->vms.count > TABLE_MAX_VMS ||
	    !table_array(table, table->cpus, sizeof(struct table_cpu)) || !vcpus_have_vms(table))
		return "holds a system table that contradicts itself";
	return NULL;
}

const char *trace_vcpu_name(const struct table_header *table, uint32_t vcpu)
{
	const struct table_vm *vm = table_array(table, table->vms, sizeof(*vm));
	const struct table_vcpu *vcpus = table_array(table, table->vcpus, sizeof(*vcpus));
	uint32_t number;

	if (vcpu == TRACE_NOBODY)
		return "idle";
	if (vcpu == TRACE_WORK)
		return "work";
	if (!vm || !vcpus || vcpu >= table->vcpus.count)
		return mem_printf("vcpu-%u", vcpu);
	vm += vcpus[vcpu].vm;
	number = vcpu - vm->vcpu_first;
	if (number >= vm->vcpu_count)
		return mem_printf("%s.service[%u]", vm->name, number - vm->vcpu_count);
	return vm->vcpu_count > 1 ? mem_printf("%s[%u]", vm->name, number)
				  : mem_printf("%s", vm->name);
}

static const char *open_ring(struct trace_lane *lane, const uint8_t *at, size_t bytes,
			     const struct table_header *table, uint32_t number)
{
	const struct trace_ring *ring = (const void *)at;

	if (bytes < sizeof(*ring))
		return mem_printf("is cut off before the records of CPU %u", number);
	if (ring->magic != TRACE_MAGIC || ring->version != TRACE_VERSION ||
	    ring->record_bytes != sizeof(struct trace_record) ||
	    ring->records < TRACE_RECORDS_MIN || ring->records > TRACE_RECORDS_MAX ||
	    ring->records & (ring->records - 1) || ring->cpu >= table->cpus.count ||
	    ring->mode > TRACE_MODE_FIRST)
		return mem_printf("is damaged: what stands before the records of CPU %u makes no "
				  "sense",
				  number);
	if (bytes < TRACE_RING_BYTES((size_t)ring->records))
		return mem_printf("is cut off inside the records of CPU %u", number);
	lane->cpu = ring->cpu;
	lane->mode = ring->mode;
	lane->written = ring->written;
	lane->mask = ring->records - 1;
	lane->count = ring->written < ring->records ? ring->written : ring->records;
	lane->first = (ring->written - lane->count) & lane->mask;
	lane->slots = (const void *)(ring + 1);
	return NULL;
}

static const char *open_rings(struct trace *trace, const uint8_t *at, size_t bytes)
{
	for (uint32_t i = 0; i < trace->lanes; i++) {
		struct trace_lane *lane = &trace->lane[i];
		const char *wrong = open_ring(lane, at, bytes, trace->table, i);

		if (wrong)
			return wrong;
		at += TRACE_RING_BYTES(lane->mask + 1);
		bytes -= TRACE_RING_BYTES(lane->mask + 1);
	}
	return bytes ? "is damaged: something stands behind the last record" : NULL;
}

const char *trace_open(struct trace *trace, const char *path)
{
	const struct table_cpu *cpus;
	struct trace_file head;
	const uint8_t *data;
	const char *wrong;
	size_t bytes;

	*trace = (struct trace){0};
	data = file_read(path, &bytes);
	if (!data)
		return mem_printf("cannot be read: %s", strerror(errno));
	if (bytes >= sizeof(head))
		memcpy(&head, data, sizeof(head));
	if (bytes < sizeof(head) || head.magic != TRACE_MAGIC)
		return "is no trace file; 'partita run --trace FILE SYSTEM.yaml' writes one";
	if (head.version != TRACE_VERSION)
		return mem_printf("is a trace file of version %u, and this partita knows version "
				  "%u; record it anew",
				  head.version, TRACE_VERSION);
	if (head.table_bytes % 8 || head.table_bytes > bytes - sizeof(head))
		return "is cut off inside its system table";
	trace->table = (const void *)(data + sizeof(head));
	wrong = trace_table_check(trace->table, head.table_bytes);
	if (wrong)
		return wrong;
	if (!head.rings || head.rings > TABLE_MAX_CPUS)
		return mem_printf("is damaged: it says that it has records of %u CPUs", head.rings);
	trace->lanes = head.rings;
	cpus = table_array(trace->table, trace->table->cpus, sizeof(*cpus));
	for (uint32_t i = 0; i < trace->table->cpus.count; i++)
		trace->harts[i] = cpus[i].hart_id;
	for (uint32_t i = 0; i < trace->table->vcpus.count; i++)
		trace->names[i] = trace_vcpu_name(trace->table, i);
	data += sizeof(head) + head.table_bytes;
	return open_rings(trace, data, bytes - sizeof(head) - head.table_bytes);
}

const struct trace_record *trace_next(const struct trace *trace, struct trace_cursor *cursor)
{
	const struct trace_record *best = NULL;
	uint32_t from = 0;

	for (uint32_t i = 0; i < trace->lanes; i++) {
		const struct trace_lane *lane = &trace->lane[i];
		const struct trace_record *r;

		if (cursor->next[i] >= lane->count)
			continue;
		r = trace_at(lane, cursor->next[i]);
		if (!best || r->time_ns < best->time_ns) {
			best = r;
			from = i;
		}
	}
	if (best)
		cursor->next[from]++;
	return best;
}

bool trace_span(const struct trace *trace, uint64_t *first_ns, uint64_t *last_ns)
{
	bool any = false;

	for (uint32_t i = 0; i < trace->lanes; i++) {
		const struct trace_lane *lane = &trace->lane[i];
		uint64_t first, last;

		if (!lane->count)
			continue;
		first = trace_at(lane, 0)->time_ns;
		last = trace_at(lane, lane->count - 1)->time_ns;
		if (!any || first < *first_ns)
			*first_ns = first;
		if (!any || last > *last_ns)
			*last_ns = last;
		any = true;
	}
	return any;
}

static bool write_all(FILE *file, const struct table_header *table,
		      const struct trace_ring *const rings[], uint32_t count)
{
	static const uint8_t zeros[8];
	uint32_t padding = -table->bytes % 8;
	struct trace_file head = {.magic = TRACE_MAGIC,
				  .version = TRACE_VERSION,
				  .table_bytes = table->bytes + padding,
				  .rings = count};

	if (fwrite(&head, sizeof(head), 1, file) != 1 ||
	    fwrite(table, table->bytes, 1, file) != 1 || fwrite(zeros, 1, padding, file) != padding)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (fwrite(rings[i], TRACE_RING_BYTES((size_t)rings[i]->records), 1, file) != 1)
			return false;
	return true;
}

bool trace_write(const char *path, const struct table_header *table,
		 const struct trace_ring *const rings[], uint32_t count)
{
	const char *part = mem_printf("%s.%ld.part", path, (long)getpid());
	FILE *file = fopen(part, "wb");
	int problem;
	bool good;

	if (!file)
		return false;
	errno = 0;
	good = write_all(file, table, rings, count);
	good &= !fclose(file);
	if (good && !rename(part, path))
		return true;
	problem = errno ? errno : EIO;
	unlink(part);
	errno = problem;
	return false;
}

struct trace_log {
	const struct table_header *table;
	struct trace_ring *rings[TABLE_MAX_CPUS];
};

static struct trace_ring *new_ring(uint32_t cpu, uint32_t records)
{
	struct trace_ring *ring = mem_zero(TRACE_RING_BYTES((size_t)records));

	*ring = (struct trace_ring){.magic = TRACE_MAGIC,
				    .version = TRACE_VERSION,
				    .cpu = cpu,
				    .records = records,
				    .record_bytes = sizeof(struct trace_record),
				    .mode = TRACE_MODE_NEWEST};
	return ring;
}

struct trace_log *trace_log_new(const struct table_header *table)
{
	struct trace_log *log = mem_zero(sizeof(*log));

	log->table = table;
	for (uint32_t i = 0; i < table->cpus.count; i++)
		log->rings[i] = new_ring(i, 1024);
	return log;
}

/* A full ring that may still grow has not wrapped: its records lie in order. */
static void grow(struct trace_ring **at)
{
	struct trace_ring *ring = new_ring((*at)->cpu, (*at)->records * 2);

	memcpy(ring + 1, *at + 1, (*at)->records * sizeof(struct trace_record));
	ring->written = (*at)->written;
	*at = ring;
}

void trace_log_add(struct trace_log *log, const struct trace_record *record)
{
	struct trace_ring **at = &log->rings[record->cpu];
	struct trace_record *slots;

	if ((*at)->written == (*at)->records && (*at)->records < TRACE_RECORDS_MAX)
		grow(at);
	slots = (struct trace_record *)(*at + 1);
	slots[(*at)->written++ & ((*at)->records - 1)] = *record;
}

bool trace_log_write(const struct trace_log *log, const char *path)
{
	return trace_write(path, log->table, (const struct trace_ring *const *)log->rings,
			   log->table->cpus.count);
}
