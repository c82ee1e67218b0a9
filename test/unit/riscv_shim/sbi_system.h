/* SPDX-License-Identifier: Apache-2.0 */
/* The system that the tests of SBI calls use: an SMP VM, a reservation, a neighbour, on two CPUs.
 */
#ifndef UNIT_SBI_SYSTEM_H
#define UNIT_SBI_SYSTEM_H

#include "cmocka_all.h"
#include "abi/hypercall.h"
#include "core/table.h"
#include "shim.h"

#define BASE 0x10
#define TIME 0x54494d45
#define IPI  0x735049
#define RFNC 0x52464e43
#define HSM  0x48534d
#define SRST 0x53525354
#define DBCN 0x4442434e
#define SUSP 0x53555350
#define PMU  0x504d55

#define END (WORLD_GPA + WORLD_MEMORY)

static const struct world w = {
	.cpus = 2,
	.vms = 3,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.name = "smp",
			 .vcpus = 3,
			 .vic = VIC_PLIC,
			 .uart = 10,
			 .copies = true,
			 .on_reboot = ACTION_RESTART,
			 .vcpu = {{.cpu = 0}, {.cpu = 1}, {.cpu = 0}}},
			{.name = "rt",
			 .vcpu = {{.cpu = 1, .capacity_ns = 200 * US, .period_ns = MS}}},
			{.name = "other", .vcpu = {{.cpu = 0}}},
		},
};

static struct vcpu *v, *second, *third, *rt; /* of the SMP VM; of the reservation */

static int fresh(void **state)
{
	(void)state;
	shim_reset();
	world_start(&w);
	world_work(10);
	v = &vms[0].vcpus[0];
	second = &vms[0].vcpus[1];
	third = &vms[0].vcpus[2];
	rt = &vms[1].vcpus[0];
	shim_make_current(v);
	return 0;
}

#define CALL(...)        shim_sbi(v, (struct shim_call){__VA_ARGS__}, NULL)
#define VALUE(...)       value_of(v, (struct shim_call){__VA_ARGS__})
#define CALL_BY(by, ...) shim_sbi(by, (struct shim_call){__VA_ARGS__}, NULL)

static inline uint64_t value_of(struct vcpu *by, struct shim_call call)
{
	uint64_t value;

	assert_int_equal(shim_sbi(by, call, &value), SBI_SUCCESS);
	return value;
}

static inline void settle(void)
{
	for (unsigned i = 0; i < 60; i++) {
		host_run(&cpus[0]);
		host_run(&cpus[1]);
		host_now += 100 * US;
	}
	world_work(3000);
	host_run(&cpus[1]);
}

static inline void start(struct vcpu *hart)
{
	assert_int_equal(CALL(HSM, 0, {hart->number, WORLD_GPA + 0x40, 5}), SBI_SUCCESS);
	shim_make_current(hart);
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

#endif
