/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the SBI below. At start and at the end only: nothing on a guest's way asks the firmware.
 */
#include "measure.h"
#include "riscv.h"

#define EXT_SRST 0x53525354
#define EXT_DBCN 0x4442434e

long firmware_call(long extension, long function, long a0, long a1, long a2)
{
	register long r0 __asm__("a0") = a0;
	register long r1 __asm__("a1") = a1;
	register long r2 __asm__("a2") = a2;
	register long r6 __asm__("a6") = function;
	register long r7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(r0), "+r"(r1) : "r"(r2), "r"(r6), "r"(r7) : "memory");
	return r0;
}

void arch_before_off(void)
{
	measure_report();
}

void arch_system_off(void)
{
	firmware_call(EXT_SRST, 0, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}
