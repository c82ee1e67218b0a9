/* SPDX-License-Identifier: Apache-2.0 */
/* The hart's own interrupt file, and guest files of its vCPUs (AIA 1.0, chapters 3 and 6). */
#include "board_map.h"
#include "core/console.h"
#include "core/device_irq.h"
#include "core/trace.h"
#include "drv/imsic_ids.h"
#include "measure.h"
#include "riscv.h"

static void own_write(uint32_t select, uint64_t value)
{
	csr_write(CSR_SISELECT, select);
	csr_write(CSR_SIREG, value);
}

paddr_t riscv_imsic_page(uint32_t hart_id, uint32_t file)
{
	return BOARD_IMSIC_BASE + ((paddr_t)hart_id << (12 + BOARD_IMSIC_GUEST_BITS)) +
	       file * PAGE_BYTES;
}

void riscv_imsic_cpu_init(void)
{
	for (uint32_t i = 0; i <= BOARD_IMSIC_IDS / 64; i++) {
		own_write(IMSIC_EIP0 + 2 * i, 0);
		own_write(IMSIC_EIE0 + 2 * i, UINT64_MAX); /* what is not routed here never comes */
	}
	own_write(IMSIC_EITHRESHOLD, 0);
	own_write(IMSIC_EIDELIVERY, 1);
}

/* The file that hstatus.VGEIN selects becomes like after power-on. */
void riscv_guest_file_reset(void)
{
	uint64_t select = csr_read(CSR_VSISELECT); /* belongs to the vCPU that is loaded */

	for (uint32_t i = 0; i <= BOARD_IMSIC_IDS / 64; i++) {
		csr_write(CSR_VSISELECT, IMSIC_EIP0 + 2 * i);
		csr_write(CSR_VSIREG, 0);
		csr_write(CSR_VSISELECT, IMSIC_EIE0 + 2 * i);
		csr_write(CSR_VSIREG, 0);
	}
	csr_write(CSR_VSISELECT, IMSIC_EITHRESHOLD);
	csr_write(CSR_VSIREG, 0);
	csr_write(CSR_VSISELECT, IMSIC_EIDELIVERY);
	csr_write(CSR_VSIREG, 0);
	csr_write(CSR_VSISELECT, select);
}

void arch_file_pass_on(struct cpu *cpu, uint32_t file)
{
	riscv_file_mover->pass_on(cpu, file);
}

/* One: what else is pending interrupts again. */
void riscv_imsic_handle(struct cpu *cpu)
{
	uint32_t identity = (uint32_t)(csr_swap(CSR_STOPEI, 0) >> 16);

	trace_interrupt(cpu, identity);
	if (identity == IMSIC_ID_KICK || identity == IMSIC_ID_KICK_LATER)
		cpu_handle_kick(cpu, identity == IMSIC_ID_KICK ? SCHED_RT : SCHED_BE);
	else if (identity == IMSIC_ID_UART)
		console_interrupt();
	else if (identity >= IMSIC_ID_DEVICE && device_irq)
		device_irq->arrived(identity - IMSIC_ID_DEVICE);
}

void arch_kick(struct cpu *cpu, bool urgent)
{
	volatile uint32_t *page = (volatile uint32_t *)riscv_imsic_page(cpu->hart_id, 0);

	atomic_thread_fence(memory_order_seq_cst); /* the request is seen before the interrupt */
	__asm__ volatile("fence w, o" : : : "memory");
	*page = urgent ? IMSIC_ID_KICK : IMSIC_ID_KICK_LATER;
}

void arch_send_msi(struct vcpu *v, uint32_t identity)
{
	volatile uint32_t *page =
		(volatile uint32_t *)riscv_imsic_page(v->cpu->hart_id, v->config->guest_file);

	*page = identity;
}

uint32_t arch_files_pending(uint32_t files)
{
	return (uint32_t)csr_read(CSR_HGEIP) & files;
}

/* The loaded vCPU's own interrupts would end the WFI at once: they are off meanwhile. */
void arch_idle(void)
{
	struct cpu *cpu = arch_this_cpu();
	uint64_t vsie = csr_swap(CSR_VSIE, 0);

	riscv_imsic_mask_for_rt(cpu, false);
	csr_write(CSR_HGEIE, cpu->parked[SCHED_RT] | cpu->parked[SCHED_BE]);
	measure_point();
	__asm__ volatile("wfi" : : : "memory");
	measure_restart();
	csr_write(CSR_VSIE, vsie);
}

bool arch_poll_interrupts(struct cpu *cpu)
{
	measure_point();
	if ((csr_read(CSR_SIP) & OWN_INTERRUPTS) != 1ul << IRQ_S_EXTERNAL)
		return false; /* none, or the timer, which the choice that follows serves first */
	riscv_imsic_handle(cpu);
	return true;
}
