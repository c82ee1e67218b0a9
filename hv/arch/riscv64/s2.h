/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RISCV64_S2_H
#define RISCV64_S2_H

#define GUEST_IMSIC_BASE 0x28000000ul /* where guests see their interrupt files, 4 KiB a vCPU */

/* Takes the second-stage tables' memory out of the pool. First allocation: they are not mapped
 * later. */
void riscv_s2_reserve(void);

#endif
