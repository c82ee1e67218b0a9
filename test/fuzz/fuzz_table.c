/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_check() on a good table with words replaced, checksum right: whatever it accepts is safe
 * (table_unsafe() looks with eyes of its own). Input: a byte for the kind of table, then (word
 * number, value).
 */
#include "fuzz.h"
#include "core/table.h"
#include "lib/crc32.h"

static const struct world kinds[] = {
	{.cpus = 1, .vms = 1},
	{.cpus = 2,
	 .vms = 3,
	 .vm = {{.vcpus = 2,
		 .vic = VIC_AIA,
		 .uart = 1,
		 .vcpu = {{.cpu = 0, .guest_file = 1}, {.cpu = 1, .guest_file = 1}}},
		{.vic = VIC_PLIC,
		 .uart = 10,
		 .irqs = 2,
		 .irq = {{11, 11}, {40, 12}},
		 .vcpu = {{.cpu = 1, .capacity_ns = 200 * US, .period_ns = MS}}},
		{.copies = true}}},
	{.cpus = 8, .vms = 16, .vm = {[0 ... 15] = {.vcpus = 4, .vic = VIC_PLIC, .copies = true}}},
};

size_t fuzz_seed(unsigned n, uint8_t *out)
{
	uint8_t *at = out;

	if (n >= 90)
		return 0;
	put(&at, n % 3, 1);
	put(&at, 4 + n, 2);
	put(&at, n, 1);
	put(&at, n * 0x01010101u, 4);
	return (size_t)(at - out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static char built[3][0x4000] __attribute__((aligned(8)));
	static uint32_t built_bytes[3];
	struct input in = {data, bytes};
	struct table_header *h = (struct table_header *)WORLD_TABLE;
	unsigned kind = (unsigned)take(&in, 1) % 3;
	const char *unsafe;
	uint32_t words;

	if (!built_bytes[kind]) {
		built_bytes[kind] = table_build(h, &kinds[kind]);
		MUST(built_bytes[kind] <= sizeof(built[kind]));
		memcpy(built[kind], h, built_bytes[kind]);
	}
	memcpy(h, built[kind], built_bytes[kind]);
	words = built_bytes[kind] / 4;
	while (in.left) {
		uint32_t word = (uint32_t)take(&in, 2) % words, how = (uint32_t)take(&in, 1);
		uint32_t value = (uint32_t)take(&in, 4), *at = (uint32_t *)h + word;

		if (how % 4 == 0) /* any number */
			*at = value;
		else if (how % 4 == 1) /* another field's, so that things meet */
			*at = ((uint32_t *)h)[value % words];
		else if (how % 4 == 2)
			*at += (value % 33 - 16) * 4096;
		else
			*at += value % 17 - 8;
	}
	if (h->bytes >= sizeof(*h) && h->bytes <= WORLD_TABLE_BYTES)
		h->crc32 = 0, h->crc32 = crc32_update(0, h, h->bytes); /* as fast as it goes */
	if (table_check(h))
		return 0;
	unsafe = table_unsafe(h);
	if (unsafe)
		fprintf(stderr, "accepted: %s\n", unsafe);
	MUST(!unsafe);
	return 0;
}
