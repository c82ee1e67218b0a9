/* SPDX-License-Identifier: Apache-2.0 */
/* From the firmware's entry to core/start.c, and each hart's own set-up. */
#include "board/board.h"
#include "core/start.h"
#include "core/table.h"
#include "lib/print.h"
#include "own_map.h"
#include "riscv.h"
#include "s2.h"
#include "timer.h"

#define EXT_HSM 0x48534d

/* Exceptions that natively go to S-mode: misaligned, access, illegal, breakpoint, U ecall, page
 * faults. */
#define HEDELEG  0xb1fful
#define HIDELEG  0x444ul
#define COUNTERS 7ul /* cycle, time, instret */

void start_secondary(void);
void start_scheduling(uint64_t satp, uint64_t stack_top) __attribute__((noreturn));
void riscv_start(uint64_t hart_id, const void *dtb) __attribute__((noreturn));
void riscv_start_cpu(struct cpu *cpu) __attribute__((noreturn));
void riscv_cpu_ready(void);
void riscv_own_fault(uint64_t cause, uint64_t pc, uint64_t address) __attribute__((noreturn));

static uint64_t own_satp;

static void panic_print(const char *format, uint64_t a, uint64_t b, uint64_t c)
{
	struct print_job job = {.format = format, .args = {a, b, c}};

	for (int ch = print_next(&job); ch >= 0; ch = print_next(&job))
		board_panic_putc((char)ch);
}

void panic(const char *what, uint64_t value)
{
	panic_print("\r\npartita: stopped: %s (0x%x)\r\n", (uint64_t)what, value, 0);
	arch_system_off();
}

void riscv_own_fault(uint64_t cause, uint64_t pc, uint64_t address)
{
	panic_print("\r\npartita: fault in the hypervisor: cause %u at 0x%x, address 0x%x", cause,
		    pc, address);
	panic("broken invariant", cause);
}

/* How many VMIDs the hart has (Privileged Architecture, 18.2.10: it may be none). */
static void probe_vmids(void)
{
	csr_write(CSR_HGATP, 0x3ffful << HGATP_VMID_SHIFT);
	riscv_vmid_works = (csr_read(CSR_HGATP) >> HGATP_VMID_SHIFT & 0x3fff) > table->vcpus.count;
	csr_write(CSR_HGATP, 0);
}

static void hart_init(void)
{
	csr_write(CSR_HEDELEG, HEDELEG);
	csr_write(CSR_HIDELEG, HIDELEG);
	csr_write(CSR_HCOUNTEREN, COUNTERS);
	csr_write(CSR_HTIMEDELTA, 0);
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_VSIE, 0);
	csr_write(CSR_HGEIE, 0);
	csr_write(CSR_STIMECMP, UINT64_MAX);
	csr_write(CSR_SIE, 1ul << IRQ_S_TIMER | 1ul << IRQ_S_EXTERNAL);
	csr_set(CSR_HIE, 1ul << IRQ_S_GUEST);
	riscv_imsic_cpu_init();
	hfence_gvma_all();
	hfence_vvma_all();
}

void arch_start_prepare(void)
{
	riscv_timer_init(table->timebase_hz);
	probe_vmids();
	riscv_s2_reserve();
	riscv_own_map_reserve();
}

void arch_vm_init(struct vm *vm)
{
	riscv_s2_build(vm);
}

/* Secondary harts begin on their own stack at its physical address; nobody waits for them. */
void arch_start_cpus(struct cpu *boot)
{
	own_satp = riscv_own_map_build();
	for (uint32_t i = 0; i < cpu_count; i++) {
		struct cpu *cpu = &cpus[i];

		cpu->stack_top = riscv_stack_physical_top(i);
		if (cpu != boot &&
		    firmware_call(EXT_HSM, 0, (long)cpu->hart_id, (long)start_secondary, (long)cpu))
			panic("firmware does not start hart", cpu->hart_id);
	}
	riscv_start_cpu(boot);
}

/* Each hart. */
void riscv_start_cpu(struct cpu *cpu)
{
	__asm__ volatile("mv tp, %0" : : "r"(cpu));
	hart_init();
	cpu->stack_top = riscv_stack_virtual_top(cpu->index);
	start_scheduling(own_satp, cpu->stack_top);
}

/* Each hart, on its own stack with translation on. */
void riscv_cpu_ready(void)
{
	cpu_start(arch_this_cpu());
}

void riscv_start(uint64_t hart_id, const void *dtb)
{
	start((uint32_t)hart_id, dtb);
}
