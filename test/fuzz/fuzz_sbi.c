/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any SBI calls by the vCPUs of two VMs on two CPUs, with dispatches and time in between. No call
 * panics, the neighbour keeps its reservation, memory of others stays as it is.
 */
#include "fuzz.h"
#include "abi/hypercall.h"
#include "core/table.h"
#include "shim.h"

static const struct world w = {
	.cpus = 2,
	.vms = 3,
	.flags = SYSTEM_QUIET,
	.vm =
		{
			{.vcpus = 3,
			 .vic = VIC_PLIC,
			 .uart = 10,
			 .copies = true,
			 .on_reboot = ACTION_RESTART,
			 .vcpu = {{.cpu = 0}, {.cpu = 1}, {.cpu = 0}}},
			{.vcpus = 2,
			 .vcpu = {{.cpu = 1, .capacity_ns = 100 * US, .period_ns = MS},
				  {.cpu = 0}}},
			{.name = "victim",
			 .vcpu = {{.cpu = 0, .capacity_ns = 200 * US, .period_ns = MS}}},
		},
};

static const uint64_t extensions[] = {
	0x10,       0x54494d45, 0x735049,   0x52464e43,      0x48534d,
	0x53525354, 0x4442434e, 0x53555350, HCALL_EXTENSION, 0x504d55};
static const uint64_t numbers[] = {0,
				   1,
				   2,
				   3,
				   7,
				   0x80000000,
				   WORLD_GPA,
				   WORLD_GPA + 0x40,
				   WORLD_GPA + WORLD_MEMORY - 4,
				   UINT64_MAX,
				   1ull << 63,
				   0x10000000,
				   1ull << 32,
				   8,
				   64,
				   4};

size_t fuzz_seed(unsigned n, uint8_t *out)
{
	uint64_t random = n + 1;
	uint8_t *at = out;

	if (n >= 60)
		return 0;
	for (unsigned i = 0; i < 30; i++) {
		put(&at, random_next(&random), 1);
		put(&at, n % 10, 1);
		put(&at, random_below(&random, 4), 1);
		put(&at, random_next(&random), 3);
	}
	return (size_t)(at - out);
}

static uint64_t argument(struct input *in)
{
	unsigned kind = (unsigned)take(in, 1);

	return kind < 240 ? numbers[kind % 16] : take(in, 8);
}

/* Both CPUs for `turns` steps of 50 us. */
static void live(unsigned turns)
{
	for (; turns; turns--) {
		host_run(&cpus[0]);
		host_run(&cpus[1]);
		host_now = host_now / (50 * US) * 50 * US + 50 * US;
	}
}

static void one_call(struct input *in)
{
	unsigned who = (unsigned)take(in, 1);
	struct shim_call call = {extensions[take(in, 1) % 10], take(in, 1), {0}};
	struct vcpu *v = &vcpus[who % (vcpu_count - 1)]; /* not the victim */

	for (unsigned i = 0; i < 3; i++)
		call.a[i] = argument(in);
	if (who & 64)
		live(1 + (who >> 4 & 3));
	if (v->cpu->current != v || v->cpu->resched || v->wait != WAIT_NOTHING)
		return;
	shim_sbi(v, call, NULL);
	if (v->cpu->resched)
		host_run(v->cpu);
}

static void check(void)
{
	const struct table_vm *victim = table_vm(2);
	const uint8_t *memory = (const uint8_t *)table_region(victim->region_first)->phys;

	MUST(atomic_load(&vms[2].state) == VM_RUNNING);
	MUST(vms[2].vcpus[0].entity.late == 0);
	for (unsigned i = 0; i < WORLD_MEMORY; i += 64)
		MUST(memory[i] == 0x77);
	for (uint32_t i = 0; i < vm_count; i++) {
		uint32_t running = 0;

		if (atomic_load(&vms[i].state) == VM_STOPPING)
			continue;
		for (uint32_t j = 0; j < vms[i].config->vcpu_count; j++)
			running += atomic_load(&vms[i].vcpus[j].power) != VCPU_STOPPED;
		if (atomic_load(&vms[i].state) == VM_ENDED)
			MUST(running == 0);
		else
			MUST(running == atomic_load(&vms[i].running));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input in = {data, bytes};

	shim_reset();
	world_start(&w);
	memset((void *)table_region(2)->phys, 0x77, WORLD_MEMORY);
	live(25);
	for (unsigned i = 0; in.left && i < 100; i++)
		one_call(&in);
	live(300);
	check();
	return 0;
}
