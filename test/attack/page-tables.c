/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays with its own page tables (Sv39): mappings to what is not its own, tables that lie in
 * devices, in firmware, beyond its memory, in themselves, with every reserved bit set. The walk
 * itself then goes astray. page-tables-garbage finally makes the root garbage, from which nothing
 * comes back.
 */
#include <stddef.h>
#include "attack.h"
#include "random.h"
#include "uart.h"

#define SATP_SV39      (8ul << 60)
#define PAGE_SHIFT     12
#define ENTRIES        512
#define PTE_V          0x01
#define PTE_RWXAD      0xce
#define PTE_PPN(pa)    ((uint64_t)(pa) >> PAGE_SHIFT << 10)
#define GIGAPAGE_SHIFT 30
#define OWN_GIGAPAGE   (OWN_MEMORY >> GIGAPAGE_SHIFT)
#define UART_GIGAPAGE  (UART_BASE >> GIGAPAGE_SHIFT)
#define TRIAL_GIGAPAGE 5
#define TRIAL_VA       ((uint64_t)TRIAL_GIGAPAGE << GIGAPAGE_SHIFT)
#define RANDOM_ENTRIES 2000

static uint64_t root[ENTRIES] __attribute__((aligned(4096)));
static uint64_t table[ENTRIES] __attribute__((aligned(4096)));
static uint64_t seed = 0x7ab1e;
static struct tally total;

static void paging_on(void)
{
	csr_write(satp, SATP_SV39 | (uint64_t)root >> PAGE_SHIFT);
	sfence_vma();
}

static void paging_off(void)
{
	csr_write(satp, 0);
	sfence_vma();
}

/* Identity for this program and its UART, which print needs. */
static void init_root(void)
{
	root[OWN_GIGAPAGE] = PTE_PPN(OWN_GIGAPAGE << GIGAPAGE_SHIFT) | PTE_RWXAD | PTE_V;
	root[UART_GIGAPAGE] = PTE_PPN(UART_GIGAPAGE << GIGAPAGE_SHIFT) | PTE_RWXAD | PTE_V;
}

static void try_entry(uint64_t entry, uint64_t offset, struct tally *tally)
{
	root[TRIAL_GIGAPAGE] = entry;
	sfence_vma();
	tally_count(tally, try_load(TRIAL_VA + offset, 8, NULL));
	tally_count(tally, try_store(TRIAL_VA + offset, 8, 0));
	tally_count(tally, try_execute(TRIAL_VA + offset));
	total.tried += 3;
}

static const struct {
	const char *name;
	uint64_t address;
} places[] = {
	{"firmware", FIRMWARE},
	{"beyond own memory", BEYOND_OWN},
	{"UART", UART_BASE},
	{"PLIC", PLIC_BASE},
	{"APLIC", APLIC_BASE},
	{"IMSIC", IMSIC_BASE},
	{"other harts' IMSIC files", IMSIC_BASE + 0x10000},
	{"nothing", 0x50000000},
	{"2^40", 1ul << 40},
	{"2^41", 1ul << 41},
	{"2^55", 1ul << 55},
};

/* A leaf that leads there, and a table that lies there. */
static void try_place(size_t i)
{
	struct tally leaf = {0}, walk = {0};
	uint64_t ppn = PTE_PPN(places[i].address);
	char what[48];

	/* Through a second-level table: a gigapage would have to be aligned. */
	for (int entry = 0; entry < ENTRIES; entry++)
		table[entry] = PTE_PPN(places[i].address & ~0x1ffffful) | PTE_RWXAD | PTE_V;
	try_entry(PTE_PPN(table) | PTE_V, places[i].address & 0x1fffff, &leaf);
	print_into(what, sizeof(what), "page in %s", places[i].name);
	tally_print(&leaf, what);
	try_entry(ppn | PTE_V, 0, &walk);
	for (int entry = 0; entry < ENTRIES; entry++)
		table[entry] = ppn | PTE_V;
	try_entry(PTE_PPN(table) | PTE_V, 0, &walk);
	print_into(what, sizeof(what), "table in %s", places[i].name);
	tally_print(&walk, what);
}

static void try_self(void)
{
	struct tally tally = {0};

	try_entry(PTE_PPN(root) | PTE_V, (uint64_t)TRIAL_GIGAPAGE << 21, &tally);
	try_entry(UINT64_MAX, 0, &tally);
	try_entry(PTE_PPN(table) | PTE_V | 0xfful << 54, 0, &tally);
	try_entry(PTE_RWXAD, 0, &tally);
	tally_print(&tally, "tables in themselves, reserved bits");
}

static void try_random(void)
{
	struct tally tally = {0};

	for (int i = 0; i < RANDOM_ENTRIES; i++)
		try_entry(random_next(&seed) | (uint64_t)(i & 1), random_next(&seed) & 0x3ffffff8,
			  &tally);
	tally_print(&tally, "random entries");
}

void attack(void)
{
	init_root();
	paging_on();
#ifdef ROOT_GARBAGE
	announce("root table in nothing, walking forever");
	csr_write(satp, SATP_SV39 | 0x50000000ul >> PAGE_SHIFT);
	sfence_vma();
#endif
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		try_place(i);
	try_self();
	try_random();
	paging_off();
	print("attack " ATTACK_NAME ": %lu accesses\n", total.tried);
}
