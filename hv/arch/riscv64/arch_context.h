/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's registers on RISC-V. Offsets reach entry.S through asm_offsets.c. */
#ifndef RISCV64_ARCH_CONTEXT_H
#define RISCV64_ARCH_CONTEXT_H

#include "lib/types.h"

struct cpu;

struct arch_vcpu {
	uint64_t x[32]; /* general registers; x[0] is unused */
	struct cpu *cpu;
	uint64_t pc, sstatus, hstatus; /* saved when the fast return is not taken */
	/* saved and loaded with the whole vCPU: */
	uint64_t vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp, vsiselect;
	uint64_t vstimecmp, hvip, scounteren, senvcfg;
	uint64_t htimedelta; /* less than 0 with virtual time */
	/* constant since start: */
	uint64_t hgatp, henvcfg, hstateen0;
	/* guest file of a vCPU that may run on several harts: its set-up, and its leaf in the
	 * second stage */
	uint32_t eidelivery, eithreshold;
	uint64_t eie[4];
	uint64_t *file_leaf;
	bool has_fp, has_file, fp_dirty, flush;
	bool fp_used; /* since its reset; else its registers are all 0 */
	bool virtual_time;
	uint64_t f[32];
	uint64_t fcsr;
};

#endif
