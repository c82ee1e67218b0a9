/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace records: what the hypervisor writes, what `partita run --trace` takes out of the machine
 * and `partita trace` shows. One ring per CPU at table_header.trace_phys: a header, then
 * trace_records records. Little endian. A record is complete when `written` counts it.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <stdint.h>

#define TRACE_MAGIC   0x43525450u /* "PTRC" */
#define TRACE_VERSION 1u
#define TRACE_NOBODY  0xffffu /* vcpu: the CPU is idle; TRACE_WORK: the hypervisor's own work */
#define TRACE_WORK    0xfffeu

#define TRACE_MODE_NEWEST 0u /* the oldest records are overwritten */
#define TRACE_MODE_FIRST  1u /* stops when full */

/* kind: X(NAME, "text", "meaning of detail", "meaning of value"). The order is the ABI. */
#define TRACE_KINDS(X)                                                                             \
	X(NOTHING, "nothing", "", "")                                                              \
	X(SWITCH, "switch", "previous vCPU", "")                                                   \
	X(RELEASE, "release", "", "nominal release, ns")                                           \
	X(DEADLINE, "deadline", "", "absolute deadline of the period that begins, ns")             \
	X(BUDGET, "budget", "", "budget used up; replenished at, ns")                              \
	X(MISS, "miss", "misses so far", "deadline that was missed, ns")                           \
	X(WAKE, "wake", "", "nominal time, ns")                                                    \
	X(BLOCK, "block", "reason: enum vcpu_wait", "until, ns; all ones: an event")               \
	X(EXIT, "exit", "enum exit_cause", "")                                                     \
	X(HYPERCALL, "hypercall", "SBI function", "SBI extension")                                 \
	X(INTERRUPT, "interrupt", "identity", "")                                                  \
	X(FAULT, "fault", "", "address")                                                           \
	X(START, "start", "", "")                                                                  \
	X(STOP, "stop", "", "")                                                                    \
	X(MOVE, "move", "to CPU", "")                                                              \
	X(PLAN, "plan", "number", "start of its first frame, ns")                                  \
	X(ADMIT, "admit", "0 admitted, else HCALL_REFUSED_*", "figure")

enum trace_kind {
#define TRACE_ENUM(name, text, detail, value) TRACE_##name,
	TRACE_KINDS(TRACE_ENUM)
#undef TRACE_ENUM
		TRACE_KIND_COUNT
};

struct trace_record {
	uint64_t time_ns; /* board's clock */
	uint64_t value;
	uint32_t detail;
	uint16_t vcpu; /* index in the system, TRACE_NOBODY or TRACE_WORK */
	uint8_t kind;
	uint8_t cpu;
};

struct trace_ring {
	uint32_t magic, version;
	uint32_t cpu, records; /* capacity, a power of two */
	uint32_t record_bytes, mode;
	uint64_t written; /* ever; the newest is at (written - 1) % records */
};

#define TRACE_RING_BYTES(records)                                                                  \
	(sizeof(struct trace_ring) + (records) * sizeof(struct trace_record))

/*
 * A trace file: this header, the system table as it lies in memory (names, parameters), then
 * `rings` rings, each TRACE_RING_BYTES(records).
 */
struct trace_file {
	uint32_t magic, version;
	uint32_t table_bytes; /* multiple of 8 */
	uint32_t rings;
};

#endif
