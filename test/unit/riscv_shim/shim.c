/* SPDX-License-Identifier: Apache-2.0 */
#include "shim.h"
#include <stdlib.h>
#include <string.h>
#include "s2.h"
#include "timer.h"
#include "world.h"

#define TICK_NS 100u

#define PTE_V 1u
#define PTE_U 16u
#define PTE_A 64u
#define PTE_D 128u

struct guest_word {
	uint64_t value, cause;
};
struct guest_word guest_fetch(gvaddr_t from);
struct guest_word guest_load8(uint64_t from);
struct guest_word guest_load64(uint64_t from);
struct guest_word guest_store8(uint64_t to, uint64_t value);
struct guest_word guest_store64(uint64_t to, uint64_t value);
void riscv_fp_save(uint64_t *f);
void riscv_fp_load(const uint64_t *f);

uint64_t shim_csrs[8][4096];
uint32_t shim_fences[8][SHIM_FENCES];

static uint64_t *mine(unsigned csr)
{
	if (csr >= 4096)
		abort();
	return &shim_csrs[host_cpu ? host_cpu->index : 0][csr];
}

uint64_t shim_csr_read(unsigned csr)
{
	uint64_t bits;

	switch (csr) {
	case CSR_TIME:
		return host_now / TICK_NS;
	case CSR_VSIP: /* an alias of hvip, one to the right, and the guest's comparator */
		bits = *mine(CSR_HVIP) >> 1 & (VSIE_SSIE | VSIE_SEIE);
		if (*mine(CSR_VSTIMECMP) <= host_now / TICK_NS)
			bits |= VSIE_STIE;
		return bits;
	case CSR_HGEIP:
		return host_cpu ? host_cpus[host_cpu->index].files_pending : 0;
	default:
		return *mine(csr);
	}
}

void shim_csr_write(unsigned csr, uint64_t value)
{
	*mine(csr) = value;
	if (csr == CSR_STIMECMP && host_cpu)
		host_cpus[host_cpu->index].timer =
			value > NS_NEVER / TICK_NS ? NS_NEVER : value * TICK_NS;
}

uint64_t shim_csr_swap(unsigned csr, uint64_t value)
{
	uint64_t before = shim_csr_read(csr);

	shim_csr_write(csr, value);
	return before;
}

void shim_fence(unsigned kind)
{
	shim_fences[host_cpu ? host_cpu->index : 0][kind]++;
}

void shim_reset(void)
{
	memset(shim_csrs, 0, sizeof(shim_csrs));
	memset(shim_fences, 0, sizeof(shim_fences));
}

/* Sv39x4 as the Privileged Architecture, 18.5 describes it: not by the code under test. */
void *shim_walk(uint64_t hgatp, gpaddr_t gpa, uint64_t rights)
{
	uint64_t *table = (uint64_t *)((hgatp & ((1ull << 44) - 1)) << 12);

	if (hgatp >> 60 != 8 || gpa >> 41)
		return NULL;
	for (int level = 2; level >= 0; level--) {
		uint64_t index = gpa >> (12 + 9 * level) & (level == 2 ? 2047 : 511);
		uint64_t pte = table[index], page = (pte >> 10 & ((1ull << 44) - 1)) << 12;
		uint64_t inside = (1ull << (12 + 9 * level)) - 1;

		if (!(pte & PTE_V))
			return NULL;
		if (!(pte & 14)) {
			table = (uint64_t *)page;
			continue;
		}
		if (!(pte & PTE_U) || !(pte & PTE_A) || (rights & 4 && !(pte & PTE_D)) ||
		    (pte & rights) != rights || page & inside)
			return NULL;
		return (char *)page + (gpa & inside);
	}
	return NULL;
}

static void *reach(gpaddr_t at, uint64_t rights)
{
	return shim_walk(shim_csr_read(CSR_HGATP), at, rights);
}

