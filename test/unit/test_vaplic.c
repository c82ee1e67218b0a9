/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated APLIC in MSI delivery mode: register by register as AIA 1.0, chapter 4 describes it.
 */
#include "cmocka_all.h"
#include "host.h"

#define BASE         0x0d000000ull
#define DOMAINCFG    (BASE + 0x0000)
#define SOURCECFG(s) (BASE + 0x0004 + 4 * ((s)-1))
#define SETIP        (BASE + 0x1c00)
#define SETIPNUM     (BASE + 0x1cdc)
#define IN_CLRIP     (BASE + 0x1d00)
#define CLRIPNUM     (BASE + 0x1ddc)
#define SETIE        (BASE + 0x1e00)
#define SETIENUM     (BASE + 0x1edc)
#define CLRIE        (BASE + 0x1f00)
#define CLRIENUM     (BASE + 0x1fdc)
#define SETIPNUM_LE  (BASE + 0x2000)
#define SETIPNUM_BE  (BASE + 0x2004)
#define GENMSI       (BASE + 0x3000)
#define TARGET(s)    (BASE + 0x3004 + 4 * ((s)-1))

#define INACTIVE 0u
#define DETACHED 1u
#define EDGE1    4u
#define EDGE0    5u
#define LEVEL1   6u
#define LEVEL0   7u
#define IE       (1u << 8)

#define SOURCES 8u
#define OWN     2u /* sources with a device of the board behind them: 2 -> 40, 3 -> 41 */

static const struct world w = {
	.cpus = 2,
	.vms = 2,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.vcpus = 2,
			 .vic = VIC_AIA,
			 .sources = SOURCES,
			 .irqs = 2,
			 .irq = {{40, 2}, {41, 3}},
			 .vcpu = {{.cpu = 0, .guest_file = 1}, {.cpu = 1, .guest_file = 3}}},
			{.vic = VIC_PLIC, .irqs = 1, .irq = {{50, 5}}, .vcpu = {{.cpu = 1}}},
		},
};

static struct vm *vm;

static int fresh(void **state)
{
	(void)state;
	world_start(&w);
	vm = &vms[0];
	return 0;
}

static uint32_t get(gpaddr_t at)
{
	return world_read(&vm->vcpus[0], at, 4);
}

static void set(gpaddr_t at, uint32_t value)
{
	world_write(&vm->vcpus[0], at, 4, value);
}

static void device(uint32_t source, bool high)
{
	vm->vic->set_level(vm, source, high);
}

/* One source fully set up, towards hart 1 with identity 10 + source. */
static void prepare(uint32_t source, uint32_t mode)
{
	set(DOMAINCFG, IE);
	set(SOURCECFG(source), mode);
	set(TARGET(source), 1u << 18 | (10 + source));
	set(SETIENUM, source);
}

/* Exactly one MSI since the last time, to `hart`. */
static void assert_msi(unsigned hart, uint32_t identity)
{
	assert_int_equal(host_msi_count, 1);
	assert_ptr_equal(host_msis[0].to, &vm->vcpus[hart]);
	assert_int_equal(host_msis[0].identity, identity);
	host_msi_count = 0;
}

static void domaincfg_shows_msi_delivery_and_keeps_only_ie(void **state)
{
	/* REQ: IRQ-1, CPU-1 (AIA 1.0, 4.5.1) */
	(void)state;
	assert_int_equal(get(DOMAINCFG), 0x80000004);
	set(DOMAINCFG, UINT32_MAX);
	assert_int_equal(get(DOMAINCFG), 0x80000104);
	set(DOMAINCFG, 0);
	assert_int_equal(get(DOMAINCFG), 0x80000004);
}

static void an_inactive_source_has_only_zeros(void **state)
{
	/* REQ: CPU-1 (4.5.2, 4.5.7, 4.5.16) */
	(void)state;
	set(TARGET(1), 0x12);
	set(SETIENUM, 1);
	set(SETIPNUM, 1);
	assert_int_equal(get(TARGET(1)) | get(SETIE) | get(SETIP), 0);
	prepare(1, DETACHED);
	set(DOMAINCFG, 0);
	set(SETIPNUM, 1);
	assert_int_equal(get(SETIP), 2);
	set(SOURCECFG(1), INACTIVE);
	assert_int_equal(get(TARGET(1)) | get(SETIE) | get(SETIP), 0);
}

