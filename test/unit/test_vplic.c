/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated PLIC against a small model written from the RISC-V PLIC specification 1.0.0. */
#include "cmocka_all.h"
#include "host.h"

#define BASE         0x0c000000ull
#define SOURCES      63u
#define PRIORITY(s)  (BASE + 4 * (s))
#define PENDING(w)   (BASE + 0x1000 + 4 * (w))
#define ENABLE(c, w) (BASE + 0x2000 + 0x80 * (c) + 4 * (w))
#define THRESHOLD(c) (BASE + 0x200000 + 0x1000 * (c))
#define CLAIM(c)     (THRESHOLD(c) + 4)
#define S(hart)      (2 * (hart) + 1) /* the hart's S-mode context */

static const struct world w = {
	.cpus = 2,
	.flags = SYSTEM_QUIET,
	.vm = {{.vcpus = 2, .vic = VIC_PLIC, .sources = SOURCES, .vcpu = {{.cpu = 0}, {.cpu = 1}}}},
};

static struct vm *vm;

static int fresh(void **state)
{
	(void)state;
	world_start(&w);
	vm = &vms[0];
	return 0;
}

static uint32_t get(unsigned hart, gpaddr_t at)
{
	host_cpu = &cpus[hart];
	return world_read(&vm->vcpus[hart], at, 4);
}

static void set(unsigned hart, gpaddr_t at, uint32_t value)
{
	host_cpu = &cpus[hart];
	world_write(&vm->vcpus[hart], at, 4, value);
}

static void hear(void)
{
	for (unsigned i = 0; i < 8; i++) {
		host_take_kick(&cpus[0]);
		host_take_kick(&cpus[1]);
	}
}

static bool line(unsigned hart)
{
	hear();
	return vm->vcpus[hart].arch.pending & HOST_EXTERNAL;
}

static void device(uint32_t source, bool high)
{
	host_cpu = &cpus[0];
	vm->vic->set_level(vm, source, high);
}

static void a_level_is_claimed_and_comes_again_only_after_completion(void **state)
{
	/* REQ: IRQ-1 */
	(void)state;
	set(0, PRIORITY(10), 1);
	set(0, ENABLE(S(0), 0), 1u << 10);
	assert_false(line(0));
	device(10, true);
	assert_true(line(0));
	assert_int_equal(get(0, PENDING(0)), 1u << 10);
	assert_int_equal(get(0, CLAIM(S(0))), 10);
	assert_false(line(0));
	assert_int_equal(get(0, CLAIM(S(0))), 0);
	set(0, CLAIM(S(0)), 10); /* still asserted */
	assert_true(line(0));
	assert_int_equal(get(0, CLAIM(S(0))), 10);
	device(10, false);
	set(0, CLAIM(S(0)), 10);
	assert_false(line(0));
	assert_int_equal(get(0, CLAIM(S(0))), 0);
}

static void the_highest_priority_is_claimed_first_then_the_lowest_number(void **state)
{
	/* REQ: IRQ-1 */
	(void)state;
	set(0, ENABLE(S(0), 0), 0xfffffffe);
	set(0, ENABLE(S(0), 1), 0xffffffff);
	set(0, PRIORITY(3), 2);
	set(0, PRIORITY(5), 7);
	set(0, PRIORITY(40), 7);
	set(0, PRIORITY(41), 1);
	device(41, true);
	device(40, true);
	device(5, true);
	device(3, true);
	assert_int_equal(get(0, CLAIM(S(0))), 5);
	assert_int_equal(get(0, CLAIM(S(0))), 40);
	assert_int_equal(get(0, CLAIM(S(0))), 3);
	assert_int_equal(get(0, CLAIM(S(0))), 41);
	assert_int_equal(get(0, CLAIM(S(0))), 0);
}

static void priority_zero_never_interrupts(void **state)
{
	/* REQ: IRQ-1 */
	(void)state;
	set(0, ENABLE(S(0), 0), 1u << 7);
	device(7, true);
	assert_false(line(0));
	assert_int_equal(get(0, CLAIM(S(0))), 0);
	assert_int_equal(get(0, PENDING(0)), 1u << 7);
}

static void the_threshold_hides_what_is_not_above_it(void **state)
{
	/* REQ: IRQ-1 */
	(void)state;
	set(0, ENABLE(S(0), 0), 1u << 7);
	set(0, PRIORITY(7), 3);
	set(0, THRESHOLD(S(0)), 3);
	device(7, true);
	assert_false(line(0));
	set(0, THRESHOLD(S(0)), 2);
	assert_true(line(0));
	assert_int_equal(get(0, THRESHOLD(S(0))), 2);
}

