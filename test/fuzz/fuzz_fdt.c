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
	struct world board = w;

	if (n >= 8)
		return 0;
	board.cpus = n + 1;
	table_build(WORLD_TABLE, &board);
	return tree_build(out, 16384, WORLD_TABLE);
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
