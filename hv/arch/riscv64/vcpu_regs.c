/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's system registers: what VS-mode owns is moved when another vCPU is loaded; general
 * registers are entry.S's.
 *
 * Floating point: registers stay in the CPU until another vCPU that has floating point is loaded,
 * which saves them if they are dirty and loads its own; who has never used any finds zeros and
 * needs no load if there are zeros already. A vCPU that has none runs with sstatus.FS off and
 * cannot see what another left there. (Moving them at first use only would need illegal
 * instructions of VS-mode in the hypervisor; QEMU 10.0.13 takes such a trap without leaving
 * VS-mode.)
 */
#include "riscv.h"

void riscv_fp_save(uint64_t *f);
void riscv_fp_load(const uint64_t *f);

#define COUNTERS_FOR_USER 7u /* cycle, time, instret: as the firmware leaves it on the board */

bool riscv_vmid_works = true;
const struct riscv_file_mover *riscv_file_mover;

void arch_vcpu_init(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;
	uint64_t isa = v->vm->config->isa, vmid = riscv_vmid_works ? v->index + 1u : 0;

	a->cpu = v->cpu;
	a->has_fp = isa & ISA_D;
	a->virtual_time = v->vm->config->flags & VM_VIRTUAL_TIME;
	a->has_file = v->config->guest_file != 0;
	a->hgatp = HGATP_SV39X4 | vmid << HGATP_VMID_SHIFT | v->vm->s2_root >> 12;
	a->henvcfg = HENVCFG_STCE;
	if (isa & ISA_SVPBMT)
		a->henvcfg |= HENVCFG_PBMTE;
	if (isa & ISA_ZICBOM)
		a->henvcfg |= HENVCFG_CBCFE | HENVCFG_CBIE_FLUSH;
	if (isa & ISA_ZICBOZ)
		a->henvcfg |= HENVCFG_CBZE;
	a->hstateen0 = HSTATEEN0_ENVCFG;
	if (a->has_file)
		a->hstateen0 |= HSTATEEN0_IMSIC | HSTATEEN0_AIA | HSTATEEN0_CSRIND;
}

void arch_vcpu_reset(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;
	struct cpu *cpu = v->cpu;

	for (unsigned i = 0; i < 32; i++)
		a->x[i] = a->f[i] = 0;
	a->fcsr = 0;
	a->fp_dirty = a->fp_used = false;
	if (cpu->fp_owner == v)
		cpu->fp_owner = NULL;
	a->pc = v->start_entry;
	a->x[10] = vcpu_is_service(v) ? v->number - v->vm->config->vcpu_count : v->number;
	a->x[2] = v->start_stack;
	a->x[11] = v->start_argument;
	a->sstatus = SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_UXL64;
	a->hstatus = HSTATUS_VSXL64 | HSTATUS_SPV | HSTATUS_SPVP |
		     (uint64_t)v->config->guest_file << HSTATUS_VGEIN_SHIFT;
	a->vsstatus = SSTATUS_UXL64;
	a->vsie = a->vstvec = a->vsscratch = a->vsepc = a->vscause = a->vstval = 0;
	a->vsatp = a->vsiselect = a->hvip = a->senvcfg = 0;
	a->scounteren = COUNTERS_FOR_USER;
	a->vstimecmp = UINT64_MAX;
	a->flush = true;
	if (a->has_file) {
		csr_write(CSR_HSTATUS, a->hstatus);
		riscv_guest_file_reset();
		a->eidelivery = a->eithreshold =
			0; /* another CPU may claim it before it is loaded */
		for (unsigned i = 0; i < ARRAY_SIZE(a->eie); i++)
			a->eie[i] = 0;
	}
	fence_i(); /* guest code may have been written by a restart */
}

void arch_vcpu_save(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	a->vsstatus = csr_read(CSR_VSSTATUS);
	a->vsie = csr_read(CSR_VSIE);
	a->vstvec = csr_read(CSR_VSTVEC);
	a->vsscratch = csr_read(CSR_VSSCRATCH);
	a->vsepc = csr_read(CSR_VSEPC);
	a->vscause = csr_read(CSR_VSCAUSE);
	a->vstval = csr_read(CSR_VSTVAL);
	a->vsatp = csr_read(CSR_VSATP);
	a->vstimecmp = csr_read(CSR_VSTIMECMP);
	a->hvip = csr_read(CSR_HVIP);
	a->scounteren = csr_read(CSR_SCOUNTEREN);
	a->senvcfg = csr_read(CSR_SENVCFG);
	if (a->has_file)
		a->vsiselect = csr_read(CSR_VSISELECT);
	if ((a->sstatus & SSTATUS_FS) == SSTATUS_FS) {
		a->fp_dirty = a->fp_used = true;
		v->cpu->fp_owner = v;
		v->cpu->fp_zero = false;
	}
}

/* Precondition: sstatus.FS is on. */
static void save_fp(struct cpu *cpu)
{
	if (cpu->fp_owner && cpu->fp_owner->arch.fp_dirty) {
		riscv_fp_save(cpu->fp_owner->arch.f);
		cpu->fp_owner->arch.fp_dirty = false;
	}
}

static void __attribute__((noinline)) move_fp(struct vcpu *v)
{
	struct cpu *cpu = v->cpu;

	csr_set(CSR_SSTATUS, SSTATUS_FS);
	save_fp(cpu);
	riscv_fp_load(v->arch.f);
	cpu->fp_owner = v;
	cpu->fp_zero = !v->arch.fp_used;
}

void arch_vcpu_evict(struct vcpu *v)
{
	struct cpu *cpu = v->cpu;

	arch_vcpu_save(v);
	if (v->arch.has_file)
		riscv_file_mover->save(v);
	if (cpu->fp_owner != v)
		return;
	csr_set(CSR_SSTATUS, SSTATUS_FS);
	save_fp(cpu);
	cpu->fp_owner = NULL;
}