static void sourcecfg_takes_legal_modes_only(void **state)
{
	/* REQ: CPU-1 (4.5.2) */
	(void)state;
	for (uint32_t mode = 0; mode < 8; mode++) {
		set(SOURCECFG(1), mode);
		assert_int_equal(get(SOURCECFG(1)), mode == 2 || mode == 3 ? 0 : mode);
	}
	set(SOURCECFG(1), 1u << 10 | LEVEL1); /* delegation: there is no child domain */
	assert_int_equal(get(SOURCECFG(1)), 0);
}

static void sources_beyond_the_vms_own_do_not_exist(void **state)
{
	/* REQ: MEM-2, CPU-1 */
	(void)state;
	for (uint32_t s = SOURCES + 1; s <= 1023; s++) {
		set(SOURCECFG(s), EDGE1);
		set(TARGET(s), 5);
		set(SETIENUM, s);
		set(SETIPNUM, s);
		assert_int_equal(get(SOURCECFG(s)) | get(TARGET(s)), 0);
	}
	set(SETIE, UINT32_MAX);
	set(SETIP, UINT32_MAX);
	assert_int_equal(get(SETIE) | get(SETIP), 0);
	assert_int_equal(host_msi_count, 0);
}

static void a_rising_edge_becomes_one_msi(void **state)
{
	/* REQ: IRQ-1 (4.7, 4.9) */
	(void)state;
	prepare(1, EDGE1);
	device(1, true);
	assert_msi(1, 11);
	assert_int_equal(get(SETIP), 0); /* forwarded: no longer pending */
	device(1, true);
	device(1, false);
	assert_int_equal(host_msi_count, 0);
	device(1, true);
	assert_msi(1, 11);
}

static void a_falling_edge_becomes_one_msi(void **state)
{
	/* REQ: IRQ-1 (4.7) */
	(void)state;
	device(1, true);
	prepare(1, EDGE0);
	assert_int_equal(host_msi_count, 0);
	device(1, false);
	assert_msi(1, 11);
	device(1, true);
	assert_int_equal(host_msi_count, 0);
}

static void an_edge_stays_pending_until_it_may_be_sent(void **state)
{
	/* REQ: IRQ-1 (4.8, 4.9) */
	(void)state;
	prepare(1, EDGE1);
	set(CLRIENUM, 1);
	device(1, true);
	device(1, false);
	assert_int_equal(host_msi_count, 0);
	assert_int_equal(get(SETIP), 2);
	set(DOMAINCFG, 0);
	set(SETIENUM, 1);
	assert_int_equal(host_msi_count, 0);
	set(DOMAINCFG, IE);
	assert_msi(1, 11);
}

static void a_level_that_falls_is_no_longer_pending(void **state)
{
	/* REQ: IRQ-1 (4.7) */
	(void)state;
	prepare(1, LEVEL1);
	set(CLRIENUM, 1);
	device(1, true);
	assert_int_equal(get(SETIP), 2);
	device(1, false);
	assert_int_equal(get(SETIP), 0);
	set(SETIENUM, 1);
	assert_int_equal(host_msi_count, 0);
}

static void a_level_is_sent_once_and_again_when_the_driver_asks(void **state)
{
	/* REQ: IRQ-1 (4.9.2) */
	(void)state;
	prepare(1, LEVEL1);
	device(1, true);
	assert_msi(1, 11);
	set(SETIPNUM_LE, 1); /* end of interrupt: still asserted */
	assert_msi(1, 11);
	device(1, false);
	set(SETIPNUM_LE, 1);
	set(SETIPNUM, 1);
	set(SETIP, 2);
	assert_int_equal(host_msi_count, 0);
	assert_int_equal(get(SETIP), 0);
}

static void an_inverted_level_is_high_when_the_wire_is_low(void **state)
{
	/* REQ: IRQ-1 (4.7) */
	(void)state;
	device(1, true);
	prepare(1, LEVEL0);
	assert_int_equal(get(IN_CLRIP), 0);
	assert_int_equal(host_msi_count, 0);
	device(1, false);
	assert_msi(1, 11);
	assert_int_equal(get(IN_CLRIP), 2);
	set(SETIPNUM, 1);
	assert_msi(1, 11);
}

static void a_level_that_is_high_when_set_up_is_not_lost(void **state)
{
	/* REQ: IRQ-1 (4.5.2) */
	(void)state;
	device(1, true);
	prepare(1, LEVEL1);
	assert_msi(1, 11);
}

static void a_detached_source_is_interrupted_by_registers_only(void **state)
{
	/* REQ: IRQ-1 (4.7) */
	(void)state;
	prepare(1, DETACHED);
	device(1, true);
	assert_int_equal(host_msi_count, 0);
	assert_int_equal(get(IN_CLRIP), 0);
	set(SETIPNUM, 1);
	assert_msi(1, 11);
	set(SETIP, 1u << 1);
	assert_msi(1, 11);
}

