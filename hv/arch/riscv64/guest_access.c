/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest memory is not mapped in the hypervisor: it is read and written one unit at a time with HLV,
 * HLVX and HSV, so that the guest's own second stage decides what may be touched. A fault inside
 * changes sepc, sstatus and hstatus, which are put back here.
 */
#include "riscv.h"

struct guest_word {
	uint64_t value;
	uint64_t cause; /* 0: done */
};

struct guest_word guest_fetch(gvaddr_t from);
struct guest_word guest_load8(uint64_t from);
struct guest_word guest_store8(uint64_t to, uint64_t value);
struct guest_word guest_store64(uint64_t to, uint64_t value);

struct trap_state {
	uint64_t sepc, sstatus, hstatus;
};

static struct trap_state trap_keep(void)
{
	return (struct trap_state){csr_read(CSR_SEPC), csr_read(CSR_SSTATUS),
				   csr_read(CSR_HSTATUS)};
}

static void trap_restore(const struct trap_state *s)
{
	csr_write(CSR_SEPC, s->sepc);
	csr_write(CSR_SSTATUS, s->sstatus);
	csr_write(CSR_HSTATUS, s->hstatus);
}

int riscv_guest_fetch(gvaddr_t pc, uint32_t *insn)
{
	struct trap_state s = trap_keep();
	struct guest_word low = guest_fetch(pc), high = {0, 0};

	if (!low.cause && (low.value & 3) == 3)
		high = guest_fetch(pc + 2);
	trap_restore(&s);
	if (low.cause || high.cause)
		return HV_EFAULT;
	*insn = (uint32_t)(low.value | high.value << 16);
	return HV_OK;
}

/* Physical from the guest's point of view: first stage off, supervisor rights. */
static uint64_t first_stage_off(void)
{
	csr_set(CSR_HSTATUS, HSTATUS_SPVP);
	return csr_swap(CSR_VSATP, 0);
}

int riscv_guest_read(uint8_t *to, gpaddr_t from, uint32_t bytes)
{
	struct trap_state s = trap_keep();
	uint64_t vsatp = first_stage_off();
	struct guest_word w = {0, 0};

	for (uint32_t i = 0; i < bytes && !w.cause; i++) {
		w = guest_load8(from + i);
		to[i] = (uint8_t)w.value;
	}
	csr_write(CSR_VSATP, vsatp);
	trap_restore(&s);
	return w.cause ? HV_EFAULT : HV_OK;
}

int riscv_guest_write8(gpaddr_t to, uint8_t value)
{
	struct trap_state s = trap_keep();
	uint64_t vsatp = first_stage_off();
	struct guest_word w = guest_store8(to, value);

	csr_write(CSR_VSATP, vsatp);
	trap_restore(&s);
	return w.cause ? HV_EFAULT : HV_OK;
}

int arch_vm_copy_in(struct vm *vm, gpaddr_t to, const void *from, uint32_t bytes)
{
	struct trap_state s = trap_keep();
	uint64_t hgatp = csr_swap(CSR_HGATP, vm->vcpus[0].arch.hgatp);
	uint64_t vsatp = first_stage_off();
	const uint64_t *word = from;
	uint64_t cause = 0;

	for (uint32_t i = 0; i < bytes / 8 && !cause; i++)
		cause = guest_store64(to + 8 * i, word ? word[i] : 0).cause;
	csr_write(CSR_VSATP, vsatp);
	csr_write(CSR_HGATP, hgatp);
	trap_restore(&s);
	return cause ? HV_EFAULT : HV_OK;
}
