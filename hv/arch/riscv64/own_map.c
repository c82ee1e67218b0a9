/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor's own translation (Sv39): W^X, everything at its physical address except the
 * stacks, which lie between unmapped pages. Guest memory and second-stage tables are not mapped
 * (but the page with the leaves of guest interrupt files, if their vCPUs may run on several harts).
 * Pristine copies are, read-only, in 2 MiB pages.
 */
#include "board_map.h"
#include "core/pool.h"
#include "core/table.h"
#include "own_map.h"
#include "riscv.h"

#define PTE_V      1ul
#define PTE_R      2ul
#define PTE_W      4ul
#define PTE_X      8ul
#define PTE_G      32ul
#define PTE_A      64ul
#define PTE_D      128ul
#define PTE_RO     (PTE_V | PTE_R | PTE_G | PTE_A)
#define PTE_RW     (PTE_RO | PTE_W | PTE_D)
#define PTE_RX     (PTE_RO | PTE_X)
#define PTE_PPN(p) ((p) >> 12 << 10)

#define MIB2       (1ul << 21)
#define GIB        (1ul << 30)
#define WINDOW_END (table->image_phys + MIB2) /* the hypervisor's 2 MiB */

extern char __text_start[], __text_end[], __ro_end[], __hv_end[];

static uint64_t *root, *low, *ram, *window;
static paddr_t stacks;

void riscv_own_map_reserve(void)
{
	root = pool_take(PAGE_BYTES, PAGE_BYTES);
	low = pool_take(PAGE_BYTES, PAGE_BYTES);
	ram = pool_take(PAGE_BYTES, PAGE_BYTES);
	window = pool_take(PAGE_BYTES, PAGE_BYTES);
	stacks = (paddr_t)pool_take(table->cpus.count * STACK_BYTES, PAGE_BYTES);
}

/* CPU i's stack ends 2 * i pages below the window's end; the page below each is a hole. */
uint64_t riscv_stack_virtual_top(uint32_t cpu)
{
	return WINDOW_END - 2 * cpu * PAGE_BYTES;
}

paddr_t riscv_stack_physical_top(uint32_t cpu)
{
	return stacks + (cpu + 1) * STACK_BYTES;
}

static void map_window(paddr_t from, paddr_t to, uint64_t rights)
{
	for (; from < to; from += PAGE_BYTES)
		window[from >> 12 & 511] = PTE_PPN(from) | rights;
}

static void map_megapage(paddr_t at, uint64_t rights)
{
	if (at < GIB)
		low[at >> 21 & 511] = PTE_PPN(at & ~(MIB2 - 1)) | rights;
	else if (at >> 30 == table->image_phys >> 30)
		ram[at >> 21 & 511] = PTE_PPN(at & ~(MIB2 - 1)) | rights;
	else /* far away: by 1 GiB pages */
		root[at >> 30 & 511] = PTE_PPN(at & ~(GIB - 1)) | rights;
}

uint64_t riscv_own_map_build(void)
{
	paddr_t own_end = ALIGN_UP(pool_next(), PAGE_BYTES);

	if (own_end > riscv_stack_virtual_top(table->cpus.count))
		panic("hypervisor does not fit its window", own_end);
	root[0] = PTE_PPN((paddr_t)low) | PTE_V;
	root[table->image_phys >> 30] = PTE_PPN((paddr_t)ram) | PTE_V;
	ram[table->image_phys >> 21 & 511] = PTE_PPN((paddr_t)window) | PTE_V;
	map_window((paddr_t)__text_start, (paddr_t)__text_end, PTE_RX);
	map_window((paddr_t)__text_end, (paddr_t)__ro_end, PTE_RO);
	map_window((paddr_t)__ro_end, (paddr_t)__hv_end, PTE_RW);
	map_window((paddr_t)__hv_end, ALIGN_UP((paddr_t)table + table->bytes, PAGE_BYTES), PTE_RO);
	map_window(ALIGN_UP(stacks + table->cpus.count * STACK_BYTES, PAGE_BYTES), own_end, PTE_RW);
	for (uint32_t i = 0; i < table->cpus.count; i++)
		window[(riscv_stack_virtual_top(i) - 1) >> 12 & 511] =
			PTE_PPN(stacks + i * STACK_BYTES) | PTE_RW;
	map_megapage(BOARD_UART_BASE, PTE_RW);
	map_megapage(BOARD_APLIC_BASE, PTE_RW);
	map_megapage(BOARD_IMSIC_BASE, PTE_RW);
	for (uint32_t i = 0; i < table->copies.count; i++)
		for (paddr_t at = table_copy(i)->phys & ~(MIB2 - 1); /* phys 0: zeros, no copy */
		     table_copy(i)->phys && at < table_copy(i)->phys + table_copy(i)->bytes;
		     at += MIB2)
			map_megapage(at, PTE_RO);
	for (uint32_t i = 0; i < vcpu_count; i++) {
		paddr_t leaf = (paddr_t)vcpus[i].arch.file_leaf & ~(PAGE_BYTES - 1);

		if (leaf && vcpus[i].movable) /* imsic_move.c writes it */
			map_window(leaf, leaf + PAGE_BYTES, PTE_RW);
	}
	for (uint64_t done = 0; done < table_trace_bytes(); done += MIB2)
		map_megapage(table->trace_phys + done, PTE_RW);
	return SATP_SV39 | (paddr_t)root >> 12;
}
