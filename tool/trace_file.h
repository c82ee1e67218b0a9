/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace files (abi/trace.h): reading, and writing what was recorded. Written by `partita run
 * --trace` (rings as they lay in the machine's memory) and `partita sim` (a log); read by `partita
 * trace`.
 */
#ifndef TOOL_TRACE_FILE_H
#define TOOL_TRACE_FILE_H

#include "table.h"
#include "trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_RECORDS_MIN 64u
#define TRACE_RECORDS_MAX (1u << 20) /* of a CPU */

/* The records of one CPU that are there, oldest first: trace_at(). */
struct trace_lane {
	uint32_t cpu, mode;
	uint64_t written; /* ever */
	uint64_t count;   /* there; the rest was overwritten */
	uint64_t first;   /* slot of the oldest */
	uint64_t mask;    /* slots - 1 */
	const struct trace_record *slots;
};

struct trace {
	const struct table_header *table;
	uint32_t lanes;
	struct trace_lane lane[TABLE_MAX_CPUS];
	const char *names[TABLE_MAX_VCPUS]; /* trace_vcpu_name() of each */
	uint32_t harts[TABLE_MAX_CPUS];     /* the numbers that the system file gives the CPUs */
};

static inline const struct trace_record *trace_at(const struct trace_lane *lane, uint64_t i)
{
	return &lane->slots[(lane->first + i) & lane->mask];
}

/* NULL, or what is wrong with the file. What was read lives as long as the command. */
const char *trace_open(struct trace *trace, const char *path);

/* All CPUs' records in the order of their times; those of one CPU stay in their order, of several
 * at the same time the lower CPU comes first. Start with a zeroed cursor; NULL: no more. */
struct trace_cursor {
	uint64_t next[TABLE_MAX_CPUS];
};
const struct trace_record *trace_next(const struct trace *trace, struct trace_cursor *cursor);

/* When the first and the last record of all was written; false: there is none. */
bool trace_span(const struct trace *trace, uint64_t *first_ns, uint64_t *last_ns);

/*
 * "vm" if the VM has one hart, else "vm[number]"; its services "vm.service[number]"; "idle" and
 * "work" for TRACE_NOBODY and TRACE_WORK. The table must have passed trace_table_check().
 */
const char *trace_vcpu_name(const struct table_header *table, uint32_t vcpu);

/* NULL, or why the table cannot be used: it is whole, its arrays lie inside it. */
const char *trace_table_check(const struct table_header *table, size_t bytes);

/* Ring i is rings[i], with TRACE_RING_BYTES(its records). It appears under its name only when it is
 * complete. False with errno set. */
bool trace_write(const char *path, const struct table_header *table,
		 const struct trace_ring *const rings[], uint32_t count);

/* A log of one's own: rings that grow, up to TRACE_RECORDS_MAX; then the oldest are overwritten. */
struct trace_log;
struct trace_log *trace_log_new(const struct table_header *table);
/* record->cpu is an index into the table's cpus. */
void trace_log_add(struct trace_log *log, const struct trace_record *record);
bool trace_log_write(const struct trace_log *log, const char *path);

#endif
