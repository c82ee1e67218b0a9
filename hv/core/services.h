/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real-time services: RT-vCPUs in a VM's own space that guests register or create, launch and
 * delete at run time (mission.md, RT-1 to RT-4; the model's RT-VM and ADU style). Unit: linked when
 * a VM has service slots.
 *
 * Ordering: a slot is taken and given by compare-and-exchange of vcpu.service; whoever made it
 * SERVICE_TAKEN writes its fields. Reservations of all CPUs are in one array that a committer
 * changes under a flag nobody waits for; `changes` tells a test that it was overtaken.
 */
#ifndef HV_CORE_SERVICES_H
#define HV_CORE_SERVICES_H

#include <stdatomic.h>
#include "lib/types.h"
#include "sched/admit.h"

struct vcpu;
struct vm;

enum service_state {
	SERVICE_EMPTY,
	SERVICE_TAKEN,    /* between states, by one CPU */
	SERVICE_READY,    /* has code and a reservation, does not run */
	SERVICE_RUNNING,  /* start is requested, or it runs */
	SERVICE_STOPPING, /* end is requested */
	SERVICE_MOVING,   /* as ready, but another one must move first */
	SERVICE_MOVING_LAUNCHED,
	SERVICE_LEAVING, /* deleted, its place is free when the other one has moved */
};

enum { SERVICES_BEGIN, SERVICES_TEST, SERVICES_COMMIT };

/* Of a VM with service slots. */
struct vm_services {
	struct admit_run run;
	const struct vcpu *creator; /* whose call the run is for */
	ns_t last_step;             /* when it was here last */
	uint32_t run_changes, restarts;
	_Atomic uint32_t busy; /* a CPU is in here: for one step */
	bool running, closed;
	uint8_t phase; /* SERVICES_*, while running: what the next step is, a stretch of its own */
	_Atomic uint32_t share_ppm; /* of its RT-vCPUs so far */
	ns_t registration_end;      /* NS_NEVER: never */
};

struct hcall_result {
	long error; /* SBI_*; HCALL_AGAIN: not finished, the guest is to make the same call again */
	uint64_t value;
};
#define HCALL_AGAIN (-1000000L)

struct services_ops {
	/* A call of abi/hypercall.h that concerns services; v current. */
	struct hcall_result (*call)(struct vcpu *v, uint64_t function, const uint64_t *args);
	/* Own CPU: v stops; gone: with its VM. */
	void (*stop)(struct vcpu *v, bool gone);
	/* Own CPU: the server period in which v was stopped is over. */
	void (*ended)(struct vcpu *v);
	/* Own CPU: v has arrived on another CPU. */
	void (*arrived)(struct vcpu *v);
	/* The VM starts. */
	void (*begin)(struct vm *vm, ns_t now);
};

extern const struct services_ops *services; /* NULL: no service slots in this system */

/* core/hypercall.c: Partita's own calls. args: six. */
struct hcall_result hypercall(struct vcpu *v, uint64_t function, const uint64_t *args);
/* HCALL_STATUS_* of any vCPU, false: no such. */
bool hypercall_status(const struct vcpu *v, uint64_t what, uint64_t *value);

/* core/admission.c: the reservations of all CPUs. */
extern struct admit_system admission;
extern struct admit_task *admission_tasks; /* indexed like vcpus */
/* At start, once vCPUs are built: fills both and checks every CPU; panics if a promise of the table
 * cannot be kept. */
void admission_init(void);

#endif
