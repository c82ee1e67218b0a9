/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arch.h"
#include "core/pool.h"
#include "core/services.h"
#include "core/table.h"
#include "core/vcpu.h"

static struct admit_cpu admit_cpus[TABLE_MAX_CPUS];

struct admit_system admission;
struct admit_task *admission_tasks;

static void fill(uint32_t index)
{
	const struct table_vcpu *c = table_vcpu(index);

	admission_tasks[index] = (struct admit_task){
		.capacity = c->capacity_ns,
		.period = c->period_ns,
		.deadline = c->deadline_ns,
		.priority = c->priority,
		.server = c->server,
		.cpu = c->cpu,
		.cpus = c->cpus,
		.movable = c->flags & VCPU_SERVICE && c->cpus & (c->cpus - 1),
	};
}

void admission_init(void)
{
	struct admit_run run;

	admission_tasks = pool_take(table->vcpus.count * sizeof(struct admit_task), 64);
	for (uint32_t i = 0; i < table->vcpus.count; i++)
		fill(i);
	for (uint32_t i = 0; i < table->cpus.count; i++)
		admit_cpus[i] =
			(struct admit_cpu){table_cpu(i)->policy, table_cpu(i)->best_effort_ppm};
	admission = (struct admit_system){.cpus = admit_cpus,
					  .tasks = admission_tasks,
					  .cpu_count = table->cpus.count,
					  .task_count = table->vcpus.count,
					  .overhead = table->overhead_ns};
	if (!admit_all(&run, &admission))
		panic("the reservations do not fit CPU", run.cpu);
}