static void pending_and_enable_bits_are_set_and_cleared_by_word_and_by_number(void **state)
{
	/* REQ: CPU-1 (4.5.5 to 4.5.12) */
	(void)state;
	for (uint32_t s = 1; s <= SOURCES; s++)
		set(SOURCECFG(s), DETACHED);
	set(SETIP, 0x155 & ~1u);
	assert_int_equal(get(SETIP), 0x154);
	set(SETIPNUM, 1);
	assert_int_equal(get(SETIP), 0x156);
	set(IN_CLRIP, 0x50);
	set(CLRIPNUM, 1);
	assert_int_equal(get(SETIP), 0x104);
	set(SETIE, UINT32_MAX);
	assert_int_equal(get(SETIE), 0x1fe);
	set(CLRIE, 0xf0);
	set(CLRIENUM, 8);
	assert_int_equal(get(SETIE), 0x00e);
	set(SETIENUM, 4);
	assert_int_equal(get(SETIE), 0x01e);
	for (uint32_t i = 1; i < 32; i++) { /* further words do not exist */
		set(SETIE + 4 * i, UINT32_MAX);
		set(SETIP + 4 * i, UINT32_MAX);
		assert_int_equal(get(SETIE + 4 * i) | get(SETIP + 4 * i), 0);
	}
	assert_int_equal(get(CLRIE) | get(SETIENUM) | get(CLRIENUM) | get(SETIPNUM) | get(CLRIPNUM),
			 0);
}

static void number_zero_is_ignored(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	set(SETIPNUM, 0);
	set(SETIENUM, 0);
	set(SETIENUM, UINT32_MAX);
	set(SETIPNUM, 32);
	assert_int_equal(get(SETIE) | get(SETIP), 0);
}

static void the_big_endian_register_is_not_there(void **state)
{
	/* REQ: CPU-1 (4.5.14: may read as zero and ignore writes) */
	(void)state;
	prepare(1, DETACHED);
	set(SETIPNUM_BE, 0x01000000);
	set(SETIPNUM_BE, 1);
	assert_int_equal(get(SETIPNUM_BE), 0);
	assert_int_equal(host_msi_count, 0);
}

static void genmsi_sends_to_the_vms_own_harts_only(void **state)
{
	/* REQ: MEM-2, IRQ-3 (4.5.15) */
	(void)state;
	set(GENMSI, 1u << 18 | 33); /* not affected by domaincfg.IE */
	assert_msi(1, 33);
	set(GENMSI, 0u << 18 | 255);
	assert_msi(0, 255);
	set(GENMSI, 2u << 18 | 33);
	set(GENMSI, 0x3fffu << 18 | 33);
	set(GENMSI, 1u << 18);
	set(GENMSI, 256);
	set(GENMSI, 0x7ff);
	assert_int_equal(host_msi_count, 0);
	assert_int_equal(get(GENMSI) & 1u << 12, 0); /* never busy */
}

static void a_target_outside_the_vm_gets_nothing(void **state)
{
	/* REQ: MEM-2 */
	static const uint32_t targets[] = {2u << 18 | 5, 0x3fffu << 18 | 5, 0, 256,
					   0x7ff,        1u << 18};

	(void)state;
	prepare(1, EDGE1);
	for (unsigned i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		set(TARGET(1), targets[i]);
		device(1, true);
		device(1, false);
		set(SETIPNUM, 1);
	}
	assert_int_equal(host_msi_count, 0);
	set(TARGET(1), 1u << 18 | 5u << 12 | 9); /* the guest index is not the guest's to choose */
	assert_int_equal(get(TARGET(1)), 1u << 18 | 9);
	device(1, true);
	assert_msi(1, 9);
}

static void a_change_of_target_counts_from_the_next_msi(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	prepare(1, EDGE1);
	device(1, true);
	assert_msi(1, 11);
	set(TARGET(1), 0u << 18 | 77);
	assert_int_equal(host_msi_count, 0);
	device(1, false);
	device(1, true);
	assert_msi(0, 77);
}

/* Dedicated devices: what the guest sets up reaches the board's APLIC, with the vCPU's own hart and
 * file. */
