/* SPDX-License-Identifier: Apache-2.0 */
/* fdt_check() on trees of any bytes, in memory of exactly their size: nothing outside is ever read.
 */
#include "fuzz.h"
#include <libfdt.h>
#include "core/fdt.h"
#include "core/table.h"

static const struct world w = {.cpus = 3, .isa = ISA_D | ISA_SSTC | ISA_SSAIA};

size_t fuzz_seed(unsigned n, uint8_t *out)
{
	static char tree[16384] __attribute__((aligned(8)));
	fdt32_t *header = (fdt32_t *)(void *)out;
	struct world board = w;
	uint32_t strings, cut;

	if (n >= 64)
		return 0;
	board.cpus = n % 8 + 1;
	table_build(WORLD_TABLE, &board);
	if (n < 8)
		return tree_build(out, 16384, WORLD_TABLE);
	/* strings first, then a part of the structure, of any length */
	tree_build(tree, sizeof(tree), WORLD_TABLE);
	strings = fdt_size_dt_strings(tree);
	cut = fdt_size_dt_struct(tree) - n;
	memcpy(out, tree, 40);
	memcpy(out + 40, tree + fdt_off_dt_strings(tree), strings);
	memcpy(out + 40 + strings, tree + fdt_off_dt_struct(tree), cut);
	header[1] = cpu_to_fdt32(40 + strings + cut);
	header[2] = cpu_to_fdt32(40 + strings);
	header[3] = cpu_to_fdt32(40);
	header[9] = cpu_to_fdt32(cut);
	return 40 + strings + cut;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *tree;

	if (bytes < sizeof(struct fdt_header) || bytes > 1 << 20)
		return 0;
	table_build(WORLD_TABLE, &w);
	MUST(!table_check(WORLD_TABLE));
	tree = malloc(bytes);
	memcpy(tree, data, bytes);
	if (fdt32_to_cpu(((fdt32_t *)(void *)tree)[1]) >
	    bytes) /* the reader must believe this one */
		((fdt32_t *)(void *)tree)[1] = cpu_to_fdt32((uint32_t)bytes);
	fdt_check(tree);
	free(tree);
	return 0;
}
