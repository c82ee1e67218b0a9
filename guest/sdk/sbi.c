/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include "csr.h"
#include "sbi.h"

_Static_assert(offsetof(struct hart_start, function) == 16, "crt0.S reads this structure");

void hart_entry(void);

struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
			   uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	register uint64_t r0 __asm__("a0") = a0;
	register uint64_t r1 __asm__("a1") = a1;
	register uint64_t r2 __asm__("a2") = a2;
	register uint64_t r3 __asm__("a3") = a3;
	register uint64_t r4 __asm__("a4") = a4;
	register uint64_t r5 __asm__("a5") = a5;
	register uint64_t r6 __asm__("a6") = function;
	register uint64_t r7 __asm__("a7") = extension;

	__asm__ volatile("ecall"
			 : "+r"(r0), "+r"(r1)
			 : "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r6), "r"(r7)
			 : "memory");
	return (struct sbi_result){.error = (int64_t)r0, .value = r1};
}

_Noreturn void shutdown(void)
{
	sbi_call3(SBI_SRST, SBI_SRST_RESET, SBI_SRST_SHUTDOWN, SBI_SRST_NO_REASON, 0);
	csr_write(sie, 0);
	for (;;)
		wfi();
}

int64_t hart_start(uint64_t hart, const struct hart_start *start)
{
	return sbi_call3(SBI_HSM, SBI_HSM_START, hart, (uint64_t)hart_entry, (uint64_t)start).error;
}

_Noreturn void hart_stop(void)
{
	csr_write(sie, 0);
	sbi_call0(SBI_HSM, SBI_HSM_STOP);
	for (;;)
		wfi();
}
