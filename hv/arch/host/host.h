/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fake architecture: the core as an ordinary process. One thread plays all CPUs in turn; time
 * stands still unless host_now is set. A physical address is a pointer of the process.
 */
#ifndef ARCH_HOST_HOST_H
#define ARCH_HOST_HOST_H

#include <setjmp.h>
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/vcpu.h"

#define HOST_MAX_MSIS 64u

struct host_msi {
	struct vcpu *to;
	uint32_t identity;
};

struct host_cpu_state {
	ns_t timer;             /* comparator, NS_NEVER: off */
	bool kicked;            /* an interrupt for cpu_handle_kick() is pending */
	bool kicked_later;      /* one that does not disturb a real-time vCPU */
	uint32_t files_pending; /* guest files with an interrupt */
};

extern ns_t host_now;
extern struct host_cpu_state host_cpus[8]; /* by index */
extern struct host_msi host_msis[HOST_MAX_MSIS];
extern uint32_t host_msi_count;   /* may pass HOST_MAX_MSIS; the rest is not recorded */
extern const char *host_panicked; /* what the last panic said */
extern bool host_is_off;
/* What another CPU does just before this one looks at its interrupts; called once. */
extern void (*host_on_poll)(void);

/* Once for every start: clock, comparators, recordings as after power-on. */
void host_reset(void);
/* What ends inside (panic, system off, idle for ever, start done) comes back here. */
enum host_end { HOST_RETURNED, HOST_PANIC, HOST_OFF, HOST_IDLE, HOST_STARTED };
enum host_end host_call(void (*call)(void *), void *argument);

/* What assembly does around a dispatch: v's general registers. By the architecture. */
void host_leave(struct vcpu *v);
void host_enter(struct vcpu *v);
/* cpu dispatches until a vCPU is chosen: returned, or NULL when the CPU would sleep. */
struct vcpu *host_run(struct cpu *cpu);
/* Whether a kick is pending that cpu would take now. */
bool host_has_kick(const struct cpu *cpu);
/* cpu takes the kick that is pending, if any, as it would from within a guest. */
void host_take_kick(struct cpu *cpu);
/* Where gpa of vm lies, or NULL if not all of [gpa, gpa + bytes) is memory of vm. */
void *host_memory(const struct vm *vm, gpaddr_t gpa, uint64_t bytes);

#endif
