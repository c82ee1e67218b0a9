/* SPDX-License-Identifier: Apache-2.0 */
/* Systems with services, and guests that call for them (test_services*.c). */
#ifndef UNIT_SERVICES_WORLD_H
#define UNIT_SERVICES_WORLD_H

#include "cmocka_all.h"
#include "abi/hypercall.h"
#include "core/services.h"
#include "core/table.h"
#include "host.h"

#define STACK (WORLD_GPA + 0x4000)
#define FREE  2u /* number of the first slot that is created at run time */

/* "adu" has two harts, a service of each kind and four free slots on CPU 0; "movable"'s one service
 * may be on both CPUs; "friend" may launch, "stranger" may not. 30 % of CPU 0 and 50 % of CPU 1 are
 * taken for good. */
static const struct world systems = {
	.cpus = 2,
	.vms = 6,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.name = "adu",
			 .vcpus = 2,
			 .copies = true,
			 .on_reboot = ACTION_RESTART,
			 .vcpu = {{.cpu = 0}, {.cpu = 1}},
			 .services = 2,
			 .service = {{.capacity_ns = 500 * US, .period_ns = 10 * MS},
				     {.capacity_ns = 500 * US, .period_ns = 10 * MS}},
			 .free_services = 4},
			{.name = "movable",
			 .on_reboot = ACTION_RESTART,
			 .copies = true,
			 .services = 1,
			 .service = {{.capacity_ns = 3 * MS, .period_ns = 10 * MS, .cpus = 3}}},
			{.name = "friend",
			 .vcpu = {{.cpu = 1}},
			 .may_services = 3,
			 .free_services = 4,
			 .free_cpus = 2},
			{.name = "stranger", .vcpu = {{.cpu = 1}}},
			{.name = "rt0",
			 .vcpu = {{.cpu = 0, .capacity_ns = 2 * MS, .period_ns = 10 * MS}}},
			{.name = "rt1",
			 .vcpu = {{.cpu = 1, .capacity_ns = 5 * MS, .period_ns = 10 * MS}}},
		},
};

static struct vm *adu, *movable, *friend, *stranger;
static bool sleeps[TABLE_MAX_VCPUS]; /* waits for its next period as soon as it runs */

static inline void begin(const struct world *w)
{
	memset(sleeps, 0, sizeof(sleeps));
	world_start(w);
	adu = &vms[0];
	movable = &vms[1];
	friend = &vms[2];
	stranger = &vms[3];
	host_now = MS;
}

static inline int fresh(void **state)
{
	(void)state;
	begin(&systems);
	return 0;
}

static inline void turn(struct vcpu *v)
{
	const uint64_t none[6] = {0};

	if (sleeps[v->index])
		hypercall(v, HCALL_WAIT_NEXT_PERIOD, none);
}

static inline void live_until(ns_t when)
{
	world_live(when, turn);
}

static inline struct vcpu *service(const struct vm *vm, uint32_t number)
{
	return &vm->vcpus[vm->config->vcpu_count + number];
}

static inline long create_by(struct vcpu *v, ns_t c, ns_t p, ns_t d, uint64_t *value)
{
	const uint64_t args[6] = {WORLD_GPA + 8, STACK, 7, c, p, d};

	return world_call(v, HCALL_SERVICE_CREATE, args, value);
}

/* -> its number */
static inline uint32_t create(const struct vm *vm, ns_t c, ns_t p, ns_t d)
{
	uint64_t value;

	assert_int_equal(create_by(&vm->vcpus[0], c, p, d, &value), SBI_SUCCESS);
	return (uint32_t)value;
}

static inline void assert_refused(const struct vm *vm, ns_t c, ns_t p, ns_t d, uint64_t reason,
				  uint64_t figure)
{
	uint64_t value;

	assert_int_equal(create_by(&vm->vcpus[0], c, p, d, &value), SBI_ERR_DENIED);
	assert_int_equal(value >> 56, reason);
	assert_int_equal(value << 8 >> 8, figure);
}

static inline long call3(const struct vm *by, uint64_t function, uint64_t a, uint64_t b, uint64_t c,
			 uint64_t *value)
{
	const uint64_t args[6] = {a, b, c};
	uint64_t none;

	return world_call(&by->vcpus[0], function, args, value ? value : &none);
}

static inline long launch(const struct vm *by, const struct vm *vm, uint64_t number)
{
	return call3(by, HCALL_SERVICE_LAUNCH, vm->index, number, 0, NULL);
}

static inline long delete (const struct vm *by, const struct vm *vm, uint64_t number)
{
	return call3(by, HCALL_SERVICE_DELETE, vm->index, number, 0, NULL);
}

static inline long register_code(const struct vm *vm, uint64_t number, uint64_t entry,
				 uint64_t stack)
{
	const uint64_t args[6] = {number, entry, stack, 77};
	uint64_t value;

	return world_call(&vm->vcpus[0], HCALL_SERVICE_REGISTER, args, &value);
}

static inline uint64_t status(const struct vm *vm, uint64_t number, uint64_t what)
{
	uint64_t value;

	assert_int_equal(call3(vm, HCALL_SERVICE_STATUS, HCALL_SELF, number, what, &value), 0);
	return value;
}

static inline uint64_t state_of(const struct vm *vm, uint64_t number)
{
	return status(vm, number, HCALL_STATUS_STATE);
}

/* Every promise that the hypervisor has given can be kept; shares are what is there. */
static inline void assert_sound(void)
{
	struct admit_run run;

	assert_true(admit_all(&run, &admission));
	for (uint32_t i = 0; i < vm_count; i++) {
		uint64_t sum = 0;

		for (uint32_t j = 0; j < vm_vcpus(vms[i].config); j++) {
			const struct admit_task *t = &admission_tasks[vms[i].vcpus[j].index];

			if (t->period)
				sum += (t->capacity * 1000000 + t->period - 1) / t->period;
		}
		if (vms[i].services)
			assert_int_equal(atomic_load(&vms[i].services->share_ppm), sum);
	}
}

/* One step of the test of c every 10 ms. */
static inline struct hcall_result one_step(struct vcpu *v, ns_t c)
{
	const uint64_t args[6] = {WORLD_GPA, STACK, 0, c, 10 * MS, 10 * MS};

	host_cpu = v->cpu;
	return hypercall(v, HCALL_SERVICE_CREATE, args);
}

#endif
