/* SPDX-License-Identifier: Apache-2.0 */
#include "csr.h"

	.text
/* uint64_t user_enter(pc, a0): goes to user mode; only an exception comes back. */
	.globl	user_enter
user_enter:
	li	t0, SSTATUS_SPP
	csrc	sstatus, t0
	csrw	sepc, a0
	mv	a0, a1
	sret
