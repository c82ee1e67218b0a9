/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded reader of the firmware's device tree, against trees that libfdt writes. */
#include "cmocka_all.h"
#include <libfdt.h>
#include "core/fdt.h"
#include "core/table.h"

#define ROOM         16384u
#define IMAGE        ((uint64_t)world_image)
#define RAM          (IMAGE - 0x200000)
#define system_table WORLD_TABLE

static char tree[ROOM] __attribute__((aligned(8)));

static int fresh(void **state)
{
	static const struct world w = {.cpus = 2,
				       .vms = 1,
				       .isa = ISA_D | ISA_SSTC | ISA_SSAIA | ISA_SVPBMT |
					      ISA_ZICBOM | ISA_ZICBOZ};

	(void)state;
	table_build(system_table, &w);
	assert_null(table_check(system_table));
	tree_build(tree, ROOM, system_table);
	assert_int_equal(fdt_open_into(tree, tree, ROOM), 0); /* room for changes */
	return 0;
}

static int node(const char *path)
{
	int at = fdt_path_offset(tree, path);

	assert_true(at >= 0);
	return at;
}

static const char *memory_path(void)
{
	static char path[40];

	snprintf(path, sizeof(path), "/memory@%llx", (unsigned long long)RAM);
	return path;
}

static void set_reg(const char *path, const uint64_t *values, unsigned count)
{
	fdt64_t cells[8];

	for (unsigned i = 0; i < count; i++)
		cells[i] = cpu_to_fdt64(values[i]);
	assert_int_equal(fdt_setprop(tree, node(path), "reg", cells, (int)(8 * count)), 0);
}

static void a_board_that_fits_is_accepted(void **state)
{
	/* REQ: OPS-1 */
	(void)state;
	assert_null(fdt_check(tree));
}

static void no_tree_is_refused(void **state)
{
	/* REQ: OPS-1 */
	static const char rubbish[64] __attribute__((aligned(8)));

	(void)state;
	assert_non_null(fdt_check(NULL));
	assert_non_null(fdt_check(rubbish));
}

static void less_memory_than_the_system_needs_is_refused(void **state)
{
	/* REQ: OPS-1, MEM-1 */
	uint64_t end = IMAGE + table->image_bytes;

	(void)state;
	set_reg(memory_path(), (uint64_t[]){RAM, end - RAM}, 2);
	assert_null(fdt_check(tree));
	set_reg(memory_path(), (uint64_t[]){RAM, end - RAM - 1}, 2);
	assert_non_null(fdt_check(tree));
	set_reg(memory_path(), (uint64_t[]){IMAGE + 1, 1ull << 32}, 2);
	assert_non_null(fdt_check(tree));
	fdt_del_node(tree, node(memory_path()));
	assert_non_null(fdt_check(tree));
}

static void memory_reserved_by_the_firmware_inside_the_system_is_refused(void **state)
{
	/* REQ: OPS-1, MEM-2 */
	static const char path[] = "/reserved-memory/mmode_resv0";
	uint64_t end = IMAGE + table->image_bytes;

	(void)state;
	set_reg(path, (uint64_t[]){RAM, 0x200000}, 2); /* ends where the system begins */
	assert_null(fdt_check(tree));
	set_reg(path, (uint64_t[]){end, 4096}, 2);
	assert_null(fdt_check(tree));
	set_reg(path, (uint64_t[]){RAM, 0x200001}, 2);
	assert_non_null(fdt_check(tree));
	set_reg(path, (uint64_t[]){end - 1, 4096}, 2);
	assert_non_null(fdt_check(tree));
	set_reg(path, (uint64_t[]){IMAGE + 0x10000, 16}, 2);
	assert_non_null(fdt_check(tree));
}

static void the_second_range_of_a_reservation_counts_too(void **state)
{
	/* REQ: OPS-1, MEM-2 */
	(void)state;
	set_reg("/reserved-memory/mmode_resv0", (uint64_t[]){RAM, 0x40000, IMAGE + 0x10000, 0x1000},
		4);
	assert_non_null(fdt_check(tree));
}

