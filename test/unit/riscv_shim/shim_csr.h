/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Included before everything else: numbers and fields of the real csr.h, but reading and writing a
 * register is a function of the shim.
 */
#ifndef SHIM_CSR_H
#define SHIM_CSR_H

#include <stdint.h>

#define __ASSEMBLER__
#include "hv/arch/riscv64/csr.h"
#undef __ASSEMBLER__

uint64_t shim_csr_read(unsigned csr);
void shim_csr_write(unsigned csr, uint64_t value);
uint64_t shim_csr_swap(unsigned csr, uint64_t value);
void shim_fence(unsigned kind);

enum { SHIM_HFENCE_VVMA, SHIM_HFENCE_GVMA, SHIM_FENCE_I, SHIM_FENCES };

#define csr_read(csr)         shim_csr_read(csr)
#define csr_write(csr, value) shim_csr_write(csr, (uint64_t)(value))
#define csr_set(csr, bits)    shim_csr_write(csr, shim_csr_read(csr) | (uint64_t)(bits))
#define csr_clear(csr, bits)  shim_csr_write(csr, shim_csr_read(csr) & ~(uint64_t)(bits))
#define csr_swap(csr, value)  shim_csr_swap(csr, (uint64_t)(value))
#define hfence_vvma_all()     shim_fence(SHIM_HFENCE_VVMA)
#define hfence_gvma_all()     shim_fence(SHIM_HFENCE_GVMA)
#define fence_i()             shim_fence(SHIM_FENCE_I)

#endif
