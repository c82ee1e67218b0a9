/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RISCV64_OWN_MAP_H
#define RISCV64_OWN_MAP_H

#define STACK_BYTES     4096ul
#define OWN_TABLE_PAGES 4u

/* Takes the hypervisor's tables and stacks out of the pool. */
void riscv_own_map_reserve(void);

#endif
