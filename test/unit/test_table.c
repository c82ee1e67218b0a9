/* SPDX-License-Identifier: Apache-2.0 */
/* The system table as the hypervisor re-checks it at start: one good table, each field broken in
 * turn. */
#include "cmocka_all.h"
#include "core/table.h"

#include <sanitizer/asan_interface.h>

#define buffer WORLD_TABLE
#define IMAGE  ((uint64_t)world_image)

static const struct world good = {
	.cpus = 2,
	.vms = 3,
	.vm =
		{
			{.vcpus = 2,
			 .vic = VIC_AIA,
			 .uart = 1,
			 .vcpu = {{.cpu = 0, .guest_file = 1}, {.cpu = 1, .guest_file = 1}}},
			{.vic = VIC_PLIC,
			 .uart = 10,
			 .irqs = 1,
			 .irq = {{11, 11}},
			 .vcpu = {{.cpu = 1,
				   .capacity_ns = 200 * US,
				   .period_ns = MS,
				   .deadline_ns = 500 * US}}},
			{.vic = VIC_AIA, .copies = true, .vcpu = {{.cpu = 0, .guest_file = 2}}},
		},
};

struct parts {
	struct table_header *h;
	struct table_cpu *cpu;
	struct table_vm *vm;
	struct table_vcpu *vcpu;
	struct table_region *region;
	struct table_irq *irq;
	struct table_copy *copy;
};

static struct parts build(const struct world *w)
{
	memset(buffer, 0, WORLD_TABLE_BYTES);
	table_build(buffer, w);
	return (struct parts){
		(struct table_header *)buffer,
		TABLE_PART(buffer, cpus, struct table_cpu),
		TABLE_PART(buffer, vms, struct table_vm),
		TABLE_PART(buffer, vcpus, struct table_vcpu),
		TABLE_PART(buffer, regions, struct table_region),
		TABLE_PART(buffer, irqs, struct table_irq),
		TABLE_PART(buffer, copies, struct table_copy),
	};
}