static void memory_may_be_the_second_range(void **state)
{
	/* REQ: OPS-1 */
	(void)state;
	set_reg(memory_path(), (uint64_t[]){0x40000000, 0x1000, RAM, 0x10000000}, 4);
	assert_null(fdt_check(tree));
}

static void a_missing_hart_is_refused(void **state)
{
	/* REQ: OPS-1 */
	(void)state;
	fdt_setprop_u32(tree, node("/cpus/cpu@1"), "reg", 5);
	assert_non_null(fdt_check(tree));
	fdt_del_node(tree, node("/cpus/cpu@1"));
	assert_non_null(fdt_check(tree));
}

static void further_harts_do_not_matter(void **state)
{
	/* REQ: OPS-1 */
	int at = fdt_add_subnode(tree, node("/cpus"), "cpu@7");

	(void)state;
	fdt_setprop_u32(tree, at, "reg", 7);
	fdt_setprop_string(tree, at, "riscv,isa", "rv64imac");
	assert_null(fdt_check(tree));
}

static void another_timebase_is_refused(void **state)
{
	/* REQ: OPS-1, TIME-4 */
	(void)state;
	fdt_setprop_u32(tree, node("/cpus"), "timebase-frequency", WORLD_TIMEBASE + 1);
	assert_non_null(fdt_check(tree));
	fdt_delprop(tree, node("/cpus"), "timebase-frequency");
	assert_non_null(fdt_check(tree));
}

static void every_missing_isa_extension_is_refused(void **state)
{
	/* REQ: OPS-1, CPU-3 */
	static const char *const isas[] = {
		"rv64imafdc_zicbom_zicboz_ssaia_sstc_svpbmt", /* no h */
		"rv64imafch_zicbom_zicboz_ssaia_sstc_svpbmt", /* no d */
		"rv64imafdch_zicboz_ssaia_sstc_svpbmt",
		"rv64imafdch_zicbom_ssaia_sstc_svpbmt",
		"rv64imafdch_zicbom_zicboz_sstc_svpbmt",
		"rv64imafdch_zicbom_zicboz_ssaia_svpbmt",
		"rv64imafdch_zicbom_zicboz_ssaia_sstc",
		"rv64imafdch_zicbom_zicboz_ssaia_sstcx_svpbmt", /* begins alike */
		"rv64imafdch_zicbom_zicboz_ssaia_sst_svpbmt",
		"rv64imafdch_zicbom_zicboz_ssaia_xsstc_svpbmt",
		"rv64imafcz_zicbom_zicboz_ssaia_sstc_svpbmt_h_d", /* not where single letters are */
		"rv64",
		"rv6",
		"",
	};
	int cpu;

	(void)state;
	for (unsigned i = 0; i < sizeof(isas) / sizeof(isas[0]); i++) {
		cpu = node("/cpus/cpu@1");
		assert_int_equal(fdt_setprop_string(tree, cpu, "riscv,isa", isas[i]), 0);
		if (!fdt_check(tree))
			fail_msg("accepted: %s", isas[i]);
	}
	cpu = node("/cpus/cpu@1");
	fdt_delprop(tree, cpu, "riscv,isa");
	assert_non_null(fdt_check(tree));
}

static void an_isa_that_the_system_does_not_need_may_be_missing(void **state)
{
	/* REQ: CPU-3 */
	(void)state;
	((struct table_header *)system_table)->isa = ISA_SSTC;
	fdt_setprop_string(tree, node("/cpus/cpu@0"), "riscv,isa", "rv64imach_sstc");
	assert_null(fdt_check(tree));
}

/* In memory of exactly its size, so that AddressSanitizer sees every byte read behind it. */
static const char *check_exactly(const void *from, uint32_t bytes)
{
	char *exact = malloc(bytes);
	const char *wrong;

	memcpy(exact, from, bytes);
	wrong = fdt_check(exact);
	free(exact);
	return wrong;
}

static void header(uint32_t word, uint32_t value)
{
	((fdt32_t *)(void *)tree)[word] = cpu_to_fdt32(value);
}

/* Given a tree cut off at any word whose header says so, then it is refused and nothing behind it
 * is read. */
