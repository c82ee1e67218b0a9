/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Housekeeping: the hypervisor's own long work (console, restart of VMs), cut into bounded steps
 * and scheduled on CPU 0 as one best-effort entity among the vCPUs.
 */
#ifndef HV_CORE_WORK_H
#define HV_CORE_WORK_H

#include "lib/types.h"

struct cpu;

enum entity_kind { ENTITY_VCPU, ENTITY_WORK };

/* CPU 0, at start. */
void work_start(struct cpu *cpu);
/* CPU 0: whether it waits for the CPU or runs. */
bool work_is_ready(void);
/* CPU 0: one step of each kind; goes to sleep when there is nothing left to do. */
void work_step(void);
/* CPU 0, in dispatch, after work_wake(): becomes ready. */
void work_dispatch(ns_t now);
/* There is something to do. work_wake() on CPU 0, work_request() on any. */
void work_wake(void);
void work_request(void);

#endif
