/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual CPU. Belongs to its home CPU; other CPUs may only use the fields marked "any CPU" and
 * ask for the rest with vcpu_request().
 *
 * Ordering: a requester writes the fields that belong to the request, then sets the bit in
 * `requests` (release), then kicks; the owner takes the bits (acquire) and reads the fields.
 */
#ifndef HV_CORE_VCPU_H
#define HV_CORE_VCPU_H

#include <stdatomic.h>
#include "abi/table.h"
#include "arch_context.h"
#include "lib/types.h"
#include "sched/sched.h"

struct vm;
struct cpu;

enum vcpu_wait {
	WAIT_NOTHING,
	WAIT_INTERRUPT, /* WFI: any enabled interrupt ends it */
	WAIT_PERIOD,    /* only the next release ends it */
	WAIT_FENCE,     /* siblings on other CPUs acknowledge a remote fence */
	WAIT_STOP,      /* its VM is being stopped */
};

/* HSM states, with the numbers of SBI 2.0, 9.3. */
enum vcpu_power { VCPU_STARTED = 0, VCPU_STOPPED = 1, VCPU_START_PENDING = 2, VCPU_SUSPENDED = 4 };

/* Why the guest was left. */
enum exit_cause {
	EXIT_TIMER,    /* the hypervisor's own comparator */
	EXIT_EXTERNAL, /* an interrupt of the hypervisor's own */
	EXIT_PARKED,   /* a guest interrupt file of a sleeping vCPU */
	EXIT_SBI,
	EXIT_WFI,
	EXIT_MMIO,  /* emulated device register */
	EXIT_TRAP,  /* virtual instruction: privileged access told no */
	EXIT_FAULT, /* access outside the VM */
	EXIT_CAUSES
};

#define REQ_START  1u /* power is START_PENDING, start_entry and start_argument are set */
#define REQ_STOP   2u
#define REQ_LINES  4u    /* virtual interrupt lines may have changed */
#define REQ_FENCE  8u    /* siblings in fence_from wait for fence.i and a first-stage flush */
#define REQ_WAKE   16u   /* own remote fence is complete */
#define REQ_IPI    32u   /* a software interrupt */
#define REQ_DEVICE 64u   /* an emulated device's interrupt line may have changed */
#define REQ_MOVE   128u  /* move_to is set: leave for that CPU at the next period boundary */
#define REQ_ARRIVE 256u  /* it has left its former CPU for this one */
#define REQ_END    512u  /* service: stop, its VM goes on */
#define REQ_LAST   1024u /* vCPU 0: all of its VM have stopped */

struct vcpu {
	struct arch_vcpu arch; /* first: assembly */
	struct sched_entity entity;
	struct vm *vm;
	struct cpu *cpu;
	const struct table_vcpu *config;
	uint32_t index;  /* in the system */
	uint32_t number; /* in its VM: its hart id */
	enum vcpu_wait wait;
	ns_t wake_at;       /* with wait: its own timer */
	bool reset_pending; /* start_entry is to be applied before it runs */
	bool ending;        /* service: stopped, its reservation is held until its period is over */
	bool movable;       /* may run on more than one CPU */
	struct cpu *move_to; /* RT: where it goes at its next period boundary; NULL: stays */
	uint32_t exits[EXIT_CAUSES];
	/* any CPU: */
	_Atomic uint32_t requests;
	_Atomic uint32_t power;         /* enum vcpu_power */
	_Atomic uint32_t fence_from;    /* siblings (bit = number) that wait for this one */
	_Atomic uint32_t fence_missing; /* acknowledgements this one still waits for */
	_Atomic uint32_t service;       /* enum service_state (core/services.h) */
	struct vcpu *makes_room_for;    /* service: who may start when this one has moved */
	gpaddr_t start_entry;
	uint64_t start_argument, start_stack;
};

static inline bool vcpu_is_service(const struct vcpu *v)
{
	return v->config->flags & VCPU_SERVICE;
}

extern struct vcpu *vcpus;
extern uint32_t vcpu_count;

/* Any CPU. On the vCPU's own CPU it is carried out before the call returns. */
void vcpu_request(struct vcpu *v, uint32_t bits);
/* The same, but on its own CPU too by way of an interrupt: for whoever asks several vCPUs at once.
 */
void vcpu_request_later(struct vcpu *v, uint32_t bits);
/* Carries out what was requested, or passes it on if v has gone to another CPU meanwhile. */
void vcpu_handle_requests(struct vcpu *v);
/* Own CPU: carries out REQ_FENCE; set by unit smp. */
extern void (*vcpu_fence)(struct vcpu *v);
/* Own CPU, in dispatch: v has asked to sleep. */
void vcpu_fall_asleep(struct vcpu *v, ns_t now);
/* Own CPU, v current: will sleep. wake_at: its own timer's deadline or NS_NEVER. */
void vcpu_sleep(struct vcpu *v, enum vcpu_wait why, ns_t wake_at);
/* Own CPU: v has been chosen; whatever it slept for, it is awake now. */
void vcpu_awake(struct vcpu *v);
/* At start and for a service slot: the scheduler's view of v as configured; not known to a
 * scheduler yet. */
void vcpu_build_entity(struct vcpu *v);
/* Own CPU, v current: it waits for something that a sibling is to do (Zawrs): best effort gives the
 * rest of its slice to siblings that are ready, else to others. */
void vcpu_pass(struct vcpu *v);
/* v has been claimed by `cpu`: it is that one's own from now on. */
void vcpu_come(struct vcpu *v, struct cpu *cpu);
/* Own CPU: leaves for v->move_to if it is at a period boundary. */
void vcpu_move(struct vcpu *v);
/* Own CPU: v runs no more until it is started. */
void vcpu_stop(struct vcpu *v);
/* Own CPU: ends a sleep of kind `why`; no effect otherwise. */
void vcpu_wake(struct vcpu *v, enum vcpu_wait why);

#endif
