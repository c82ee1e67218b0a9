/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_take.h"
#include "board.h"
#include "command.h"
#include "mem.h"
#include "trace_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static off_t ring_offset(const struct trace_take *take, uint32_t cpu)
{
	uint64_t at = take->table->trace_phys +
		      cpu * TRACE_RING_BYTES((uint64_t)take->table->trace_records);

	return (off_t)(at - board_default()->ram_phys);
}

/* Whether the hypervisor has set up this ring, and with what the table says. */
static bool ring_is_there(const struct trace_take *take, const struct trace_ring *ring)
{
	return ring->magic == TRACE_MAGIC && ring->version == TRACE_VERSION &&
	       ring->record_bytes == sizeof(struct trace_record) &&
	       ring->records == take->table->trace_records;
}

static bool read_at(const struct trace_take *take, void *to, size_t bytes, off_t offset)
{
	return pread(take->memory, to, bytes, offset) == (ssize_t)bytes;
}

/* The machine's clock at the newest record of any CPU. */
static bool is_past(void *argument)
{
	const struct trace_take *take = argument;

	for (uint32_t i = 0; i < take->table->cpus.count; i++) {
		off_t at = ring_offset(take, i);
		struct trace_record newest;
		struct trace_ring ring;
		uint64_t slot;

		if (!read_at(take, &ring, sizeof(ring), at) || !ring_is_there(take, &ring) ||
		    !ring.written)
			continue;
		slot = (ring.written - 1) & (ring.records - 1);
		at += (off_t)(sizeof(ring) + slot * sizeof(newest));
		if (read_at(take, &newest, sizeof(newest), at) && newest.time_ns > take->for_ns)
			return true;
	}
	return false;
}

int trace_take_prepare(struct trace_take *take, struct machine *machine)
{
	const struct table_header *table = take->table;
	uint64_t bytes = (uint64_t)machine->ram_mib << 20;
	uint64_t end = (uint64_t)ring_offset(take, table->cpus.count);

	if (!table->trace_phys) {
		fprintf(stderr,
			"partita run: --trace: '%s' records nothing; write the key 'trace:' into "
			"its system file, such as 'trace: {records: 4096}'\n",
			take->subject);
		return EXIT_ERRORS;
	}
	if (table->trace_phys < board_default()->ram_phys || end > bytes) {
		fprintf(stderr,
			"partita run: --trace: the records of '%s' do not lie in the board's "
			"memory; build it anew with 'partita build'\n",
			take->subject);
		return EXIT_MISSING;
	}
	take->memory = memfd_create("partita-ram", 0); /* QEMU inherits it */
	if (take->memory < 0 || ftruncate(take->memory, (off_t)bytes)) {
		fprintf(stderr, "partita run: --trace: cannot share %u MiB of memory: %s\n",
			machine->ram_mib, strerror(errno));
		return EXIT_MISSING;
	}
	machine->memory = take->memory;
	if (take->for_ns) {
		machine->is_over = is_past;
		machine->argument = take;
	}
	return EXIT_GOOD;
}

static int take_rings(const struct trace_take *take)
{
	const struct trace_ring *rings[TABLE_MAX_CPUS];
	size_t bytes = TRACE_RING_BYTES((size_t)take->table->trace_records);

	for (uint32_t i = 0; i < take->table->cpus.count; i++) {
		struct trace_ring *ring = mem_zero(bytes);

		if (!read_at(take, ring, bytes, ring_offset(take, i)) ||
		    !ring_is_there(take, ring)) {
			fprintf(stderr, "partita run: no trace: the machine ended before the "
					"hypervisor began to record\n");
			return EXIT_MISSING;
		}
		rings[i] = ring;
	}
	if (trace_write(take->path, take->table, rings, take->table->cpus.count))
		return EXIT_GOOD;
	fprintf(stderr, "partita run: cannot write the trace '%s': %s\n", take->path,
		strerror(errno));
	return EXIT_MISSING;
}

int trace_take_write(struct trace_take *take)
{
	int code = take_rings(take);

	close(take->memory);
	return code;
}
