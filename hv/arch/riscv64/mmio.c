/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores outside mapped memory: emulated device registers, or faults.
 *
 * The instruction comes from htinst when the hardware gives it (Privileged Architecture, 18.6.3), else it
 * is fetched through the guest's own translation. Decoded: LB..LD, SB..SD and the compressed LW, LD, SW,
 * SD (with and without sp). Atomics and floating-point accesses to device registers are refused with an
 * access fault, as on the board.
 */
#include "riscv.h"

struct access {
	uint8_t width; /* bytes; 0: not decoded */
	uint8_t reg;   /* destination or source */
	uint8_t length; /* of the instruction */
	bool store, sign;
};

/* Standard loads and stores; htinst has the same fields where it is transformed. */
static struct access decode_standard(uint32_t insn)
{
	uint32_t opcode = insn & 0x7f, kind = insn >> 12 & 7;
	struct access a = {.length = 4};

	if (opcode == 0x03 && kind != 7) {
		a.width = (uint8_t)(1u << (kind & 3));
		a.sign = !(kind & 4);
		a.reg = insn >> 7 & 31;
	} else if (opcode == 0x23 && kind < 4) {
		a.width = (uint8_t)(1u << kind);
		a.store = true;
		a.reg = insn >> 20 & 31;
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
		a.reg = (uint8_t)(8 + (insn >> 2 & 7));
	else if ((insn & 3) == 2)
		a.reg = a.store ? insn >> 2 & 31 : insn >> 7 & 31;
	else
		a.width = 0;
	return a;
}

static int decode(struct access *a)
{
	uint32_t insn = (uint32_t)csr_read(CSR_HTINST);

	if (insn & 1) { /* transformed; bit 1 says whether the original had 4 bytes */
		*a = decode_standard(insn | 2);
		a->length = insn & 2 ? 4 : 2;
		return HV_OK;
	}
	if (riscv_guest_fetch(csr_read(CSR_SEPC), &insn) != HV_OK)
		return HV_EFAULT;
	*a = (insn & 3) == 3 ? decode_standard(insn) : decode_compressed(insn);
	return HV_OK;
}

static uint64_t extend(uint64_t value, const struct access *a)
{
	unsigned shift = 64 - 8u * a->width;

	value <<= shift;
	return a->sign ? (uint64_t)((int64_t)value >> shift) : value >> shift;
}

static void emulate(struct vcpu *v, const struct vdev *dev, uint32_t offset, const struct access *a)
{
	v->exits[EXIT_MMIO]++;
	riscv_skip(a->length);
	if (a->store) {
		uint64_t value = a->reg ? v->arch.x[a->reg] : 0;

		if (a->width < 8)
			value &= (1ul << 8 * a->width) - 1;
		dev->write(v, dev->state, offset, a->width, value);
	} else {
		uint64_t value = dev->read(v, dev->state, offset, a->width);

		if (a->reg)
			v->arch.x[a->reg] = extend(value, a);
	}
}

/* htinst says 0x3000 or 0x3020 when the guest's own table walk went outside. */
static bool is_table_walk(void)
{
	return (csr_read(CSR_HTINST) & ~0x20ul) == 0x3000;
}

void riscv_mmio_exit(struct vcpu *v, uint64_t cause)
{
	gpaddr_t gpa = csr_read(CSR_HTVAL) << 2 | (csr_read(CSR_STVAL) & 3);
	bool store = cause == CAUSE_STORE_GUEST;
	const struct vdev *dev = is_table_walk() ? NULL : vm_find_vdev(v->vm, gpa);
	struct access a = {0};

	if (dev) {
		if (unlikely(decode(&a) != HV_OK))
			return; /* the guest changed the mapping meanwhile: it runs the instruction again */
		if (a.width && a.store == store && !(gpa & (a.width - 1u))) {
			emulate(v, dev, (uint32_t)(gpa - dev->base), &a);
			return;
		}
	}
	v->exits[EXIT_FAULT]++;
	riscv_fault(v,
		    dev	    ? "unsupported access to an emulated device"
		    : store ? "writes outside its memory"
			    : "reads outside its memory",
		    gpa, store ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS, csr_read(CSR_STVAL));
}