/* A guest page fault inside HLV, HLVX or HSV: what entry.S does with it. */
static struct guest_word faults(uint64_t cause)
{
	shim_csr_write(CSR_SEPC, 0xdead);
	shim_csr_write(CSR_SSTATUS, 0xdead);
	shim_csr_write(CSR_HSTATUS, 0xdead);
	return (struct guest_word){0, cause};
}

struct guest_word guest_fetch(gvaddr_t from)
{
	uint16_t *at = reach(from, 8);

	return at && !(from & 1) ? (struct guest_word){*at, 0} : faults(CAUSE_LOAD_GUEST);
}

struct guest_word guest_load8(uint64_t from)
{
	uint8_t *at = reach(from, 2);

	return at ? (struct guest_word){*at, 0} : faults(CAUSE_LOAD_GUEST);
}

struct guest_word guest_load64(uint64_t from)
{
	uint64_t *at = reach(from, 2);

	return at && !(from & 7) ? (struct guest_word){*at, 0} : faults(CAUSE_LOAD_GUEST);
}

struct guest_word guest_store8(uint64_t to, uint64_t value)
{
	uint8_t *at = reach(to, 4);

	if (!at)
		return faults(CAUSE_STORE_GUEST);
	*at = (uint8_t)value;
	return (struct guest_word){0, 0};
}

struct guest_word guest_store64(uint64_t to, uint64_t value)
{
	uint64_t *at = reach(to, 4);

	if (!at || to & 7)
		return faults(CAUSE_STORE_GUEST);
	*at = value;
	return (struct guest_word){0, 0};
}

void riscv_fp_save(uint64_t *f)
{
	memcpy(f, &shim_csrs[host_cpu->index][0xa00],
	       32 * sizeof(*f)); /* numbers that no register has */
}

void riscv_fp_load(const uint64_t *f)
{
	memcpy(&shim_csrs[host_cpu->index][0xa00], f, 32 * sizeof(*f));
}

void arch_start_prepare(void)
{
	riscv_timer_init(WORLD_TIMEBASE);
	riscv_s2_reserve();
}

void arch_vm_init(struct vm *vm)
{
	riscv_s2_build(vm);
}

paddr_t riscv_imsic_page(uint32_t hart_id, uint32_t file)
{
	return 0x28000000 + ((paddr_t)hart_id << 15) + file * PAGE_BYTES;
}

void riscv_guest_file_reset(void)
{
}

void riscv_imsic_handle(struct cpu *cpu)
{
	arch_poll_interrupts(cpu);
}

/* entry.S: exit_switch and the way behind dispatch. */
void host_leave(struct vcpu *v)
{
	v->arch.pc = shim_csr_read(CSR_SEPC);
	v->arch.sstatus = shim_csr_read(CSR_SSTATUS);
	v->arch.hstatus = shim_csr_read(CSR_HSTATUS);
}

void host_enter(struct vcpu *v)
{
	shim_csr_write(CSR_SEPC, v->arch.pc);
	shim_csr_write(CSR_SSTATUS, v->arch.sstatus);
	shim_csr_write(CSR_HSTATUS, v->arch.hstatus);
}

void shim_make_current(struct vcpu *v)
{
	for (unsigned i = 0; i < 200; i++) {
		if (host_run(v->cpu) == v) {
			host_cpu = v->cpu;
			return;
		}
		host_now += 100 * US;
	}
	abort();
}

void shim_at(uint64_t pc)
{
	shim_csr_write(CSR_SEPC, pc);
}

long shim_sbi(struct vcpu *v, struct shim_call call, uint64_t *value)
{
	host_cpu = v->cpu;
	v->arch.x[17] = call.extension;
	v->arch.x[16] = call.function;
	for (unsigned i = 0; i < 3; i++)
		v->arch.x[10 + i] = call.a[i];
	riscv_sbi_exit(v);
	if (value)
		*value = v->arch.x[11];
	return (long)v->arch.x[10];
}
