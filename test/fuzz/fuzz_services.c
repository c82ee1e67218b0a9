/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any of Partita's own calls by harts and services of three VMs on two CPUs, stops and restarts of
 * the VMs, time in between: nothing panics, what the hypervisor has promised fits its CPUs at every
 * moment, shares are what is there, each slot's state agrees with the scheduler's, and a victim
 * with a reservation of its own never misses a deadline.
 */
#include "fuzz.h"
#include "abi/hypercall.h"
#include "core/services.h"
#include "core/table.h"
#include "host.h"

#define STACK   (WORLD_GPA + 0x4000)
#define VICTIMS 2u /* the last VMs */

static const struct world w = {
	.cpus = 2,
	.vms = 5,
	.flags = SYSTEM_QUIET,
	.best_effort_ppm = 50000,
	.overhead_ns = 2000,
	.vm =
		{
			{.vcpus = 2,
			 .copies = true,
			 .on_reboot = ACTION_RESTART,
			 .vcpu = {{.cpu = 0}, {.cpu = 1}},
			 .services = 2,
			 .service = {{.capacity_ns = MS, .period_ns = 10 * MS, .cpus = 3},
				     {.cpu = 1, .capacity_ns = 200 * US, .period_ns = 2 * MS}},
			 .free_services = 3,
			 .free_cpus = 3,
			 .share_ppm = 900000},
			{.copies = true,
			 .on_reboot = ACTION_RESTART,
			 .vcpu = {{.cpu = 1, .cpus = 3}},
			 .free_services = 4,
			 .free_cpus = 3,
			 .may_services = 1},
			{.vcpus = 2,
			 .copies = true,
			 .on_reboot = ACTION_RESTART,
			 .vcpu = {{.cpu = 0, .cpus = 3}, {.cpu = 1, .cpus = 3}},
			 .services = 1,
			 .service = {{.cpu = 1,
				      .capacity_ns = 2 * MS,
				      .period_ns = 8 * MS,
				      .cpus = 3}},
			 .at_boot = true,
			 .free_services = 2,
			 .free_cpus = 2},
			{.vcpu = {{.cpu = 0, .capacity_ns = MS, .period_ns = 5 * MS}}},
			{.vcpu = {{.cpu = 1,
				   .capacity_ns = MS,
				   .period_ns = 5 * MS,
				   .deadline_ns = 3 * MS}}},
		},
};

enum { CREATE, STEP, LAUNCH, DELETE, REGISTER, CALL, LIVE, STOP, SLEEP, OPERATIONS };

static bool sleeps[TABLE_MAX_VCPUS];
static uint32_t attackers; /* vCPUs of those who are no victims */

size_t fuzz_seed(unsigned n, uint8_t *out)
{
	uint64_t random = n + 1;
	uint8_t *at = out;

	if (n >= 60)
		return 0;
	for (unsigned i = 0; i < 60; i++) {
		put(&at,
		    n < 40  ? random_below(&random, OPERATIONS)
		    : i % 2 ? LIVE
			    : random_next(&random),
		    1);
		put(&at, random_next(&random), 7);
	}
	return (size_t)(at - out);
}

static void turn(struct vcpu *v)
{
	const uint64_t none[6] = {0};

	if (sleeps[v->index])
		hypercall(v, HCALL_WAIT_NEXT_PERIOD, none);
}

static void check_shares(const struct vm *vm)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < vm_vcpus(vm->config); i++) {
		const struct admit_task *t = &admission_tasks[vm->vcpus[i].index];

		if (t->period)
			sum += (t->capacity * 1000000 + t->period - 1) / t->period;
	}
	MUST(!vm->services || atomic_load(&vm->services->share_ppm) == sum);
	MUST(!vm->config->share_ppm || sum <= vm->config->share_ppm);
}

/* No call is under way: what a slot says must be so. */
static void check_slot(const struct vcpu *s)
{
	const struct admit_task *t = &admission_tasks[s->index];
	const struct sched_entity *e = &s->entity;
	bool created = !s->config->period_ns;

	switch (atomic_load(&s->service)) {
	case SERVICE_EMPTY:
		MUST(e->state == SCHED_OFF);
		MUST(!created || !t->period);
		break;
	case SERVICE_READY:
		MUST(e->state == SCHED_OFF);
		break;
	case SERVICE_MOVING:
	case SERVICE_MOVING_LAUNCHED:
	case SERVICE_LEAVING:
		MUST(created && e->state == SCHED_OFF && t->period);
		break;
	case SERVICE_RUNNING:
	case SERVICE_STOPPING:
		break;
	default:
		MUST(!"a slot stays between states");
	}
	if (e->state != SCHED_OFF) {
		MUST(t->period == e->period && t->capacity == e->capacity &&
		     t->deadline == e->deadline);
		MUST(s->cpu->index == t->cpu || s->move_to ||
		     (atomic_load(&s->requests) & REQ_ARRIVE));
		MUST(s->config->cpus >> s->cpu->index & 1);
	}
	MUST(!s->move_to || (s->makes_room_for && !t->movable));
}