static void each_context_has_enables_and_threshold_of_its_own(void **state)
{
	/* REQ: IRQ-1, CPU-4 */
	(void)state;
	set(0, PRIORITY(7), 1);
	set(0, ENABLE(S(1), 0), 1u << 7);
	device(7, true);
	assert_false(line(0));
	assert_true(line(1));
	assert_int_equal(get(0, CLAIM(S(0))), 0);
	assert_int_equal(get(1, CLAIM(S(1))), 7);
	assert_false(line(1));
}

/* Both harts may be interrupted; one gets it. */
static void one_interrupt_is_claimed_by_one_hart(void **state)
{
	/* REQ: CPU-4 */
	(void)state;
	set(0, PRIORITY(7), 1);
	set(0, ENABLE(S(0), 0), 1u << 7);
	set(0, ENABLE(S(1), 0), 1u << 7);
	device(7, true);
	assert_true(line(0) && line(1));
	assert_int_equal(get(1, CLAIM(S(1))), 7);
	assert_int_equal(get(0, CLAIM(S(0))), 0);
	assert_false(line(0));
}

static void completion_by_a_context_that_has_it_not_enabled_is_ignored(void **state)
{
	/* REQ: IRQ-1 */
	(void)state;
	set(0, PRIORITY(7), 1);
	set(0, ENABLE(S(0), 0), 1u << 7);
	device(7, true);
	assert_int_equal(get(0, CLAIM(S(0))), 7);
	set(1, CLAIM(S(1)), 7);
	assert_int_equal(get(0, CLAIM(S(0))), 0);
	set(0, CLAIM(S(0)), 7);
	assert_int_equal(get(0, CLAIM(S(0))), 7);
}

static void completing_what_does_not_exist_is_ignored(void **state)
{
	/* REQ: OPS-2 */
	static const uint32_t odd[] = {0, SOURCES + 1, 127, 128, 1023, UINT32_MAX};

	(void)state;
	set(0, ENABLE(S(0), 0), UINT32_MAX);
	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		set(0, CLAIM(S(0)), odd[i]);
	assert_int_equal(get(0, CLAIM(S(0))), 0);
}

static void machine_mode_contexts_and_foreign_harts_are_inert(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(0, PRIORITY(7), 1);
	device(7, true);
	for (unsigned context = 0; context < 20; context++) {
		if (context == S(0) || context == S(1))
			continue;
		set(0, ENABLE(context, 0), 1u << 7);
		set(0, THRESHOLD(context), 5);
		assert_int_equal(get(0, ENABLE(context, 0)), 0);
		assert_int_equal(get(0, THRESHOLD(context)), 0);
		assert_int_equal(get(0, CLAIM(context)), 0);
	}
	assert_false(line(0) || line(1));
}

static void source_zero_does_not_exist(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(0, PRIORITY(0), 7);
	assert_int_equal(get(0, PRIORITY(0)), 0);
	set(0, ENABLE(S(0), 0), 1);
	assert_int_equal(get(0, ENABLE(S(0), 0)) & 1, 0);
}

static void accesses_of_other_widths_do_nothing(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	set(0, PRIORITY(7), 3);
	world_write(&vm->vcpus[0], PRIORITY(7), 1, 1);
	world_write(&vm->vcpus[0], PRIORITY(6), 8, 1);
	assert_int_equal(get(0, PRIORITY(7)), 3);
	assert_int_equal(world_read(&vm->vcpus[0], PRIORITY(7), 2), 0);
}

static void an_interrupt_ends_wfi_of_the_hart_that_enabled_it(void **state)
{
	/* REQ: CPU-5, IRQ-1 */
	struct vcpu *v = &vm->vcpus[0];

	(void)state;
	set(0, PRIORITY(7), 1);
	set(0, ENABLE(S(0), 0), 1u << 7);
	assert_ptr_equal(host_run(&cpus[0]), v);
	v->arch.enabled = HOST_EXTERNAL;
	host_cpu = &cpus[0];
	vcpu_sleep(v, WAIT_INTERRUPT, NS_NEVER);
	assert_null(host_run(&cpus[0]));
	host_cpu = &cpus[1];
	vm->vic->set_level(vm, 7, true); /* a device on the other CPU */
	assert_ptr_equal(host_run(&cpus[0]), v);
}

