/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: whether the reservations of a CPU can all be kept, and on which CPU a new one has room.
 * The same source serves `partita check`, the start of the hypervisor, and HCALL_SERVICE_CREATE.
 * No allocation, no recursion; long tests are cut into steps. Every rounding is against the
 * requester.
 */
#ifndef HV_SCHED_ADMIT_H
#define HV_SCHED_ADMIT_H

#include "lib/types.h"

#define ADMIT_MAX_CPUS   8u
#define ADMIT_POINTS     4096u /* of one request; then ADMIT_LIMIT */
#define ADMIT_NOBODY     UINT32_MAX

/* policy: numbers of abi/table.h (1 EDF, 2 fixed priority, 3 time table: not tested here) */
struct admit_cpu {
	uint32_t policy;
	uint32_t best_effort_ppm; /* share kept for best effort */
};

struct admit_task {
	ns_t capacity, period, deadline; /* period 0: nobody */
	uint32_t priority, server;       /* fixed priority */
	uint32_t cpu;
	bool movable; /* may be re-placed on another CPU of the same policy */
	uint32_t cpus; /* bit a CPU: where it may be */
};

struct admit_system {
	const struct admit_cpu *cpus;
	const struct admit_task *tasks;
	uint32_t cpu_count, task_count;
	ns_t overhead; /* added to every capacity: what the hypervisor itself takes per release */
};

enum admit_answer { ADMIT_MORE, ADMIT_YES, ADMIT_NO };

/* Numbers of HCALL_REFUSED_* (abi/hypercall.h). */
enum admit_reason { ADMIT_FITS = 0, ADMIT_CPU = 5, ADMIT_DEADLINE = 6, ADMIT_LIMIT = 7 };

struct admit_run; /* defined below by its author; resumable, no pointers into the stack */
