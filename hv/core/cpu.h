/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A physical CPU. Everything here belongs to its CPU alone, except `kicked` and `requests`, which
 * any CPU may set (atomic or, then arch_kick()) and only the owner clears.
 */
#ifndef HV_CORE_CPU_H
#define HV_CORE_CPU_H

#include <stdatomic.h>
#include "lib/types.h"
#include "sched/sched.h"

struct vcpu;
struct tracer;

#define CPU_MAX_FILES 8u /* guest interrupt files of a hart, file 0 is the hypervisor's own */

struct cpu {
	struct vcpu *current; /* in the guest now; NULL inside dispatch. Offset known to assembly */
	uint64_t stack_top;   /* Offset known to assembly */
	struct vcpu *loaded;  /* whose registers the CPU holds */
	struct vcpu *fp_owner; /* whose floating-point registers the CPU holds; NULL: nobody's */
	bool fp_zero;          /* they are as after a reset */
	uint32_t index, hart_id;
	struct sched_cpu sched;
	bool resched;         /* the choice may have changed: leave the fast path */
	bool work_wanted;     /* housekeeping is to become ready at the next dispatch */
	bool single;          /* one vCPU lives here and no other can come */
	struct tracer *trace; /* NULL: off (core/trace.h) */
	/* Sleeping vCPUs whose guest file can wake them, a bit a file, by queue. */
	uint32_t parked[SCHED_QUEUES];
	struct vcpu *files[CPU_MAX_FILES];
	uint32_t masked_for_rt; /* external interrupts other than kicks are held back now */
	_Atomic uint64_t kicked[SCHED_QUEUES]; /* vCPUs (by global index) with requests */
	_Atomic uint32_t requests;             /* CPU_REQ_* */
	_Atomic uint32_t departed;             /* guest files whose vCPU has gone to another CPU */
};

#define CPU_REQ_WORK     1u /* housekeeping has something to do */
#define CPU_REQ_CHOOSE   2u /* somebody became ready whom this CPU would run */
#define CPU_REQ_DEPARTED 4u /* `departed` has news */

extern struct cpu *cpus; /* indexed like table.cpus */
extern uint32_t cpu_count;
extern struct sched_shared best_effort;

/* Any CPU: have `cpu` look at its requests soon. */
void cpu_request(struct cpu *cpu, uint32_t bits);
/*
 * Own CPU, on a kick for vCPUs of this queue: handles the requests of one, kicks itself again for
 * the rest. Real-time and best effort are apart, so that the latter never costs the former
 * anything.
 */
void cpu_handle_kick(struct cpu *cpu, enum sched_queue_id queue);
/* Own CPU: handles interrupts of the hypervisor's own, one at a time, each a stretch of its own. */
void cpu_look(struct cpu *cpu);
/*
 * Own CPU: chooses the next vCPU, idling and running work items meanwhile, and loads it. `before`
 * was current (NULL at start); its general registers are in its context. Called by the exit path
 * when the fast return is not taken.
 */
struct vcpu *cpu_dispatch(struct vcpu *before);

#endif
