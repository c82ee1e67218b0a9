/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traps of a small guest: every trap runs on a stack of its own (sscratch), so that a guest which
 * has lost its stack pointer can still recover. Traps do not nest; a trap in a handler ends the VM.
 */
#ifndef SDK_TRAP_H
#define SDK_TRAP_H

#define TRAP_PC     0 /* x0 is never stored: its place holds sepc */
#define TRAP_STATUS 32
#define TRAP_CAUSE  33
#define TRAP_VALUE  34
#define TRAP_WORDS  36

#define GUARD_WORDS 15 /* ra, sp, tp, s0-s11 */

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

struct trap_frame {
	union {
		uint64_t pc;
		uint64_t x[32];
	};
	uint64_t status;
	uint64_t cause;
	uint64_t value;
	uint64_t unused_alignment;
};

struct fault {
	uint64_t cause;
	uint64_t pc;
	uint64_t value;
};

/* What handles an interrupt, or an exception outside guarded(); NULL: report and shut down. */
extern void (*trap_hook)(struct trap_frame *frame);

/*
 * Runs function(a, b). An exception inside abandons it: returns false and says which. Also survives
 * a function that destroys every register. One hart only.
 */
bool guarded(uint64_t (*function)(uint64_t a, uint64_t b), uint64_t a, uint64_t b, uint64_t *result,
	     struct fault *fault);

/* From a trap_hook: the guarded function that was interrupted is abandoned as by an exception. */
bool guard_abandon(struct trap_frame *frame);

#endif /* __ASSEMBLER__ */
#endif
