/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the firmware, which under Partita is Partita (SBI 2.0). */
#ifndef SDK_SBI_H
#define SDK_SBI_H

#include <stdint.h>
#include "../../abi/hypercall.h"

#define SBI_BASE   0x10
#define SBI_TIME   0x54494d45
#define SBI_IPI    0x735049
#define SBI_RFENCE 0x52464e43
#define SBI_HSM    0x48534d
#define SBI_SRST   0x53525354
#define SBI_DBCN   0x4442434e
#define SBI_SUSP   0x53555350
#define SBI_PMU    0x504d55

#define SBI_BASE_SPEC_VERSION 0
#define SBI_BASE_IMPL_ID      1
#define SBI_BASE_IMPL_VERSION 2
#define SBI_BASE_PROBE        3
#define SBI_BASE_MVENDORID    4
#define SBI_BASE_MARCHID      5
#define SBI_BASE_MIMPID       6

#define SBI_TIME_SET 0

#define SBI_IPI_SEND 0

#define SBI_RFENCE_FENCE_I         0
#define SBI_RFENCE_SFENCE_VMA      1
#define SBI_RFENCE_SFENCE_VMA_ASID 2

#define SBI_HSM_START   0
#define SBI_HSM_STOP    1
#define SBI_HSM_STATUS  2
#define SBI_HSM_SUSPEND 3

#define SBI_HSM_STARTED       0
#define SBI_HSM_STOPPED       1
#define SBI_HSM_START_PENDING 2
#define SBI_HSM_STOP_PENDING  3

#define SBI_SRST_RESET         0
#define SBI_SRST_SHUTDOWN      0
#define SBI_SRST_COLD_REBOOT   1
#define SBI_SRST_WARM_REBOOT   2
#define SBI_SRST_NO_REASON     0
#define SBI_SRST_SYSTEM_FAILED 1

#define SBI_DBCN_WRITE      0
#define SBI_DBCN_READ       1
#define SBI_DBCN_WRITE_BYTE 2

struct sbi_result {
	int64_t error;
	uint64_t value;
};

struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
			   uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);

static inline struct sbi_result sbi_call3(uint64_t extension, uint64_t function, uint64_t a0,
					  uint64_t a1, uint64_t a2)
{
	return sbi_call(extension, function, a0, a1, a2, 0, 0, 0);
}

static inline struct sbi_result sbi_call0(uint64_t extension, uint64_t function)
{
	return sbi_call(extension, function, 0, 0, 0, 0, 0, 0);
}

/* 0: absent. */
static inline uint64_t sbi_probe(uint64_t extension)
{
	return sbi_call3(SBI_BASE, SBI_BASE_PROBE, extension, 0, 0).value;
}

/* Ends this VM (natively: the machine). */
_Noreturn void shutdown(void);

/* What a started hart finds in a1; crt0.S reads it by offset. */
struct hart_start {
	void *stack_top;
	void *trap_stack_top;
	void (*function)(uint64_t hart);
};

/* Starts a hart through HSM in function, on stacks that stay the hart's; SBI error code. */
int64_t hart_start(uint64_t hart, const struct hart_start *start);

/* Stops the calling hart. */
_Noreturn void hart_stop(void);

#endif
