/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation's trace: the records that the hypervisor would write, as far as it has what they
 * tell of. */
#include "plan.h"
#include "sim.h"
#include "table_write.h"
#include "trace_file.h"

#include <errno.h>
#include <string.h>

struct sim_log {
	struct trace_log *records;
};

bool sim_log_start(struct sim *sim, struct system *system)
{
	static struct sim_log log;
	struct plan plan = {0};
	uint32_t bytes;

	if (!hv_link(&plan.hv, system, NULL, false))
		hv_estimate(&plan.hv, system->board, plan.hv.why);
	plan_make(&plan, system);
	if (system->diag.errors)
		return false;
	log.records = trace_log_new(
		(const struct table_header *)(const void *)table_make(&plan, system, &bytes));
	sim->log = &log;
	return true;
}

void sim_log_add(struct sim *sim, uint32_t cpu, const struct sim_vcpu *v, uint8_t kind,
		 uint32_t detail, uint64_t value)
{
	struct trace_record record = {.time_ns = sim->now - sim->base,
				      .value = value,
				      .detail = detail,
				      .vcpu = (uint16_t)(v ? v->entry.index : TRACE_NOBODY),
				      .kind = kind,
				      .cpu = (uint8_t)cpu};

	trace_log_add(sim->log->records, &record);
}

void sim_log_switch(struct sim *sim, uint32_t cpu, const struct sim_vcpu *before,
		    const struct sim_vcpu *v)
{
	sim_log_add(sim, cpu, v, TRACE_SWITCH, before ? before->entry.index : TRACE_NOBODY, 0);
}

bool sim_log_write(struct sim *sim, const char *path)
{
	if (trace_log_write(sim->log->records, path))
		return true;
	fprintf(stderr, "partita: cannot write '%s': %s\n", path, strerror(errno));
	return false;
}
