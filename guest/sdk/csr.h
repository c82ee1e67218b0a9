/* SPDX-License-Identifier: Apache-2.0 */
/* Supervisor registers and bits (privileged architecture 20211203, chapter 4; Sstc 1.0). */
#ifndef SDK_CSR_H
#define SDK_CSR_H

/* By number where assemblers of the supported age lack the name. */
#define CSR_STIMECMP 0x14d

#define SSTATUS_SIE  (1 << 1)
#define SSTATUS_SPIE (1 << 5)
#define SSTATUS_SPP  (1 << 8)
#define SSTATUS_FS   (3 << 13)

#define IRQ_SOFTWARE 1
#define IRQ_TIMER    5
#define IRQ_EXTERNAL 9

#define SIE_SOFTWARE (1 << IRQ_SOFTWARE)
#define SIE_TIMER    (1 << IRQ_TIMER)
#define SIE_EXTERNAL (1 << IRQ_EXTERNAL)

#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS     1
#define CAUSE_ILLEGAL          2
#define CAUSE_BREAKPOINT       3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS      5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS     7
#define CAUSE_ECALL_USER       8
#define CAUSE_ECALL_SUPERVISOR 9
#define CAUSE_FETCH_PAGE       12
#define CAUSE_LOAD_PAGE        13
#define CAUSE_STORE_PAGE       15

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

#define CAUSE_INTERRUPT (1ul << 63)

#define CSR_STR_(x) #x
#define CSR_STR(x)  CSR_STR_(x)

#define csr_read(csr)                                                                              \
	({                                                                                         \
		uint64_t csr_value_;                                                               \
		__asm__ volatile("csrr %0, " CSR_STR(csr) : "=r"(csr_value_)::"memory");           \
		csr_value_;                                                                        \
	})
#define csr_write(csr, value)                                                                      \
	__asm__ volatile("csrw " CSR_STR(csr) ", %0" ::"rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits)                                                                         \
	__asm__ volatile("csrs " CSR_STR(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits)                                                                       \
	__asm__ volatile("csrc " CSR_STR(csr) ", %0" ::"rK"((uint64_t)(bits)) : "memory")

static inline void wfi(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

static inline void fence_i(void)
{
	__asm__ volatile("fence.i" ::: "memory");
}

static inline void sfence_vma(void)
{
	__asm__ volatile("sfence.vma" ::: "memory");
}

/* Interrupts on for this hart, or off; off returns whether they were on. */
static inline void interrupts_on(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline bool interrupts_off(void)
{
	uint64_t before;

	__asm__ volatile("csrrci %0, sstatus, %1" : "=r"(before) : "i"(SSTATUS_SIE) : "memory");
	return (before & SSTATUS_SIE) != 0;
}

#endif /* __ASSEMBLER__ */
#endif
