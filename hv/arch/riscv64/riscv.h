/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this architecture share with each other and with nobody else. */
#ifndef RISCV64_RISCV_H
#define RISCV64_RISCV_H

#include "arch/arch.h"
#include "core/cpu.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "csr.h"
#include "drv/imsic_ids.h"

/* trap.c, sbi.c, mmio.c: called from entry.S; the vCPU to go on with, or NULL to choose one. */
struct vcpu *riscv_interrupt(struct vcpu *v, uint64_t cause);
struct vcpu *riscv_exception(struct vcpu *v, uint64_t cause);
struct vcpu *riscv_sbi_exit(struct vcpu *v);
/* Returns NULL after a look at interrupts: the exit may have been long. */
static inline struct vcpu *riscv_leave(struct vcpu *v)
{
	if (unlikely(arch_interrupt_pending()))
		cpu_look(v->cpu);
	return NULL;
}
static inline struct vcpu *riscv_resume(struct vcpu *v)
{
	return unlikely(v->cpu->resched) ? riscv_leave(v) : v;
}
/* Skips the instruction at sepc. */
static inline void riscv_skip(uint32_t bytes)
{
	csr_write(CSR_SEPC, csr_read(CSR_SEPC) + bytes);
}
/* The guest takes exception `cause` with `value` in stval, as Privileged Architecture, 18.6 says.
 */
void riscv_inject(uint64_t cause, uint64_t value);
/* Reports and injects (or stops the VM). */
void riscv_fault(struct vcpu *v, const char *what, uint64_t address, uint64_t cause,
		 uint64_t value);

/* guest_access.c: with the translation of the vCPU that is loaded; HV_EFAULT if the guest could
 * not. */
int riscv_guest_fetch(gvaddr_t pc, uint32_t *insn);
int riscv_guest_read(uint8_t *to, gpaddr_t from, uint32_t bytes); /* bytes: at most 8 */
int riscv_guest_write8(gpaddr_t to, uint8_t value);

/* mmio.c */
struct vcpu *riscv_mmio_exit(struct vcpu *v, uint64_t cause);

/* sbi.c, sbi_hsm.c, sbi_console.c */
struct sbi_result {
	long error;
	uint64_t value;
};
#define SBI_OK(v)    ((struct sbi_result){0, (v)})
#define SBI_ERROR(e) ((struct sbi_result){(e), 0})
struct sbi_result sbi_hsm(struct vcpu *v, uint64_t function);
struct sbi_result sbi_ipi(struct vcpu *v);
struct sbi_result sbi_rfence(struct vcpu *v, uint64_t function);
struct sbi_result sbi_suspend(struct vcpu *v, uint64_t function);
struct sbi_result sbi_dbcn(struct vcpu *v, uint64_t function);

/* What concerns siblings; set by unit smp, which is there if a VM has more than one vCPU. */
struct sbi_smp {
	struct sbi_result (*hart_start)(struct vcpu *v, struct vcpu *target);
	/* mask: existing harts; the caller's own is not meant. */
	void (*ipi)(struct vcpu *v, uint32_t mask);
	void (*rfence)(struct vcpu *v, uint32_t mask);
};
extern const struct sbi_smp *sbi_smp;

/* Argument n of the present call. */
static inline uint64_t sbi_argument(const struct vcpu *v, unsigned n)
{
	return v->arch.x[10 + n];
}

/* imsic_move.c; NULL: no vCPU with a guest file may run on more than one hart. */
struct riscv_file_mover {
	/* v is taken out of its CPU. */
	void (*save)(struct vcpu *v);
	/* v has been claimed by this CPU. */
	void (*come)(struct vcpu *v, struct cpu *from);
	/* A file whose vCPU has gone elsewhere has interrupts. */
	void (*pass_on)(struct cpu *cpu, uint32_t file);
};
extern const struct riscv_file_mover *riscv_file_mover;
/* s2.c: v's guest-physical file is that of v->cpu. The caller fences. */
void riscv_s2_point_file(struct vcpu *v);

/* s2.c: builds the second stage of a VM out of pool pages. */
void riscv_s2_build(struct vm *vm);
/* own_map.c: the hypervisor's own translation; returns satp. */
uint64_t riscv_own_map_build(void);
uint64_t riscv_stack_virtual_top(uint32_t cpu);
paddr_t riscv_stack_physical_top(uint32_t cpu);

/* imsic.c */
void riscv_imsic_cpu_init(void);
void riscv_imsic_handle(struct cpu *cpu);
/* While a real-time vCPU runs, identities from IMSIC_ID_KICK_LATER on are held back. */
static inline void riscv_imsic_mask_for_rt(struct cpu *cpu, bool rt)
{
	if (cpu->masked_for_rt == rt)
		return;
	cpu->masked_for_rt = rt;
	csr_write(CSR_SISELECT, IMSIC_EITHRESHOLD);
	csr_write(CSR_SIREG, rt ? IMSIC_ID_KICK_LATER : 0u);
}
void riscv_guest_file_reset(void);
paddr_t riscv_imsic_page(uint32_t hart_id, uint32_t file);

/* firmware.c: calls to the SBI below us, at start and to switch off. */
long firmware_call(long extension, long function, long a0, long a1, long a2);

extern bool riscv_vmid_works; /* enough VMIDs for every vCPU to have its own */

#endif