/* The model. */
static struct {
	bool level[SOURCES + 1], pending[SOURCES + 1], in_service[SOURCES + 1];
	uint32_t priority[SOURCES + 1], threshold[2], enabled[2][2];
} model;

static uint32_t model_best(unsigned hart)
{
	uint32_t found = 0, priority = model.threshold[hart];

	for (uint32_t s = 1; s <= SOURCES; s++)
		if (model.pending[s] && !model.in_service[s] &&
		    model.enabled[hart][s / 32] >> s % 32 & 1 && model.priority[s] > priority) {
			priority = model.priority[s];
			found = s;
		}
	return found;
}

static void model_complete(unsigned hart, uint32_t s)
{
	if (!s || s > SOURCES || !(model.enabled[hart][s / 32] >> s % 32 & 1))
		return;
	model.in_service[s] = false;
	model.pending[s] |= model.level[s];
}

static void one_random_operation(uint64_t *seed)
{
	unsigned hart = (unsigned)random_below(seed, 2), word = (unsigned)random_below(seed, 2);
	uint32_t s = (uint32_t)random_below(seed, SOURCES + 1), value = (uint32_t)random_next(seed),
		 got;

	switch (random_below(seed, 8)) {
	case 0:
		set(hart, PRIORITY(s), value);
		if (s)
			model.priority[s] = value & 7;
		break;
	case 1:
		value |= value << 7 & ~word; /* mostly on */
		set(hart, ENABLE(S(hart), word), value & (word ? ~0u : ~1u));
		model.enabled[hart][word] = value & (word ? ~0u : ~1u);
		break;
	case 2:
		set(hart, THRESHOLD(S(hart)), value % 3);
		model.threshold[hart] = value % 3;
		break;
	case 3:
	case 4:
		if (!s)
			break;
		device(s, value & 64);
		if (model.level[s] != !!(value & 64) || value & 64)
			model.pending[s] = value & 64;
		model.level[s] = value & 64;
		break;
	case 5:
	case 6:
		got = get(hart, CLAIM(S(hart)));
		assert_int_equal(got, model_best(hart));
		model.pending[got] = false;
		model.in_service[got] = got;
		break;
	default:
		set(hart, CLAIM(S(hart)), s);
		model_complete(hart, s);
	}
}

static void random_operations_agree_with_the_model(void **state)
{
	/* REQ: IRQ-1, CPU-1 */
	uint64_t seed = 31;

	(void)state;
	memset(&model, 0, sizeof(model));
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t pending[2] = {0};

		one_random_operation(&seed);
		for (unsigned hart = 0; hart < 2; hart++)
			if (model_best(hart))
				assert_true(line(hart)); /* none is ever lost */
		for (uint32_t s = 1; s <= SOURCES; s++)
			pending[s / 32] |= (uint32_t)model.pending[s] << s % 32;
		assert_int_equal(get(0, PENDING(0)), pending[0]);
		assert_int_equal(get(1, PENDING(1)), pending[1]);
		assert_int_equal(get(0, ENABLE(S(1), 0)), model.enabled[1][0]);
		for (unsigned hart = 0; hart < 2; hart++) {
			get(hart, PRIORITY(1)); /* any access of its own brings a line up to date */
			assert_int_equal(line(hart), model_best(hart) != 0);
		}
	}
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_level_is_claimed_and_comes_again_only_after_completion),
		FRESH(the_highest_priority_is_claimed_first_then_the_lowest_number),
		FRESH(priority_zero_never_interrupts),
		FRESH(the_threshold_hides_what_is_not_above_it),
		FRESH(each_context_has_enables_and_threshold_of_its_own),
		FRESH(one_interrupt_is_claimed_by_one_hart),
		FRESH(completion_by_a_context_that_has_it_not_enabled_is_ignored),
		FRESH(completing_what_does_not_exist_is_ignored),
		FRESH(machine_mode_contexts_and_foreign_harts_are_inert),
		FRESH(source_zero_does_not_exist),
		FRESH(accesses_of_other_widths_do_nothing),
		FRESH(an_interrupt_ends_wfi_of_the_hart_that_enabled_it),
		FRESH(random_operations_agree_with_the_model),
	};

	return cmocka_run_group_tests_name("vplic", tests, NULL, NULL);
}
