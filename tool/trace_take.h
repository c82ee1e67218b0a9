/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the trace rings out of a machine. Its memory is a file without a name that QEMU and this
 * program share: so the machine is not asked, stopped or slowed, and whatever way QEMU ends, killed
 * too, what was recorded is there.
 */
#ifndef TOOL_TRACE_TAKE_H
#define TOOL_TRACE_TAKE_H

#include "machine.h"
#include "table.h"

struct trace_take {
	const char *subject;              /* the image or system file as the user named it */
	const char *path;                 /* of the trace file to be written */
	const struct table_header *table; /* of the image that runs; passed trace_table_check() */
	uint64_t for_ns;                  /* the machine ends when its clock is past this; 0: not */
	int memory;
};

/* Before machine_run(): gives the machine its memory. Messages printed; an exit code. */
int trace_take_prepare(struct trace_take *take, struct machine *machine);
/* After it. */
int trace_take_write(struct trace_take *take);

#endif
