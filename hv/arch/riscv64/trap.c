/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatcher of exits. Runs on the CPU's stack with interrupts off; every path is bounded. */
#include "core/trace.h"
#include "riscv.h"

#define INSN_WFI     0x10500073u
#define INSN_WRS_NTO 0x00d00073u

void riscv_inject(uint64_t cause, uint64_t value)
{
	uint64_t status = csr_read(CSR_VSSTATUS), from = csr_read(CSR_SSTATUS);

	csr_write(CSR_VSCAUSE, cause);
	csr_write(CSR_VSTVAL, value);
	csr_write(CSR_VSEPC, csr_read(CSR_SEPC));
	status &= ~(SSTATUS_SPP | SSTATUS_SPIE);
	status |= from & SSTATUS_SPP;
	if (status & SSTATUS_SIE)
		status |= SSTATUS_SPIE;
	csr_write(CSR_VSSTATUS, status & ~SSTATUS_SIE);
	csr_write(CSR_SSTATUS, from | SSTATUS_SPP);
	csr_write(CSR_SEPC, csr_read(CSR_VSTVEC) & ~3ul);
}

void riscv_fault(struct vcpu *v, const char *what, uint64_t address, uint64_t cause, uint64_t value)
{
	uint64_t pc = csr_read(CSR_SEPC);

	/* A handler that cannot even be fetched would fault for ever. */
	if (cause == CAUSE_FETCH_ACCESS && pc == (csr_read(CSR_VSTVEC) & ~3ul)) {
		vm_fault(v, "cannot reach its own trap vector", address, pc);
		vm_stop(v->vm, "its trap vector is unreachable", false);
		return;
	}
	if (vm_fault(v, what, address, pc))
		riscv_inject(cause, value);
}

static void wfi(struct vcpu *v)
{
	trace_exit(v, EXIT_WFI);
	riscv_skip(4);
	if (!arch_vcpu_interrupt_pending(v))
		vcpu_sleep(v, WAIT_INTERRUPT, arch_vcpu_timer(v));
}

static void virtual_instruction(struct vcpu *v)
{
	uint32_t insn = (uint32_t)csr_read(CSR_STVAL);

	if (!insn && riscv_guest_fetch(csr_read(CSR_SEPC), &insn) != HV_OK)
		return; /* gone meanwhile: the guest fetches again and takes its own fault */
	if (insn == INSN_WFI && csr_read(CSR_SSTATUS) & SSTATUS_SPP) {
		wfi(v);
	} else if (insn == INSN_WRS_NTO) {
		trace_exit(v, EXIT_WFI);
		riscv_skip(4);
		vcpu_pass(v);
	} else {
		trace_exit(v, EXIT_TRAP);
		riscv_fault(v, "privileged instruction", insn, CAUSE_ILLEGAL, insn);
	}
}

static __attribute__((noinline)) struct vcpu *external(struct vcpu *v)
{
	trace_exit(v, EXIT_EXTERNAL);
	/* The timer, if it is due as well, comes first; the other is seen again. */
	if (csr_read(CSR_SIP) & 1ul << IRQ_S_TIMER)
		return NULL;
	riscv_imsic_handle(v->cpu);
	return riscv_resume(v);
}

struct vcpu *riscv_interrupt(struct vcpu *v, uint64_t cause)
{
	uint64_t number = cause & ~CAUSE_INTERRUPT;

	if (likely(number == IRQ_S_TIMER))
		trace_exit(v, EXIT_TIMER);
	else if (number == IRQ_S_EXTERNAL)
		return external(v);
	else
		trace_exit(v, EXIT_PARKED);
	return NULL;
}

static void fetch_fault(struct vcpu *v)
{
	trace_exit(v, EXIT_FAULT);
	riscv_fault(v, "fetches an instruction outside its memory", csr_read(CSR_HTVAL) << 2,
		    CAUSE_FETCH_ACCESS, csr_read(CSR_STVAL));
}

static __attribute__((noinline)) struct vcpu *other_exception(struct vcpu *v, uint64_t cause)
{
	switch (cause) {
	case CAUSE_VIRTUAL_INSN:
		virtual_instruction(v);
		break;
	case CAUSE_FETCH_GUEST:
		fetch_fault(v);
		break;
	default:
		/* Not delegated and not from an extension we know: the guest's own affair. */
		trace_exit(v, EXIT_FAULT);
		riscv_fault(v, "exception", cause, cause, csr_read(CSR_STVAL));
	}
	return riscv_resume(v);
}

struct vcpu *riscv_exception(struct vcpu *v, uint64_t cause)
{
	if (cause == CAUSE_LOAD_GUEST || cause == CAUSE_STORE_GUEST)
		return riscv_mmio_exit(v, cause);
	return other_exception(v, cause);
}