/* What its guest wrote and flushed on the CPU it leaves is not known to this one. */
void arch_vcpu_come(struct vcpu *v, struct cpu *from)
{
	v->arch.cpu = v->cpu;
	v->arch.flush = true;
	fence_i();
	if (v->arch.has_file)
		riscv_file_mover->come(v, from);
}

static void load_fp(struct vcpu *v)
{
	v->arch.sstatus = (v->arch.sstatus & ~SSTATUS_FS) | SSTATUS_FS_CLEAN;
	if (v->cpu->fp_owner != v && (v->arch.fp_used || !v->cpu->fp_zero))
		move_fp(v);
}

void arch_vcpu_load(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	csr_write(CSR_HGATP, a->hgatp);
	csr_write(CSR_VSSTATUS, a->vsstatus);
	csr_write(CSR_VSTVEC, a->vstvec);
	csr_write(CSR_VSSCRATCH, a->vsscratch);
	csr_write(CSR_VSEPC, a->vsepc);
	csr_write(CSR_VSCAUSE, a->vscause);
	csr_write(CSR_VSTVAL, a->vstval);
	csr_write(CSR_VSATP, a->vsatp);
	csr_write(CSR_HENVCFG, a->henvcfg);
	csr_write(CSR_HTIMEDELTA, a->htimedelta);
	csr_write(CSR_HSTATEEN0, a->hstateen0);
	csr_write(CSR_VSTIMECMP, a->vstimecmp);
	csr_write(CSR_HVIP, a->hvip);
	csr_write(CSR_VSIE, a->vsie);
	csr_write(CSR_SCOUNTEREN, a->scounteren);
	csr_write(CSR_SENVCFG, a->senvcfg);
	if (a->has_file) {
		csr_write(CSR_HSTATUS, a->hstatus);
		csr_write(CSR_VSISELECT, a->vsiselect);
	}
	if (a->has_fp)
		load_fp(v);
	if (!riscv_vmid_works) {
		hfence_gvma_all();
		hfence_vvma_all();
	} else if (a->flush) {
		hfence_vvma_all();
	}
	a->flush = false;
}

/* Virtual time: less what the VM wanted to run and did not, in whole ticks, rounded down. */
static __attribute__((noinline)) void hide_lost_time(struct vcpu *v)
{
	ns_t lost = v->entity.lost, tick = arch_tick_ns();

	v->arch.htimedelta = -(lost < tick ? 0 : arch_ns_to_ticks(lost - tick + 1));
	csr_write(CSR_HTIMEDELTA, v->arch.htimedelta);
}

void arch_vcpu_enter(struct vcpu *v, bool may_idle)
{
	struct cpu *cpu = v->cpu;
	uint64_t hstatus = v->arch.hstatus & ~HSTATUS_VTW;
	bool rt = sched_is_rt(&v->entity);

	if (!may_idle)
		hstatus |= HSTATUS_VTW;
	v->arch.hstatus = hstatus;
	riscv_imsic_mask_for_rt(cpu, rt);
	csr_write(CSR_HGEIE, cpu->parked[SCHED_RT] | (rt ? 0 : cpu->parked[SCHED_BE]));
	if (unlikely(v->arch.virtual_time))
		hide_lost_time(v);
}

void arch_vcpu_set_time(struct vcpu *v, ns_t when)
{
	v->arch.x[11] = arch_ns_to_ticks(when) + v->arch.htimedelta;
}

void arch_vcpu_set_external(struct vcpu *v, bool high)
{
	if (high)
		v->arch.hvip |= HVIP_VSEIP;
	else
		v->arch.hvip &= ~HVIP_VSEIP;
	if (v->cpu->loaded != v)
		return;
	if (high)
		csr_set(CSR_HVIP, HVIP_VSEIP);
	else
		csr_clear(CSR_HVIP, HVIP_VSEIP);
}

void arch_vcpu_raise_software(struct vcpu *v)
{
	if (v->cpu->loaded == v)
		csr_set(CSR_HVIP, HVIP_VSSIP);
	else
		v->arch.hvip |= HVIP_VSSIP;
}

bool arch_vcpu_interrupt_pending(const struct vcpu *v)
{
	const struct arch_vcpu *a = &v->arch;
	uint64_t pending;

	if (v->cpu->loaded == v)
		return csr_read(CSR_VSIP) & csr_read(CSR_VSIE);
	pending = a->hvip >> 1 & (VSIE_SSIE | VSIE_SEIE); /* hvip is one bit left of vsie */
	if (csr_read(CSR_TIME) + a->htimedelta >= a->vstimecmp)
		pending |= VSIE_STIE;
	if (a->has_file && arch_files_pending(1u << v->config->guest_file))
		pending |= VSIE_SEIE;
	return pending & a->vsie;
}

bool arch_vcpu_wakes_on_file(const struct vcpu *v)
{
	return v->arch.has_file && csr_read(CSR_VSIE) & VSIE_SEIE;
}

ns_t arch_vcpu_timer(const struct vcpu *v)
{
	uint64_t ticks = csr_read(CSR_VSTIMECMP);

	if (!(csr_read(CSR_VSIE) & VSIE_STIE) || ticks - v->arch.htimedelta < ticks)
		return NS_NEVER; /* off, or so late that the lost time leads beyond the clock's end
				  */
	return arch_ticks_to_ns(ticks - v->arch.htimedelta);
}

void arch_vcpu_fence(struct vcpu *v)
{
	fence_i();
	if (v->cpu->loaded == v)
		hfence_vvma_all();
	else
		v->arch.flush = true;
}
