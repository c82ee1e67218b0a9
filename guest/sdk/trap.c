/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include "csr.h"
#include "print.h"
#include "sbi.h"
#include "trap.h"

_Static_assert(sizeof(struct trap_frame) == TRAP_WORDS * 8, "trap-entry.S stores this frame");

void (*trap_hook)(struct trap_frame *frame);

uint64_t guard_saved[GUARD_WORDS];
static volatile bool guard_active;
static struct fault guard_fault;

uint64_t guard_enter(uint64_t (*function)(uint64_t, uint64_t), uint64_t a, uint64_t b);
void guard_resume(void);
void trap_dispatch(struct trap_frame *frame);
void trap_nested(void);

bool guarded(uint64_t (*function)(uint64_t, uint64_t), uint64_t a, uint64_t b, uint64_t *result,
	     struct fault *fault)
{
	bool survived;
	uint64_t value;

	guard_active = true;
	value = guard_enter(function, a, b);
	survived = guard_active;
	guard_active = false;
	if (survived && result)
		*result = value;
	if (!survived && fault)
		*fault = guard_fault;
	return survived;
}

bool guard_abandon(struct trap_frame *frame)
{
	if (!guard_active)
		return false;
	guard_active = false;
	guard_fault = (struct fault){.cause = frame->cause, .pc = frame->pc, .value = frame->value};
	frame->pc = (uint64_t)guard_resume;
	frame->status |= SSTATUS_SPP;
	frame->status &= ~(uint64_t)SSTATUS_SPIE;
	return true;
}

static void report(const char *what, uint64_t cause, uint64_t pc, uint64_t value)
{
	print("%s: cause %lx pc %lx value %lx\n", what, cause, pc, value);
	shutdown();
}

void trap_dispatch(struct trap_frame *frame)
{
	if (!(frame->cause & CAUSE_INTERRUPT) && guard_abandon(frame))
		return;
	if (trap_hook)
		trap_hook(frame);
	else
		report("unexpected trap", frame->cause, frame->pc, frame->value);
}

void trap_nested(void)
{
	report("trap in a trap handler", csr_read(scause), csr_read(sepc), csr_read(stval));
}
