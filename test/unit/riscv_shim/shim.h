/* SPDX-License-Identifier: Apache-2.0 */
/* RISC-V's portable C on registers that are variables, and guest memory behind the real second
 * stage. */
#ifndef UNIT_SHIM_H
#define UNIT_SHIM_H

#include "host.h"
#include "riscv.h"

extern uint64_t shim_csrs[8][4096]; /* by CPU index */
extern uint32_t shim_fences[8][SHIM_FENCES];

/* Registers as after power-on. */
void shim_reset(void);
/* v becomes current on its CPU and its registers are loaded. */
void shim_make_current(struct vcpu *v);
/* An exit of the current vCPU: sepc = pc. */
void shim_at(uint64_t pc);
/* Where gpa of the loaded VM lies, for an access that needs `rights` (PTE bits R 2, W 4, X 8);
 * NULL: fault. */
void *shim_walk(uint64_t hgatp, gpaddr_t gpa, uint64_t rights);

/* One SBI call by v: error in the result, value behind `value` if not NULL. */
struct shim_call {
	uint64_t extension, function, a[3];
};
long shim_sbi(struct vcpu *v, struct shim_call call, uint64_t *value);

#endif
