/* SPDX-License-Identifier: Apache-2.0 */
/* What a vCPU's registers, second stage and clock are made of. */
#include "sbi_system.h"

/* The second stage, walked by hand: every byte of a VM's own memory and not one more. */
static void the_second_stage_maps_exactly_the_vms_regions(void **state)
{
	/* REQ: MEM-1, MEM-2 */
	(void)state;
	for (unsigned i = 0; i < vm_count; i++) {
		uint64_t hgatp = vms[i].vcpus[0].arch.hgatp;
		const struct table_region *r = table_region(vms[i].config->region_first);

		for (gpaddr_t gpa = WORLD_GPA - 0x400000; gpa < WORLD_GPA + 0x400000; gpa += 4096) {
			bool own = gpa >= r->gpa && gpa - r->gpa < r->bytes;
			char *expected = own ? (char *)r->phys + (gpa - r->gpa) : NULL;

			assert_ptr_equal(shim_walk(hgatp, gpa, 14), expected);
		}
		for (unsigned bit = 0; bit < 41; bit++)
			if (bit != 31)
				assert_null(shim_walk(hgatp, 1ull << bit, 0));
	}
}

static void every_vcpu_has_a_vmid_of_its_own(void **state)
{
	/* REQ: MEM-2 */
	(void)state;
	for (unsigned i = 0; i < vcpu_count; i++)
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(vcpus[i].arch.hgatp >> 44, vcpus[j].arch.hgatp >> 44);
}

static void time_converts_exactly_and_rounds_releases_up(void **state)
{
	/* REQ: TIME-4 */
	uint64_t seed = 3;

	(void)state;
	assert_int_equal(arch_tick_ns(), 100);
	assert_true(arch_ns_to_ticks(NS_NEVER) == UINT64_MAX);
	assert_true(arch_ticks_to_ns(UINT64_MAX) == NS_NEVER);
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t ns = random_next(&seed) >> (8 + i % 50); /* up to 2^56 ns: two years */

		assert_int_equal(arch_ns_to_ticks(ns), (ns + 99) / 100);
		assert_int_equal(arch_ticks_to_ns(ns / 100), ns / 100 * 100);
	}
}

/* Whatever a guest's floating-point registers hold, no other VM ever reads it. */
static void floating_point_registers_do_not_leak(void **state)
{
	/* REQ: MEM-2 */
	struct vcpu *other = &vms[2].vcpus[0];
	uint64_t *f = &shim_csrs[0][0xa00];

	(void)state;
	v->arch.vsstatus |= SSTATUS_FS;
	shim_csr_write(CSR_VSSTATUS, SSTATUS_FS);
	for (unsigned i = 0; i < 32; i++)
		f[i] = 0x1111;
	shim_csr_write(CSR_SSTATUS, shim_csr_read(CSR_SSTATUS) | SSTATUS_FS); /* dirty */
	shim_make_current(other);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(f[i], 0);
	f[3] = 0x2222;
	shim_csr_write(CSR_SSTATUS, shim_csr_read(CSR_SSTATUS) | SSTATUS_FS);
	shim_make_current(v);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(f[i], 0x1111);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_second_stage_maps_exactly_the_vms_regions),
		FRESH(every_vcpu_has_a_vmid_of_its_own),
		FRESH(time_converts_exactly_and_rounds_releases_up),
		FRESH(floating_point_registers_do_not_leak),
	};

	return cmocka_run_group_tests_name("regs", tests, NULL, NULL);
}
