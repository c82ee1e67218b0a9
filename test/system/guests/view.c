/* SPDX-License-Identifier: Apache-2.0 */
/* Says what processor and memory it sees, and tries what a view may take away. */
#include "print.h"
#include "sbi.h"
#include "trap.h"
#include "csr.h"

extern const char __guest_start[];

void guest_main(uint64_t hart);

static uint64_t float_add(uint64_t a, uint64_t b)
{
	(void)a;
	(void)b;
	__asm__ volatile(".word 0x02007053"); /* fadd.d f0, f0, f0 */
	return 0;
}

static uint64_t line[32] __attribute__((aligned(256)));

/* cbo.zero and cbo.clean on the address in a0 */
static uint64_t cache_zero(uint64_t address, uint64_t b)
{
	register uint64_t a0 __asm__("a0") = address;

	(void)b;
	__asm__ volatile(".word 0x0045200f" : "+r"(a0) : : "memory");
	return 0;
}

static uint64_t cache_clean(uint64_t address, uint64_t b)
{
	register uint64_t a0 __asm__("a0") = address;

	(void)b;
	__asm__ volatile(".word 0x0015200f" : "+r"(a0) : : "memory");
	return 0;
}

static void try_it(const char *what, uint64_t (*function)(uint64_t, uint64_t))
{
	struct fault fault = {0};
	bool works = guarded(function, (uint64_t)line, 0, NULL, &fault);

	print("view: %s %s", what, works ? "works\n" : "refused");
	if (!works)
		print(", cause %lu\n", fault.cause);
}

void guest_main(uint64_t hart)
{
	print("view: hart %lu, at %lx\n", hart, (uint64_t)__guest_start);
	print("view: vendor %lx arch %lx implementation %lx\n",
	      sbi_call0(SBI_BASE, SBI_BASE_MVENDORID).value,
	      sbi_call0(SBI_BASE, SBI_BASE_MARCHID).value,
	      sbi_call0(SBI_BASE, SBI_BASE_MIMPID).value);
	csr_set(sstatus, SSTATUS_FS);
	print("view: float state %lx\n", csr_read(sstatus) & SSTATUS_FS);
	try_it("float", float_add);
	try_it("zicboz", cache_zero);
	try_it("zicbom", cache_clean);
	print("view: vm %lu\n", sbi_call0(HCALL_EXTENSION, HCALL_VM_ID).value);
	shutdown();
}