static void a_tree_cut_off_anywhere_is_refused(void **state)
{
	/* REQ: OPS-1 */
	uint32_t bytes;

	(void)state;
	fdt_pack(tree);
	bytes = fdt_totalsize(tree);
	assert_null(check_exactly(tree, bytes));
	for (uint32_t cut = 40; cut < bytes; cut += 4) {
		header(1, cut);
		assert_non_null(check_exactly(tree, cut));
	}
}

/* The structure block cut off anywhere, everything else consistent: what was not read cannot be
 * agreed to. */
static void a_structure_cut_off_anywhere_is_refused(void **state)
{
	/* REQ: OPS-1, MEM-2 */
	uint32_t bytes, full;

	(void)state;
	fdt_pack(tree);
	bytes = fdt_totalsize(tree);
	full = fdt_size_dt_struct(tree);
	for (uint32_t cut = 0; cut < full; cut++) {
		header(9, cut);
		if (!check_exactly(tree, bytes))
			fail_msg("accepted with %u of %u bytes of structure", cut, full);
	}
}

/* The structure block last in memory and of any length: its last token must not be read past the
 * end. */
static void a_structure_that_ends_inside_a_token_is_not_read_past(void **state)
{
	/* REQ: OPS-1 */
	uint32_t structure, size, strings, strings_size;

	(void)state;
	fdt_pack(tree);
	structure = fdt_off_dt_struct(tree);
	size = fdt_size_dt_struct(tree);
	strings = fdt_off_dt_strings(tree);
	strings_size = fdt_size_dt_strings(tree);
	for (uint32_t cut = 0; cut < size; cut++) {
		char *exact = malloc(40 + strings_size + cut);
		fdt32_t *h = (fdt32_t *)(void *)exact;

		memcpy(exact, tree, 40);
		memcpy(exact + 40, tree + strings, strings_size);
		memcpy(exact + 40 + strings_size, tree + structure, cut);
		h[1] = cpu_to_fdt32(40 + strings_size + cut);
		h[2] = cpu_to_fdt32(40 + strings_size);
		h[3] = cpu_to_fdt32(40);
		h[9] = cpu_to_fdt32(cut);
		fdt_check(exact);
		free(exact);
	}
}

static void random_damage_never_leads_outside(void **state)
{
	/* REQ: OPS-1 */
	uint64_t seed = 23;
	uint32_t bytes;

	(void)state;
	fdt_pack(tree);
	bytes = fdt_totalsize(tree);
	for (unsigned i = 0; i < 100000; i++) {
		char *exact = malloc(bytes);

		memcpy(exact, tree, bytes);
		for (unsigned n = 1 + (unsigned)random_below(&seed, 4); n; n--) {
			uint32_t at = 8 + (uint32_t)random_below(&seed, bytes - 8);

			exact[at] = random_below(&seed, 2) ? (char)random_next(&seed)
							   : (char)(exact[at] + 1);
		}
		fdt_check(exact);
		free(exact);
	}
}

static void a_tree_nested_too_deeply_is_refused(void **state)
{
	/* REQ: OPS-1 */
	int at = node("/chosen");

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		at = fdt_add_subnode(tree, at, "n");
		assert_true(at > 0);
	}
	assert_non_null(fdt_check(tree));
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_board_that_fits_is_accepted),
		FRESH(no_tree_is_refused),
		FRESH(less_memory_than_the_system_needs_is_refused),
		FRESH(memory_reserved_by_the_firmware_inside_the_system_is_refused),
		FRESH(the_second_range_of_a_reservation_counts_too),
		FRESH(memory_may_be_the_second_range),
		FRESH(a_missing_hart_is_refused),
		FRESH(further_harts_do_not_matter),
		FRESH(another_timebase_is_refused),
		FRESH(every_missing_isa_extension_is_refused),
		FRESH(an_isa_that_the_system_does_not_need_may_be_missing),
		FRESH(a_tree_cut_off_anywhere_is_refused),
		FRESH(a_structure_cut_off_anywhere_is_refused),
		FRESH(a_structure_that_ends_inside_a_token_is_not_read_past),
		FRESH(random_damage_never_leads_outside),
		FRESH(a_tree_nested_too_deeply_is_refused),
	};

	return cmocka_run_group_tests_name("fdt", tests, NULL, NULL);
}
