/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting second-stage tables: below the root (Sv39x4) one for every 1 GiB area that is touched
 * and not one leaf, and one for every 2 MiB area that is touched and not one leaf. An area is a
 * leaf if it is covered wholly and guest-physical and physical address are congruent.
 */
#include "plan.h"

#define AREAS_MAX 16384u

struct areas {
	uint64_t seen[AREAS_MAX];
	uint32_t count;
};

static void area_note(struct areas *areas, uint64_t area)
{
	for (uint32_t i = areas->count; i > 0; i--)
		if (areas->seen[i - 1] == area)
			return;
	if (areas->count < AREAS_MAX)
		areas->seen[areas->count++] = area;
}

static bool is_leaf(uint64_t area, uint64_t unit, struct table_region region)
{
	return area >= region.gpa && area + unit <= region.gpa + region.bytes &&
	       (region.gpa - region.phys) % unit == 0;
}

/* Level 1 areas are noted by their address, level 2 ones by their address + 1. */
static void region_note(struct areas *areas, struct table_region region)
{
	uint64_t end = region.gpa + region.bytes;

	for (uint64_t big = align_down(region.gpa, GIB); big < end; big += GIB) {
		uint64_t from = big > region.gpa ? big : align_down(region.gpa, MIB2);

		if (is_leaf(big, GIB, region))
			continue;
		area_note(areas, big);
		for (uint64_t small = from; small < end && small < big + GIB; small += MIB2)
			if (!is_leaf(small, MIB2, region))
				area_note(areas, small + 1);
	}
}

uint32_t s2_pages(const struct sys_vm *vm)
{
	static struct areas areas;

	areas.count = 0;
	region_note(&areas, (struct table_region){
				    .gpa = vm->gpa, .phys = vm->phys, .bytes = vm->memory_bytes});
	for (uint32_t i = 0; i < vm->device_count; i++) {
		const struct board_device *device = vm->devices[i].device;

		region_note(&areas, (struct table_region){.gpa = device->phys,
							  .phys = device->phys,
							  .bytes = device->bytes});
	}
	for (uint32_t i = 0; i < vm->vcpu_count && vm->vic == VIC_AIA; i++)
		region_note(&areas,
			    (struct table_region){.gpa = GUEST_IMSIC_GPA + i * GUEST_IMSIC_STRIDE,
						  .bytes = PAGE});
	return areas.count;
}
