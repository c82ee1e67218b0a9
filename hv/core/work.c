/* SPDX-License-Identifier: Apache-2.0 */
#include "core/work.h"
#include "arch/arch.h"
#include "core/console.h"
#include "core/cpu.h"
#include "core/restart.h"

#define WORK_SLICE_NS 1000000u

static struct sched_entity entity = {
	.kind = ENTITY_WORK,
	.queue = SCHED_BE,
	.priority = 1, /* in turns with guests of the highest priority: no guest can hold it up */
	.slice = WORK_SLICE_NS,
	.id = SCHED_MAX_BE - 1,
	.cpus = 1,
};

void work_start(struct cpu *cpu)
{
	sched_join(cpu->sched.shared, &entity);
	sched_start(&cpu->sched, &entity, arch_now());
}

void work_step(void)
{
	bool more = console_step();

	if (restart)
		more |= restart->step();
	if (!more)
		sched_block(&cpus[0].sched, &entity, NS_NEVER, arch_now());
}

bool work_is_ready(void)
{
	return entity.state == SCHED_READY;
}

/* The scheduler hears of it in the dispatch that follows. */
void work_wake(void)
{
	if (entity.state == SCHED_BLOCKED) {
		cpus[0].work_wanted = true;
		cpus[0].resched = true;
	}
}

void work_dispatch(ns_t now)
{
	cpus[0].work_wanted = false;
	sched_wake(&cpus[0].sched, &entity, now);
}

void work_request(void)
{
	if (arch_this_cpu() == &cpus[0])
		work_wake();
	else
		cpu_request(&cpus[0], CPU_REQ_WORK);
}