/* name of the breakage, what is done to the good table (checksum is put right afterwards) */
#define BREAKAGES(X)                                                                               \
	/* header */                                                                               \
	X(wrong_magic, t->h->magic ^= 1)                                                           \
	X(other_version, t->h->version++)                                                          \
	X(table_too_short, t->h->bytes = sizeof(struct table_header) - 8)                          \
	X(no_cpu, t->h->cpus.count = 0)                                                            \
	X(too_many_cpus, t->h->cpus.count = TABLE_MAX_CPUS + 1)                                    \
	X(no_vm, t->h->vms.count = 0)                                                              \
	X(too_many_vms, t->h->vms.count = TABLE_MAX_VMS + 1)                                       \
	X(too_many_vcpus, t->h->vcpus.count = TABLE_MAX_VCPUS + 1)                                 \
	X(vcpus_beyond_the_end, t->h->vcpus.count = 60)                                            \
	X(regions_beyond_the_end, t->h->regions.count = 200)                                       \
	X(irqs_beyond_the_end, t->h->irqs.count = 1u << 30)                                        \
	X(copies_beyond_the_end, t->h->copies.count = UINT32_MAX)                                  \
	X(cpus_unaligned, t->h->cpus.offset += 4)                                                  \
	X(vms_unaligned, t->h->vms.offset += 4)                                                    \
	X(vcpus_offset_beyond_the_end, t->h->vcpus.offset = t->h->bytes + 8)                       \
	X(regions_offset_wraps, t->h->regions.offset = UINT32_MAX - 7)                             \
	X(timebase_zero, t->h->timebase_hz = 0)                                                    \
	X(pool_before_the_image, t->h->pool_phys = IMAGE - 0x10000)                                \
	X(pool_behind_the_image, t->h->pool_bytes = t->h->image_bytes)                             \
	X(pool_wraps, t->h->pool_bytes = -t->h->pool_phys)                                         \
	X(pool_over_the_table, t->h->pool_phys = (uint64_t)t->h)                                   \
	X(another_image, t->h->image_phys += 4096)                                                 \
	X(image_wraps, t->h->image_bytes = UINT64_MAX)                                             \
	/* CPUs */                                                                                 \
	X(two_cpus_one_hart, t->cpu[1].hart_id = t->cpu[0].hart_id)                                \
	X(quantum_zero, t->cpu[1].quantum_ns = 0)                                                  \
	X(policy_unknown, t->cpu[0].policy = 77)                                                   \
	/* VMs */                                                                                  \
	X(name_without_end, memset(t->vm[1].name, 'x', TABLE_NAME_BYTES))                          \
	X(vm_without_vcpu, t->vm[1].vcpu_count = 0)                                                \
	X(vm_with_five_vcpus, t->vm[0].vcpu_count = TABLE_MAX_VM_VCPUS + 1)                        \
	X(vcpus_not_grouped, t->vm[1].vcpu_first = 0)                                              \
	X(vcpu_of_nobody, t->h->vms.count = 2)                                                     \
	X(vm_regions_outside, t->vm[2].region_count = 2)                                           \
	X(vm_regions_wrap, t->vm[2].region_first = UINT32_MAX)                                     \
	X(vm_irqs_outside, t->vm[1].irq_count = 2)                                                 \
	X(vm_copies_outside, t->vm[2].copy_first = 1)                                              \
	X(vic_unknown, t->vm[0].vic = 3)                                                           \
	X(too_many_sources, t->vm[1].vic_sources = 128)                                            \
	X(uart_source_does_not_exist, t->vm[1].uart_source = 32)                                   \
	/* vCPUs */                                                                                \
	X(vcpu_of_another_vm, t->vcpu[1].vm = 1)                                                   \
	X(vcpu_on_no_cpu, t->vcpu[1].cpu = 2)                                                      \
	X(vcpu_far_away, t->vcpu[3].cpu = UINT32_MAX)                                              \
	X(aia_without_file, t->vcpu[0].guest_file = 0)                                             \
	X(plic_with_file, t->vcpu[2].guest_file = 3)                                               \
	X(file_does_not_exist, t->vcpu[0].guest_file = 8)                                          \
	X(file_with_two_owners, t->vcpu[3].guest_file = 1)                                         \
	X(weight_zero, t->vcpu[0].weight = 0)                                                      \
	X(weight_too_big, t->vcpu[0].weight = 65)                                                  \
	X(capacity_too_small, t->vcpu[2].capacity_ns = 9999)                                       \
	X(capacity_above_deadline, t->vcpu[2].capacity_ns = 500 * US + 1)                          \
	X(deadline_above_period, t->vcpu[2].deadline_ns = MS + 1)                                  \
	X(period_too_small, (t->vcpu[2].capacity_ns = 10000, t->vcpu[2].deadline_ns = 20000,       \
			     t->vcpu[2].period_ns = 99999))                                        \
	X(period_too_long, t->vcpu[2].period_ns = 1000000001)                                      \
	/* regions */                                                                              \
	X(region_over_the_hypervisor, t->region[0].phys = IMAGE)                                   \
	X(region_over_the_pool, t->region[0].phys = t->h->pool_phys)                               \
	X(region_ends_in_the_pool, t->region[0].phys -= 4096)                                      \
	X(region_over_the_firmware, t->region[0].phys = IMAGE - 0x200000)                          \
	X(region_behind_the_image, t->region[0].phys = IMAGE + t->h->image_bytes)                  \
	X(region_ends_behind_the_image, t->region[2].bytes += WORLD_MEMORY + 4096)                 \
	X(region_wraps, (t->region[0].phys = UINT64_MAX - 4095, t->region[0].bytes = 8192))        \
	X(region_phys_unaligned, t->region[0].phys += 8)                                           \
	X(region_gpa_unaligned, t->region[0].gpa += 8)                                             \
	X(region_bytes_unaligned, t->region[0].bytes -= 8)                                         \
	X(region_empty, t->region[0].bytes = 0)                                                    \
	X(region_gpa_too_far, t->region[0].gpa = 1ull << 41)                                       \
	X(region_gpa_wraps, t->region[0].gpa = -(uint64_t)WORLD_MEMORY)                            \
	X(regions_overlap, t->region[1].phys = t->region[0].phys + 4096)                           \
	X(device_with_x, (t->region[0].rights |= REGION_DEVICE, t->region[0].phys = WORLD_DEVICE,  \
			  t->region[0].bytes = 4096))                                              \
	X(device_in_memory, t->region[0].rights = REGION_R | REGION_DEVICE)                        \
	X(device_ends_in_memory, (t->region[0].rights = REGION_R | REGION_DEVICE,                  \
				  t->region[0].phys = IMAGE - 4096, t->region[0].bytes = 8192))    \
	X(regions_of_a_vm_overlap_for_the_guest,                                                   \
	  (t->vm[0].region_count = 2, t->vm[1].region_first = 2, t->vm[1].region_count = 1))       \
	/* interrupts of dedicated devices */                                                      \
	X(irq_virtual_source_does_not_exist, t->irq[0].virt_source = 32)                           \
	X(irq_virtual_source_far_away, t->irq[0].virt_source = 1u << 20)                           \
	X(irq_virtual_source_zero, t->irq[0].virt_source = 0)                                      \
	X(irq_physical_source_zero, t->irq[0].phys_source = 0)                                     \
	X(irq_physical_source_far_away, t->irq[0].phys_source = 1024)                              \
	/* pristine copies */                                                                      \
	X(copy_of_the_hypervisor, t->copy[0].phys = IMAGE)                                         \
	X(copy_of_another_vm, t->copy[0].phys = t->region[0].phys)                                 \
	X(copy_from_behind_the_image, t->copy[0].phys += WORLD_MEMORY)                             \
	X(copy_from_nowhere, t->copy[0].phys = 1ull << 60)                                         \
	X(irq_of_nobody, t->vm[1].irq_count = 0)                                                   \
	X(device_that_the_board_does_not_give,                                                     \
	  (t->region[0].rights = REGION_R | REGION_DEVICE, t->region[0].phys = 0x10000000,         \
	   t->region[0].bytes = 4096))                                                             \
	X(device_over_the_firmware,                                                                \
	  (t->region[0].rights = REGION_R | REGION_DEVICE, t->region[0].phys = IMAGE - 0x200000))  \
	X(region_over_the_interrupt_files, t->region[0].gpa = 0x28000000)                          \
	X(copy_unaligned, t->copy[0].bytes -= 4)

