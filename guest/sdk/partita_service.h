/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real-time services: functions of a guest that Partita schedules, each in a reservation of its own
 * (docs/services.md). There is no scheduler in here and none is needed: a service is a plain
 * function with one argument on a stack of its own; it works, then calls
 * service_wait_next_period(). When its function returns, the service ends.
 *
 * Services and harts of a VM share its memory. A service that waits for a lock held by a
 * best-effort hart waits until that hart gets the CPU: exchange data through exchange.h instead.
 *
 * A service takes no interrupts and uses no floating point unless it switches them on itself. Its
 * exceptions end it, with a line on the console, and only it.
 */
#ifndef SDK_PARTITA_SERVICE_H
#define SDK_PARTITA_SERVICE_H

#include <stddef.h>
#include <stdint.h>
#include "hypercall.h"

/* The same for all services of a guest and its SDK: -DSERVICE_STACK_BYTES=... */
#ifndef SERVICE_STACK_BYTES
#define SERVICE_STACK_BYTES 2048
#endif
#define SERVICE_TRAP_STACK_BYTES 768

struct service;

/*
 * What a service wants to be told, in its own context and at the cost of its own time: from within
 * service_wait_next_period(), of what has happened since the call before.
 */
struct service_hooks {
	/* Jobs that ended late or never began. */
	void (*on_miss)(struct service *self, uint64_t misses);
	/* How often the capacity was used up. */
	void (*on_overrun)(struct service *self, uint64_t overruns);
	/* An exception ends it after this. */
	void (*on_fault)(struct service *self, uint64_t cause, uint64_t pc, uint64_t value);
};

struct service {
	void (*function)(void *argument);
	void *argument;
	const struct service_hooks *hooks; /* NULL: none; set before it starts */
	/* Read them from anywhere; the service alone writes. */
	uint64_t number;                 /* in its VM */
	uint64_t period_ns, deadline_ns; /* as Partita has them */
	uint64_t release_ns;             /* start of the present period */
	uint64_t misses;                 /* since it was started */
	uint64_t overruns;               /* as told by Partita at the last wait */
	uint64_t late;                   /* the same: periods served beyond their deadline */
	uint64_t traps;
};

/*
 * A service's stacks and state: static, one for each service that is registered or created at the
 * same time. service-entry.S relies on the trap stack's being right below the state.
 */
struct service_space {
	uint64_t stack[SERVICE_STACK_BYTES / 8] __attribute__((aligned(16)));
	uint64_t trap_stack[SERVICE_TRAP_STACK_BYTES / 8];
	struct service self;
};

_Static_assert(offsetof(struct service_space, trap_stack) % 16 == 0 &&
		       offsetof(struct service_space, self) % 16 == 0,
	       "both are tops of stacks, which are aligned to 16 bytes");

/* What a request was answered. */
struct service_answer {
	int64_t error;   /* SBI_* of abi/hypercall.h */
	uint64_t number; /* of the service, if there is no error */
	uint64_t reason; /* HCALL_REFUSED_*, if the error is SBI_ERR_DENIED; 0: no right */
	uint64_t figure; /* belongs to the reason */
};

/*
 * Gives a service of the system file its code. With `start: at-boot` it starts, with `on-request`
 * it is ready to be launched. Only from a hart of its VM; SBI error.
 */
int64_t service_register(uint64_t number, void (*function)(void *), void *argument,
			 struct service_space *space);

/*
 * Asks for a new service; service_launch() starts it. Partita tests whether everything promised so
 * far still holds. `space` must not belong to another service.
 */
struct service_answer service_create(void (*function)(void *), void *argument,
				     struct service_space *space, uint64_t capacity_ns,
				     uint64_t period_ns, uint64_t deadline_ns);

/* The answer in words, with the figure; the buffer. */
const char *service_explain(const struct service_answer *answer, char *buffer, size_t size);

/* `vm` is HCALL_SELF or a VM whose services this one may start; SBI error. */
static inline int64_t service_launch(uint64_t vm, uint64_t number)
{
	return sbi_call3(HCALL_EXTENSION, HCALL_SERVICE_LAUNCH, vm, number, 0).error;
}

/*
 * Stops it. A created one is gone, one of the system file can be launched again. What has run goes
 * on counting, and its stack may be in use, until its present period is over: see its status.
 */
static inline int64_t service_delete(uint64_t vm, uint64_t number)
{
	return sbi_call3(HCALL_EXTENSION, HCALL_SERVICE_DELETE, vm, number, 0).error;
}

/* HCALL_STATUS_* of a service. */
static inline struct sbi_result service_status(uint64_t vm, uint64_t number, uint64_t what)
{
	return sbi_call3(HCALL_EXTENSION, HCALL_SERVICE_STATUS, vm, number, what);
}

/* "empty", "ready", "running", "moving". */
const char *service_state_name(uint64_t state);

/* From now on nobody in this VM can create a service; until the VM is restarted. */
static inline int64_t service_registration_end(void)
{
	return sbi_call0(HCALL_EXTENSION, HCALL_REGISTRATION_END).error;
}

/* The rest is for services. */

/* The one that runs this; from a service only. */
static inline struct service *service_self(void)
{
	struct service *self;

	__asm__("mv %0, tp" : "=r"(self));
	return self;
}

/*
 * The job of this period is done: tells the hooks, sleeps until the next release and returns that,
 * in ticks of `time`. What is left of the capacity is not saved.
 */
uint64_t service_wait_next_period(void);

/* Ends the calling service, as returning from its function does. */
_Noreturn void service_end(void);

#endif
