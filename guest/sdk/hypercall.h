/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partita's own calls (abi/hypercall.h), for guests that also run where Partita is absent: those
 * that answer a bare value answer 0 there. Services have their own header, partita_service.h.
 */
#ifndef SDK_HYPERCALL_H
#define SDK_HYPERCALL_H

#include <stdbool.h>
#include "sbi.h"

#define VM_NAME_BYTES 24
#define VM_NOT_FOUND  UINT64_MAX

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

/* HCALL_INFO_* of a VM, or of HCALL_SELF. */
static inline struct sbi_result vm_info(uint64_t vm, uint64_t what)
{
	return sbi_call3(HCALL_EXTENSION, HCALL_VM_INFO, vm, what, 0);
}

/* Its name, terminated; empty: there is no such VM. */
void vm_name(uint64_t vm, char name[VM_NAME_BYTES + 1]);

/* Index of the VM of that name, or VM_NOT_FOUND. */
uint64_t vm_find(const char *name);

/* HCALL_STATUS_* of the calling vCPU, in ns where it is a time. */
static inline uint64_t hcall_query(uint64_t what)
{
	struct sbi_result result = sbi_call3(HCALL_EXTENSION, HCALL_QUERY, what, 0, 0);

	return result.error == SBI_SUCCESS ? result.value : 0;
}

/* What the calling vCPU may still run in its present period. */
static inline uint64_t budget_left_ns(void)
{
	return hcall_query(HCALL_STATUS_BUDGET);
}

/* The clock of the board, which goes on while a VM with `time: virtual` does not run. */
static inline uint64_t absolute_time_ns(void)
{
	return hcall_query(HCALL_STATUS_TIME);
}

/* Asks for another plan of the CPUs with a time table; SBI error. */
static inline int64_t plan_request(uint64_t plan)
{
	return sbi_call3(HCALL_EXTENSION, HCALL_PLAN, plan, 0, 0).error;
}

#endif