/* All that is promised fits, looked at when something else is promised. */
static void check_promises(void)
{
	static struct admit_task seen[TABLE_MAX_VCPUS];
	struct admit_run run;

	if (!memcmp(seen, admission_tasks, vcpu_count * sizeof(seen[0])))
		return;
	memcpy(seen, admission_tasks, vcpu_count * sizeof(seen[0]));
	MUST(admit_all(&run, &admission));
}

static void check(void)
{
	check_promises();
	for (uint32_t i = 0; i < vm_count; i++)
		check_shares(&vms[i]);
	for (uint32_t i = 0; i < vcpu_count; i++) {
		const struct vcpu *v = &vcpus[i];

		if (vcpu_is_service(v))
			check_slot(v);
		for (uint32_t j = 0; j < cpu_count; j++)
			MUST(v->cpu == &cpus[j] || cpus[j].sched.mine != &v->entity ||
			     !sched_is_rt(&v->entity));
	}
	for (uint32_t i = attackers; i < vcpu_count; i++)
		MUST(!vcpus[i].entity.late);
}

static const ns_t times[] = {0,       10 * US,   100 * US,   300 * US,  MS,     1500 * US,
			     2 * MS,  3 * MS,    4 * MS,     5 * MS,    8 * MS, 10 * MS,
			     20 * MS, 1000 * MS, 1ull << 63, UINT64_MAX};

static void create(struct vcpu *v, struct input *in, bool one_step)
{
	unsigned a = (unsigned)take(in, 1), b = (unsigned)take(in, 1);
	uint64_t args[6] = {WORLD_GPA, STACK, 1, times[a % 16], times[b % 16], 0}, value;

	args[5] = b & 16 ? args[4] : times[b / 16];
	if (one_step)
		hypercall(v, HCALL_SERVICE_CREATE, args);
	else
		world_call(v, HCALL_SERVICE_CREATE, args, &value);
}

/* v may call only while it could run. */
static bool can_call(const struct vcpu *v)
{
	return v->entity.state != SCHED_OFF && v->wait == WAIT_NOTHING;
}

static void operate(struct input *in)
{
	unsigned operation = (unsigned)take(in, 1) % OPERATIONS;
	struct vcpu *v = &vcpus[take(in, 1) % attackers];
	unsigned a = (unsigned)take(in, 1), b = (unsigned)take(in, 1);
	uint64_t args[6] = {a & 8 ? HCALL_SELF : a & 7, b & 7, WORLD_GPA, STACK, 5, 0}, value;

	host_cpu = v->cpu;
	if (operation < LIVE && !can_call(v))
		return;
	switch (operation) {
	case CREATE:
	case STEP:
		create(v, in, operation == STEP);
		break;
	case LAUNCH:
		world_call(v, HCALL_SERVICE_LAUNCH, args, &value);
		break;
	case DELETE:
		world_call(v, HCALL_SERVICE_DELETE, args, &value);
		break;
	case REGISTER:
		args[0] = b & 7;
		args[1] = WORLD_GPA + (a & 3);
		args[2] = a & 16 ? take(in, 8) : STACK;
		world_call(v, HCALL_SERVICE_REGISTER, args, &value);
		break;
	case CALL:
		args[2] = take(in, 1);
		if (a % 16 != HCALL_WAIT_NEXT_PERIOD && a % 16 != HCALL_REGISTRATION_END)
			world_call(v, a % 16, args, &value);
		break;
	case SLEEP:
		sleeps[v->index] = a & 1;
		break;
	case STOP:
		if (a < 64) {
			vm_stop(v->vm, "fuzz", true);
			break;
		} /* fall through */
	default:
		world_live(host_now + 1 + ((uint64_t)a << (b & 15)) * 10, turn);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input in = {data, bytes};

	memset(sleeps, 0, sizeof(sleeps));
	world_start(&w);
	attackers = vms[vm_count - VICTIMS].config->vcpu_first;
	world_live(MS, turn);
	for (unsigned i = 0; in.left && i < 300; i++) {
		operate(&in);
		check();
	}
	world_live(host_now + 50 * MS, turn);
	check();
	return 0;
}
