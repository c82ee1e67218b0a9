/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Second stage: Sv39x4 (Privileged Architecture, 18.5). Built once at start with the largest pages
 * that fit and never changed, but for the leaf of a guest interrupt file whose vCPU runs on
 * another hart (imsic_move.c). Leaves have U, A and D set, so the hardware never has to; a piece
 * that one VM may not reach has no leaf at all.
 */
#include "core/pool.h"
#include "core/table.h"
#include "riscv.h"
#include "s2.h"

#define PTE_V       1ul
#define PTE_R       2ul
#define PTE_W       4ul
#define PTE_X       8ul
#define PTE_U       16ul
#define PTE_A       64ul
#define PTE_D       128ul
#define PTE_PPN(p)  ((p) >> 12 << 10)
#define PTE_PHYS(e) ((e) >> 10 << 12)

#define LEVELS      3
#define FILE_RIGHTS (PTE_V | PTE_U | PTE_A | PTE_D | PTE_R | PTE_W)

const gpaddr_t arch_guest_files_gpa = GUEST_IMSIC_BASE;

static paddr_t next_root, next_page, pages_end;

void riscv_s2_reserve(void)
{
	next_root = (paddr_t)pool_take((uint64_t)table->vms.count * S2_ROOT_BYTES, S2_ROOT_BYTES);
	next_page = (paddr_t)pool_take((uint64_t)table->s2_pages * PAGE_BYTES, PAGE_BYTES);
	pages_end = next_page + (uint64_t)table->s2_pages * PAGE_BYTES;
}

static uint64_t *page_new(void)
{
	paddr_t page = next_page;

	if (page >= pages_end)
		panic("system table gives too few second-stage pages", page);
	next_page += PAGE_BYTES;
	return (uint64_t *)page;
}

static uint64_t level_bytes(unsigned level)
{
	return PAGE_BYTES << 9 * level;
}

/* The root has 2048 entries, the others 512. */
static uint64_t *slot(uint64_t *t, gpaddr_t gpa, unsigned level)
{
	uint64_t mask = level == LEVELS - 1 ? 2047 : 511;

	return &t[gpa >> (12 + 9 * level) & mask];
}

static void map_one(uint64_t *t, gpaddr_t gpa, paddr_t phys, unsigned level, uint64_t rights)
{
	for (unsigned l = LEVELS - 1; l > level; l--) {
		uint64_t *e = slot(t, gpa, l);

		if (!*e)
			*e = PTE_PPN((paddr_t)page_new()) | PTE_V;
		t = (uint64_t *)PTE_PHYS(*e);
	}
	*slot(t, gpa, level) = PTE_PPN(phys) | rights;
}

/* The 4 KiB leaf of what is mapped by one. */
static uint64_t *leaf(uint64_t *t, gpaddr_t gpa)
{
	for (unsigned l = LEVELS - 1; l; l--)
		t = (uint64_t *)PTE_PHYS(*slot(t, gpa, l));
	return slot(t, gpa, 0);
}

static void map(paddr_t root, gpaddr_t gpa, paddr_t phys, uint64_t bytes, uint64_t rights)
{
	while (bytes) {
		unsigned level = LEVELS - 1;

		while (level &&
		       ((gpa | phys) & (level_bytes(level) - 1) || bytes < level_bytes(level)))
			level--;
		map_one((uint64_t *)root, gpa, phys, level, rights);
		gpa += level_bytes(level);
		phys += level_bytes(level);
		bytes -= level_bytes(level);
	}
}

static uint64_t rights_of(const struct table_region *r)
{
	uint64_t pte = PTE_V | PTE_U | PTE_A | PTE_D;

	if (r->rights & REGION_R)
		pte |= PTE_R;
	if (r->rights & REGION_W)
		pte |= PTE_W;
	if (r->rights & REGION_X)
		pte |= PTE_X;
	return pte;
}

void riscv_s2_build(struct vm *vm)
{
	const struct table_vm *c = vm->config;

	vm->s2_root = next_root;
	next_root += S2_ROOT_BYTES;
	for (uint32_t i = 0; i < c->region_count; i++) {
		const struct table_region *r = table_region(c->region_first + i);

		map(vm->s2_root, r->gpa, r->phys, r->bytes, rights_of(r));
	}
	for (uint32_t i = 0; c->vic == VIC_AIA && i < c->vcpu_count; i++) {
		const struct table_vcpu *v = table_vcpu(c->vcpu_first + i);

		map(vm->s2_root, GUEST_IMSIC_BASE + i * PAGE_BYTES,
		    riscv_imsic_page(table_cpu(v->cpu)->hart_id, v->guest_file), PAGE_BYTES,
		    FILE_RIGHTS);
		vm->vcpus[i].arch.file_leaf =
			leaf((uint64_t *)vm->s2_root, GUEST_IMSIC_BASE + i * PAGE_BYTES);
	}
}

void riscv_s2_point_file(struct vcpu *v)
{
	*v->arch.file_leaf =
		PTE_PPN(riscv_imsic_page(v->cpu->hart_id, v->config->guest_file)) | FILE_RIGHTS;
}
