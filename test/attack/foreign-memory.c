/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reaches for memory that is not its own: firmware, the hypervisor (which lies where this guest's
 * own memory seems to be, and beyond), other VMs, every device of the board, and the far ends of
 * the guest-physical space. One program each for loads (ATTACK_READ), stores and jumps, because a
 * hypervisor may stop a VM at the first.
 */
#include <stddef.h>
#include "attack.h"
#include "random.h"

struct region {
	const char *name;
	uint64_t start;
	uint64_t end;
	uint64_t step;
};

/* What a VM may own (UART, PLIC, APLIC, its IMSIC file) is left to plic-fuzz and aplic-fuzz. */
static const struct region regions[] = {
	{"debug and boot ROM", 0, 0x10000, 0x800},
	{"finisher", 0x100000, 0x101000, 0x400},
	{"real-time clock", 0x101000, 0x102000, 0x400},
	{"ACLINT", 0x2000000, 0x2010000, 0x1000},
	{"ACLINT mtime", 0x200bff8, 0x200c000, 8},
	{"ACLINT sswi", 0x2f00000, 0x2f04000, 0x1000},
	{"PCI ports", 0x3000000, 0x3010000, 0x4000},
	{"IOMMU", 0x3010000, 0x3011000, 0x100},
	{"platform bus", 0x4000000, 0x6000000, 0x400000},
	{"VIRTIO", 0x10001000, 0x10009000, 0x800},
	{"firmware configuration", 0x10100000, 0x10100018, 8},
	{"flash", 0x20000000, 0x24000000, 0x800000},
	{"machine-level IMSIC", 0x24000000, 0x24010000, 0x1000},
	{"other harts' IMSIC files", 0x28008000, 0x28040000, 0x1000},
	{"PCI configuration", 0x30000000, 0x40000000, 0x2000000},
	{"PCI memory", 0x40000000, 0x80000000, 0x8000000},
	{"firmware", FIRMWARE, FIRMWARE + 0x40000, 0x4000},
	{"below own memory", FIRMWARE + 0x40000, OWN_MEMORY, 0x20000},
	{"just beyond own memory", BEYOND_OWN, BEYOND_OWN + 0x20000, 0x1000},
	{"rest of RAM", BEYOND_OWN + 0x20000, 0xc0000000, 0x400000},
	{"above 4 GiB", 0x100000000, 0x1000000000, 0x140000000},
};

static struct tally total;

static void try_at(uint64_t address, struct tally *tally)
{
#if defined(ATTACK_READ)
	for (uint64_t size = 1; size <= 8; size *= 2)
		tally_count(tally, try_load(address, size, NULL));
#elif defined(ATTACK_WRITE)
	for (uint64_t size = 1; size <= 8; size *= 2)
		tally_count(tally, try_store(address, size, 0));
#else
	tally_count(tally, try_execute(address));
#endif
}

static void try_region(const struct region *region)
{
	struct tally tally = {0};

	for (uint64_t at = region->start; at < region->end; at += region->step)
		try_at(at, &tally);
	tally_print(&tally, region->name);
	total.tried += tally.tried;
	total.refused += tally.refused;
}

/* Every power of two that is not RAM of this VM or the board, both sides, and random ones. */
static void try_far(void)
{
	struct tally tally = {0};
	uint64_t seed = 1;

	for (unsigned int bit = 36; bit < 64; bit++) {
		try_at(1ul << bit, &tally);
		try_at((1ul << bit) - 8, &tally);
		try_at(-(1ul << bit), &tally);
		try_at((1ul << bit) + OWN_MEMORY, &tally);
	}
	for (int i = 0; i < 100; i++)
		try_at(random_next(&seed) | 1ul << 40, &tally);
	tally_print(&tally, "far addresses");
	total.tried += tally.tried;
	total.refused += tally.refused;
}

/* An access that begins in own memory and ends beyond it. */
static void try_edge(void)
{
	struct tally tally = {0};

	for (uint64_t before = 1; before < 8; before++) {
#if defined(ATTACK_READ)
		tally_count(&tally, try_load(BEYOND_OWN - before, 8, NULL));
#elif defined(ATTACK_WRITE)
		tally_count(&tally, try_store(BEYOND_OWN - before, 8, 0));
#endif
	}
	tally_print(&tally, "across the end of own memory");
	total.tried += tally.tried;
	total.refused += tally.refused;
}

void attack(void)
{
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		try_region(&regions[i]);
	try_far();
	try_edge();
	tally_print(&total, "total");
}
