/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores outside mapped memory: emulated device registers, or faults.
 *
 * The instruction comes from htinst when the hardware gives it (Privileged Architecture, 18.6.3),
 * else it is fetched through the guest's own translation. Decoded: LB..LD, SB..SD and the
 * compressed LW, LD, SW, SD (with and without sp). Atomics and floating-point accesses to device
 * registers are refused with an access fault, as on the board.
 */
#include "core/trace.h"
#include "riscv.h"

/* HV_EXTRA=-DALWAYS_FETCH=1 builds what hardware without htinst would run, to measure it. */
#ifndef ALWAYS_FETCH
#define ALWAYS_FETCH 0
#endif

struct access {
	uint32_t width;  /* bytes; 0: not decoded */
	uint32_t reg;    /* destination or source */
	uint32_t length; /* of the instruction */
	bool store, sign;
};

/* Standard loads and stores; htinst has the same fields where it is transformed. */
static inline struct access decode_standard(uint32_t insn)
{
	uint32_t opcode = insn & 0x7d, kind = insn >> 12 & 7; /* bit 1: length, in htinst */
	struct access a = {.width = 1u << (kind & 3), .length = insn & 2 ? 4 : 2};

	if (opcode == 0x01 && kind != 7) {
		a.sign = !(kind & 4);
		a.reg = insn >> 7 & 31;
	} else if (opcode == 0x21 && kind < 4) {
		a.store = true;
		a.reg = insn >> 20 & 31;
	} else {
		a.width = 0;
	}
	return a;
}

/* C.LW C.LD C.SW C.SD and their sp forms; unprivileged specification, chapter 27. */
static struct access decode_compressed(uint32_t insn)
{
	uint32_t kind = insn >> 13 & 7;
	struct access a = {.length = 2, .sign = true};

	if (!(kind & 2))
		return a; /* floating point */
	a.width = kind & 1 ? 8 : 4;
	a.store = kind & 4;
	if ((insn & 3) == 0)
		a.reg = 8 + (insn >> 2 & 7);
	else if ((insn & 3) == 2)
		a.reg = a.store ? insn >> 2 & 31 : insn >> 7 & 31;
	else
		a.width = 0;
	return a;
}

/* Without the hardware's help: the instruction is fetched as the guest would. */
static __attribute__((noinline)) int fetch_and_decode(struct access *a)
{
	uint32_t insn;

	if (riscv_guest_fetch(csr_read(CSR_SEPC), &insn) != HV_OK)
		return HV_EFAULT;
	*a = (insn & 3) == 3 ? decode_standard(insn) : decode_compressed(insn);
	return HV_OK;
}

static void __attribute__((noinline)) fault(struct vcpu *v, gpaddr_t gpa, bool store, bool device)
{
	trace_exit(v, EXIT_FAULT);
	riscv_fault(v,
		    device  ? "unsupported access to an emulated device"
		    : store ? "writes outside its memory"
			    : "reads outside its memory",
		    gpa, store ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS, csr_read(CSR_STVAL));
}

static void emulate(struct vcpu *v, const struct vdev *dev, uint32_t offset, const struct access *a)
{
	unsigned unused = 64 - 8 * a->width; /* bits of the register that the access has not */
	uint64_t value;

	v->exits[EXIT_MMIO]++;
	riscv_skip(a->length);
	if (a->store) {
		value = v->arch.x[a->reg] << unused >> unused; /* x[0] stays 0 */
		dev->write(v, dev->state, offset, a->width, value);
		return;
	}
	value = dev->read(v, dev->state, offset, a->width) << unused;
	if (a->reg)
		v->arch.x[a->reg] =
			a->sign ? (uint64_t)((int64_t)value >> unused) : value >> unused;
}

/* htinst says 0x3000 or 0x3020 when the guest's own table walk went outside. */
static inline bool is_table_walk(uint32_t htinst)
{
	return (htinst & ~0x20u) == 0x3000;
}

struct vcpu *riscv_mmio_exit(struct vcpu *v, uint64_t cause)
{
	gpaddr_t gpa = csr_read(CSR_HTVAL) << 2 | (csr_read(CSR_STVAL) & 3);
	uint32_t htinst = (uint32_t)csr_read(CSR_HTINST);
	bool store = cause == CAUSE_STORE_GUEST;
	const struct vdev *dev = vm_find_vdev(v->vm, gpa);
	struct access a;

	if (unlikely(!dev || is_table_walk(htinst))) {
		fault(v, gpa, store, false);
		return riscv_resume(v);
	}
	if (likely(htinst & 1) && !ALWAYS_FETCH)
		a = decode_standard(htinst);
	else if (fetch_and_decode(&a) != HV_OK)
		return v; /* the guest changed the mapping meanwhile: it runs the instruction again
			   */
	if (unlikely(!a.width || a.store != store || gpa & (a.width - 1))) {
		fault(v, gpa, store, true);
		return riscv_resume(v);
	}
	emulate(v, dev, (uint32_t)(gpa - dev->base), &a);
	trace(TRACE_EXIT, v->index, EXIT_MMIO, 0); /* last: nothing is to be kept across it */
	return riscv_resume(v);
}