static void a_dedicated_devices_source_is_programmed_through(void **state)
{
	/* REQ: IRQ-1, DEV-1 */
	const struct world_route *r = &world_routes[40];

	(void)state;
	assert_false(r->enabled);
	prepare(OWN, LEVEL1);
	assert_int_equal(r->mode, LEVEL1);
	assert_int_equal(r->hart_id, 1);
	assert_int_equal(r->file, 3);
	assert_int_equal(r->identity, 12);
	assert_true(r->enabled);
	set(TARGET(OWN), 0u << 18 | 99);
	assert_int_equal(r->hart_id, 0);
	assert_int_equal(r->file, 1);
	assert_int_equal(r->identity, 99);
	set(SETIPNUM_LE, OWN); /* end of a level interrupt: the board's APLIC looks again */
	assert_int_equal(r->retriggers, 1);
	set(CLRIENUM, OWN);
	assert_false(r->enabled);
	set(SETIENUM, OWN);
	set(DOMAINCFG, 0);
	assert_false(r->enabled);
	assert_int_equal(host_msi_count, 0);
}

static void a_dedicated_source_with_an_impossible_target_is_silent(void **state)
{
	/* REQ: MEM-2 */
	(void)state;
	prepare(OWN, EDGE1);
	set(TARGET(OWN), 7u << 18 | 5);
	assert_false(world_routes[40].enabled && world_routes[40].mode);
	set(TARGET(OWN), 1u << 18 | 300);
	assert_false(world_routes[40].enabled && world_routes[40].mode);
}

static void programming_one_source_leaves_all_others_alone(void **state)
{
	/* REQ: MEM-2 */
	(void)state;
	prepare(OWN, LEVEL1);
	for (unsigned i = 0; i < 128; i++)
		if (i != 40 && i != 50)
			assert_false(world_routes[i].enabled || world_routes[i].mode);
}

static void a_plic_vms_device_comes_to_the_hypervisor_and_is_raised(void **state)
{
	/* REQ: IRQ-1, DEV-1 */
	extern const struct device_irq_ops *device_irq;

	(void)state;
	assert_true(world_routes[50].enabled);
	assert_int_equal(world_routes[50].file, 0);
	assert_int_equal(world_routes[50].hart_id, 1);
	assert_non_null(device_irq);
}

static void devices_fall_silent_on_a_restart(void **state)
{
	/* REQ: OPS-2, DEV-1 */
	struct world again = w;

	(void)state;
	again.vm[0].copies = true;
	world_start(&again);
	prepare(OWN, LEVEL1);
	assert_true(world_routes[40].enabled);
	host_cpu = &cpus[0];
	vm_stop(vm, "reboot", true);
	for (unsigned i = 0; i < 50; i++) {
		host_run(&cpus[0]);
		host_run(&cpus[1]);
		host_now += MS;
	}
	assert_true(world_work(3000));
	assert_int_equal(atomic_load(&vm->state), VM_RUNNING);
	assert_false(world_routes[40].enabled);
	assert_int_equal(get(DOMAINCFG) & IE, 0);
	assert_int_equal(get(SOURCECFG(OWN)), 0);
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(domaincfg_shows_msi_delivery_and_keeps_only_ie),
		FRESH(an_inactive_source_has_only_zeros),
		FRESH(sourcecfg_takes_legal_modes_only),
		FRESH(sources_beyond_the_vms_own_do_not_exist),
		FRESH(a_rising_edge_becomes_one_msi),
		FRESH(a_falling_edge_becomes_one_msi),
		FRESH(an_edge_stays_pending_until_it_may_be_sent),
		FRESH(a_level_that_falls_is_no_longer_pending),
		FRESH(a_level_is_sent_once_and_again_when_the_driver_asks),
		FRESH(an_inverted_level_is_high_when_the_wire_is_low),
		FRESH(a_level_that_is_high_when_set_up_is_not_lost),
		FRESH(a_detached_source_is_interrupted_by_registers_only),
		FRESH(pending_and_enable_bits_are_set_and_cleared_by_word_and_by_number),
		FRESH(number_zero_is_ignored),
		FRESH(the_big_endian_register_is_not_there),
		FRESH(genmsi_sends_to_the_vms_own_harts_only),
		FRESH(a_target_outside_the_vm_gets_nothing),
		FRESH(a_change_of_target_counts_from_the_next_msi),
		FRESH(a_dedicated_devices_source_is_programmed_through),
		FRESH(a_dedicated_source_with_an_impossible_target_is_silent),
		FRESH(programming_one_source_leaves_all_others_alone),
		FRESH(a_plic_vms_device_comes_to_the_hypervisor_and_is_raised),
		FRESH(devices_fall_silent_on_a_restart),
	};

	return cmocka_run_group_tests_name("vaplic", tests, NULL, NULL);
}
