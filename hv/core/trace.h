/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace hooks. A hook is one load and one branch while tracing is off (struct cpu.trace is NULL:
 * the image is without unit `trace`, or its system file has no `trace:`), at most 40 instructions a
 * record while it is on, and nothing when built with HV_EXTRA=-DNO_TRACE. Records: abi/trace.h.
 *
 * A ring belongs to its CPU alone, so no lock. The clock is read inside: the records of a ring are
 * in the order of their times.
 */
#ifndef HV_CORE_TRACE_H
#define HV_CORE_TRACE_H

#include "abi/trace.h"
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/vcpu.h"

struct tracer {
	/* what: trace_word() */
	void (*record)(struct tracer *t, uint64_t what, uint64_t value);
	struct trace_ring *ring;
	uint32_t running; /* who has the CPU: vcpu of the last TRACE_SWITCH */
	uint64_t tick_ns; /* of arch_ticks() */
	uint64_t mask;    /* records - 1 */
	uint64_t stop;    /* mode first: the count at which it is full; 0: never */
	uint64_t cpu;     /* bits of the record's last word */
};

/* The last eight bytes of struct trace_record but for the CPU. */
static inline uint64_t trace_word(enum trace_kind kind, uint32_t vcpu, uint32_t detail)
{
	return (uint64_t)kind << 48 | (uint64_t)vcpu << 32 | detail;
}

/* This CPU. vcpu: index in the system, TRACE_NOBODY or TRACE_WORK. */
static inline __attribute__((always_inline)) void trace(enum trace_kind kind, uint32_t vcpu,
							uint32_t detail, uint64_t value)
{
#ifndef NO_TRACE
	struct tracer *t = arch_this_cpu()->trace;

	if (unlikely(t != NULL))
		t->record(t, trace_word(kind, vcpu, detail), value);
#else
	(void)kind, (void)vcpu, (void)detail, (void)value;
#endif
}

/* This CPU: is vcpu's from now on. No record if it was so already. */
static inline void trace_switch(uint32_t vcpu)
{
#ifndef NO_TRACE
	struct tracer *t = arch_this_cpu()->trace;

	if (unlikely(t != NULL) && t->running != vcpu) {
		uint32_t before = t->running;

		t->running = vcpu;
		t->record(t, trace_word(TRACE_SWITCH, vcpu, before), 0);
	}
#else
	(void)vcpu;
#endif
}

/* This CPU: an interrupt of the hypervisor's own came. */
static inline void trace_interrupt(const struct cpu *cpu, uint32_t identity)
{
#ifndef NO_TRACE
	if (unlikely(cpu->trace != NULL))
		trace(TRACE_INTERRUPT, cpu->current ? cpu->current->index : TRACE_NOBODY, identity,
		      0);
#else
	(void)cpu, (void)identity;
#endif
}

/* This CPU: v's guest was left for this reason. */
static inline void trace_exit(struct vcpu *v, enum exit_cause cause)
{
	v->exits[cause]++;
	trace(TRACE_EXIT, v->index, cause, 0);
}

#endif
