/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the hypervisor's own, given out at start from the range that the table names. */
#ifndef HV_CORE_POOL_H
#define HV_CORE_POOL_H

#include "lib/types.h"

void pool_init(paddr_t start, uint64_t bytes);
/* Zeroed memory, aligned (power of two). Panics when the tool has counted wrongly. At start only.
 */
void *pool_take(uint64_t bytes, uint64_t align);
/* First byte not given out yet. */
paddr_t pool_next(void);

#endif
