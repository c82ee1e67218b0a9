/* SPDX-License-Identifier: Apache-2.0 */
/* Unit: the rings of abi/trace.h in the memory that the table sets aside for them. */
#include "arch/arch.h"
#include "core/table.h"
#include "core/trace.h"
#include "core/unit.h"
#include "core/work.h"

/* struct trace_record as three stores. */
struct __attribute__((may_alias)) words {
	uint64_t time_ns, value, what;
};
_Static_assert(offsetof(struct trace_record, detail) == 16 &&
		       offsetof(struct trace_record, vcpu) == 20 &&
		       offsetof(struct trace_record, kind) == 22 &&
		       offsetof(struct trace_record, cpu) == 23 &&
		       sizeof(struct trace_record) == sizeof(struct words),
	       "trace_word() is a record's last word");

#define NS_PER_S UINT64_C(1000000000)

static struct tracer tracers[TABLE_MAX_CPUS];

static void store(struct tracer *t, uint64_t what, uint64_t value, ns_t now)
{
	struct trace_ring *ring = t->ring;
	uint64_t written = ring->written;
	struct words *to = (struct words *)(ring + 1) + (written & t->mask);

	to->time_ns = now;
	to->value = value;
	to->what = what;
	atomic_thread_fence(memory_order_release); /* somebody may look at the live ring */
	ring->written = ++written;
	if (written == t->stop)
		arch_this_cpu()->trace = NULL;
}

static void record(struct tracer *t, uint64_t what, uint64_t value)
{
	store(t, what | t->cpu, value, arch_ticks() * t->tick_ns);
}

/* For a timer whose tick is no whole number of ns. */
static void record_slowly(struct tracer *t, uint64_t what, uint64_t value)
{
	store(t, what | t->cpu, value, arch_now());
}

/* The names of these are in tool/trace_text.c. */
_Static_assert(EXIT_CAUSES == 8 && EXIT_FAULT == 7 && WAIT_STOP == 4, "names of causes");

static void observe(struct sched_cpu *c, struct sched_entity *e, enum sched_event what, ns_t when)
{
	static const uint8_t kinds[] = {
		[SCHED_EV_RELEASE] = TRACE_RELEASE,
		[SCHED_EV_BUDGET] = TRACE_BUDGET,
		[SCHED_EV_MISS] = TRACE_MISS,
		[SCHED_EV_WAKE] = TRACE_WAKE,
	};
	uint32_t vcpu;

	if (what == SCHED_EV_PLAN) {
		trace(TRACE_PLAN, TRACE_NOBODY, c->plan, when);
		return;
	}
	vcpu = e->kind == ENTITY_VCPU ? container_of(e, struct vcpu, entity)->index : TRACE_WORK;
	trace((enum trace_kind)kinds[what], vcpu, what == SCHED_EV_MISS ? e->late : 0, when);
	if (what == SCHED_EV_RELEASE)
		trace(TRACE_DEADLINE, vcpu, 0, e->due);
}

static void cpu_init(struct cpu *cpu)
{
	struct tracer *t = &tracers[cpu->index];
	paddr_t at = table->trace_phys + cpu->index * TRACE_RING_BYTES(table->trace_records);

	if (!table->trace_phys)
		return;
	t->ring = (struct trace_ring *)at;
	t->running = TRACE_NOBODY;
	t->mask = table->trace_records - 1;
	t->stop = table->trace_mode == TRACE_MODE_FIRST ? table->trace_records : 0;
	t->cpu = (uint64_t)cpu->index << 56;
	t->tick_ns = arch_ticks_to_ns(1);
	t->record = arch_ticks_to_ns(NS_PER_S) == NS_PER_S * t->tick_ns ? record : record_slowly;
	*t->ring = (struct trace_ring){
		.magic = TRACE_MAGIC,
		.version = TRACE_VERSION,
		.cpu = cpu->index,
		.records = table->trace_records,
		.record_bytes = sizeof(struct trace_record),
		.mode = table->trace_mode,
	};
	cpu->sched.observe = observe;
	cpu->trace = t;
}

static const struct unit trace_unit = {.name = "trace", .cpu_init = cpu_init};
UNIT(trace_unit);