#define FUNCTION(name, code)                                                                       \
	static void break_##name(struct parts *t)                                                  \
	{                                                                                          \
		(void)(code);                                                                      \
	}
BREAKAGES(FUNCTION)

#define ROW(name, code) {#name, break_##name},
static const struct {
	const char *name;
	void (*apply)(struct parts *t);
} breakages[] = {BREAKAGES(ROW)};

static void a_valid_table_is_accepted(void **state)
{
	/* REQ: OPS-1 */
	(void)state;
	build(&good);
	if (table_check(buffer))
		fail_msg("%s", table_check(buffer));
	assert_ptr_equal(table, buffer);
	assert_int_equal(table_vcpu(2)->capacity_ns, 200 * US);
	assert_int_equal(table_irq(0)->phys_source, 11);
	assert_int_equal(table_copy(0)->bytes, WORLD_MEMORY);
}

/* Given a valid table, when any one field is broken, then a message says so. All are tried; the
 * names of those that pass are printed. */
static void every_single_broken_field_is_refused(void **state)
{
	/* REQ: MEM-2, OPS-1, OPS-2 */
	unsigned accepted = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(breakages) / sizeof(breakages[0]); i++) {
		struct parts t = build(&good);

		breakages[i].apply(&t);
		table_seal(buffer);
		if (!table_check(buffer)) {
			print_error("accepted: %s\n", breakages[i].name);
			accepted++;
		}
	}
	assert_int_equal(accepted, 0);
}

static void every_flipped_bit_is_noticed(void **state)
{
	/* REQ: OPS-1 */
	uint32_t bytes;

	(void)state;
	build(&good);
	bytes = ((struct table_header *)buffer)->bytes;
	for (uint32_t i = 0; i < bytes * 8; i++) {
		buffer[i / 8] ^= (char)(1 << i % 8);
		assert_non_null(table_check(buffer));
		buffer[i / 8] ^= (char)(1 << i % 8);
	}
	assert_null(table_check(buffer));
}

/* Given a table cut off at any word, its length and checksum made to fit, then it is refused and
 * nothing behind it is read. */
static void a_table_cut_off_anywhere_is_refused(void **state)
{
	/* REQ: OPS-1 */
	uint32_t bytes;

	(void)state;
	build(&good);
	bytes = ((struct table_header *)buffer)->bytes;
	for (uint32_t cut = sizeof(struct table_header); cut < bytes; cut += 4) {
		struct table_header *h = build(&good).h;

		h->bytes = cut;
		table_seal(h);
		ASAN_POISON_MEMORY_REGION(buffer + ALIGN_UP(cut, 8),
					  WORLD_TABLE_BYTES - ALIGN_UP(cut, 8));
		assert_non_null(table_check(h));
		ASAN_UNPOISON_MEMORY_REGION(buffer, WORLD_TABLE_BYTES);
	}
}

/* Given any numbers anywhere (checksum right), when the table is accepted, then what safety rests
 * on holds. */
static void whatever_is_accepted_is_safe(void **state)
{
	/* REQ: MEM-2 */
	static const uint64_t odd[] = {0, 1, 7, 8, 4096, UINT32_MAX, UINT64_MAX, 1ull << 41, IMAGE};
	uint64_t seed = 17;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct parts t = build(&good);
		uint32_t words = t.h->bytes / 4;

		for (unsigned n = 1 + (unsigned)random_below(&seed, 3); n; n--) {
			uint32_t *word = (uint32_t *)buffer + 4 + random_below(&seed, words - 4);

			*word = random_below(&seed, 2)
					? (uint32_t)odd[random_below(&seed, 9)]
					: *word + (uint32_t)random_below(&seed, 17) - 8;
		}
		if (t.h->bytes < WORLD_TABLE_BYTES)
			table_seal(buffer);
		if (!table_check(buffer)) {
			const char *unsafe = table_unsafe(buffer);

			if (unsafe)
				fail_msg("accepted, but %s (round %u)", unsafe, i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_valid_table_is_accepted),    CASE(every_single_broken_field_is_refused),
		CASE(every_flipped_bit_is_noticed), CASE(a_table_cut_off_anywhere_is_refused),
		CASE(whatever_is_accepted_is_safe),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
