/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: best-effort vCPUs with a guest interrupt file that may run on several harts (AIA 1.0,
 * chapters 3 and 6). Such a vCPU has a file of the same number on each of them.
 *
 * When it is taken out of a hart its file's set-up is saved, and the file goes on collecting. When
 * another hart claims it, that one sets its own file up, points the guest-physical page of the file
 * and the sources of dedicated devices at it, and asks the former hart to pass on what came
 * meanwhile. Whatever still comes to the old file (a sibling's hart may use the old translation, an
 * MSI may be on its way) interrupts that hart and is passed on, too: nothing is lost, and no hart
 * waits for another.
 *
 * Locking: a file belongs to its hart. cpu.departed is any CPU's to set, its own to clear.
 */
#include "core/cpu.h"
#include "core/table.h"
#include "core/unit.h"
#include "lib/bits.h"
#include "riscv.h"
#include "s2.h"

#define EIE_WORDS     ARRAY_SIZE(((struct arch_vcpu *)0)->eie)
#define PASSED_A_STEP 8u /* interrupts */

static void write(uint32_t select, uint64_t value)
{
	csr_write(CSR_VSISELECT, select);
	csr_write(CSR_VSIREG, value);
}

static uint64_t read(uint32_t select)
{
	csr_write(CSR_VSISELECT, select);
	return csr_read(CSR_VSIREG);
}

/* v's file is selected: it was loaded until now. Its vsiselect has been saved. */
static void save(struct vcpu *v)
{
	struct arch_vcpu *a = &v->arch;

	a->eidelivery = (uint32_t)read(IMSIC_EIDELIVERY);
	a->eithreshold = (uint32_t)read(IMSIC_EITHRESHOLD);
	for (uint32_t i = 0; i < EIE_WORDS; i++)
		a->eie[i] = read(IMSIC_EIE0 + 2 * i);
}

/* File `file` of this hart; what belongs to the vCPU that is loaded is given back by restore(). */
static uint64_t select(uint32_t file, uint64_t *hstatus)
{
	*hstatus = csr_read(CSR_HSTATUS);
	csr_write(CSR_HSTATUS, (*hstatus & ~HSTATUS_VGEIN) | (uint64_t)file << HSTATUS_VGEIN_SHIFT);
	return csr_read(CSR_VSISELECT);
}

static void restore(uint64_t hstatus, uint64_t vsiselect)
{
	csr_write(CSR_VSISELECT, vsiselect);
	csr_write(CSR_HSTATUS, hstatus);
}

static void come(struct vcpu *v, struct cpu *from)
{
	struct arch_vcpu *a = &v->arch;
	uint32_t file = v->config->guest_file;
	uint64_t hstatus, vsiselect = select(file, &hstatus);

	write(IMSIC_EITHRESHOLD, a->eithreshold);
	for (uint32_t i = 0; i < EIE_WORDS; i++)
		write(IMSIC_EIE0 + 2 * i, a->eie[i]);
	write(IMSIC_EIDELIVERY, a->eidelivery);
	restore(hstatus, vsiselect);
	v->cpu->parked[SCHED_BE] &= ~(1u << file);
	riscv_s2_point_file(v);
	hfence_gvma_all();
	v->vm->vic->moved(v->vm, v->number);
	atomic_fetch_or(&from->departed, 1u << file);
	cpu_request(from, CPU_REQ_DEPARTED);
}

/* Passes on what is in a file whose vCPU has gone; what is too much for one step is seen again. */
static void pass_on(struct cpu *cpu, uint32_t file)
{
	struct vcpu *v = cpu->files[file];
	uint32_t left = PASSED_A_STEP;
	uint64_t hstatus, vsiselect;

	if (v->cpu == cpu) /* it came back */
		return;
	vsiselect = select(file, &hstatus);
	write(IMSIC_EITHRESHOLD, 0);
	for (uint32_t i = 0; i < EIE_WORDS && left; i++) {
		uint64_t word;

		write(IMSIC_EIE0 + 2 * i, UINT64_MAX);
		csr_write(CSR_VSISELECT, IMSIC_EIP0 + 2 * i);
		for (word = csr_swap(CSR_VSIREG, 0); word && left; word &= word - 1, left--)
			arch_send_msi(v, 64 * i + bit_lowest(word));
		csr_set(CSR_VSIREG, word);
	}
	write(IMSIC_EIDELIVERY, 1);
	restore(hstatus, vsiselect);
	cpu->parked[SCHED_BE] |= 1u << file;
}

static const struct riscv_file_mover mover = {save, come, pass_on};

static int vm_init(struct vm *vm)
{
	for (uint32_t i = 0; vm->config->vic == VIC_AIA && i < vm->config->vcpu_count; i++) {
		uint32_t where = table_vcpu(vm->config->vcpu_first + i)->cpus;

		if (where & (where - 1))
			riscv_file_mover = &mover;
	}
	return HV_OK;
}

static const struct unit move = {.name = "move", .vm_init = vm_init};
UNIT(move);
