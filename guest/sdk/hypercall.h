/* SPDX-License-Identifier: Apache-2.0 */
/* Partita's own calls (abi/hypercall.h), for guests that also run where Partita is absent. */
#ifndef SDK_HYPERCALL_H
#define SDK_HYPERCALL_H

#include <stdbool.h>
#include "sbi.h"

static inline bool partita_present(void)
{
	return sbi_probe(HCALL_EXTENSION) != 0;
}

/* Index of this VM in the system file; 0 natively. */
static inline uint64_t vm_id(void)
{
	struct sbi_result result = sbi_call0(HCALL_EXTENSION, HCALL_VM_ID);

	return result.error == SBI_SUCCESS ? result.value : 0;
}

/* Sleeps until the next release; value: nominal release in ticks of `time`. */
static inline struct sbi_result wait_next_period(void)
{
	return sbi_call0(HCALL_EXTENSION, HCALL_WAIT_NEXT_PERIOD);
}

#endif
