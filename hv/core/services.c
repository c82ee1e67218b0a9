/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unit: real-time services (services.h).
 *
 * Creating one is an admission test (sched/admit.h) of many steps: each time the guest makes the
 * call one step is done, in the caller's own time, and the guest is sent back to the same call
 * until there is an answer. What is tested are the reservations at that moment; if another one was
 * committed meanwhile the test begins again, RESTARTS times at most.
 */
#include "core/services.h"
#include "abi/hypercall.h"
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/pool.h"
#include "core/table.h"
#include "core/trace.h"
#include "core/unit.h"
#include "core/vcpu.h"
#include "core/vm.h"

#define RESTARTS     8u
#define ABANDONED_NS 10000000u
#define CAPACITY_MIN 10000u
#define PERIOD_MIN   100000u
#define PERIOD_MAX   1000000000u

#define OK(v)    ((struct hcall_result){SBI_SUCCESS, (v)})
#define ERROR(e) ((struct hcall_result){(e), 0})

static _Atomic uint32_t committing; /* somebody changes the reservations */
static _Atomic uint32_t changes;    /* how often one was added or moved */

static uint32_t slots(const struct vm *vm)
{
	return vm_vcpus(vm->config) - vm->config->vcpu_count;
}

/* The service's vCPU; NULL if the VM has no such slot. */
static struct vcpu *slot(const struct vm *vm, uint64_t number)
{
	return number < slots(vm) ? &vm->vcpus[vm->config->vcpu_count + number] : NULL;
}

static uint32_t number_of(const struct vcpu *s)
{
	return s->number - s->vm->config->vcpu_count;
}

static bool is_created(const struct vcpu *s)
{
	return !s->config->period_ns;
}

/* From one state to another, by one CPU alone. */
static bool change(struct vcpu *s, enum service_state from, enum service_state to)
{
	uint32_t expected = from;

	return atomic_compare_exchange_strong(&s->service, &expected, to);
}

/* Capacity over period, rounded up. */
static uint32_t share_ppm(const struct admit_task *t)
{
	return (uint32_t)((t->capacity * 1000000 + t->period - 1) / t->period);
}

static bool code_is_sane(const struct vm *vm, gpaddr_t entry, gpaddr_t stack)
{
	return !(entry & 1) && !(stack & 15) && vm_owns(vm, entry, 4, REGION_X) &&
	       (!stack || vm_owns(vm, stack - 16, 16, REGION_R | REGION_W));
}

/* Precondition: SERVICE_TAKEN. */
static void set_code(struct vcpu *s, gpaddr_t entry, gpaddr_t stack, uint64_t argument)
{
	s->start_entry = entry;
	s->start_stack = stack;
	s->start_argument = argument;
}

/* Precondition: s->service is SERVICE_RUNNING by the caller. */
static void launch(struct vcpu *s)
{
	atomic_store(&s->power, VCPU_START_PENDING);
	vcpu_request_later(s, REQ_START);
}

static bool may(const struct vcpu *v, const struct vm *vm)
{
	return v->vm == vm || v->vm->config->may_services >> vm->index & 1;
}

/* The service that a call means; NULL and *error. */
static struct vcpu *find(struct vcpu *v, uint64_t index, uint64_t number, long *error)
{
	struct vm *vm;
	struct vcpu *s;

	*error = SBI_ERR_INVALID_PARAM;
	if (index != HCALL_SELF && index >= vm_count)
		return NULL;
	vm = index == HCALL_SELF ? v->vm : &vms[index];
	s = slot(vm, number);
	if (s && !may(v, vm)) {
		*error = SBI_ERR_DENIED;
		return NULL;
	}
	return s;
}

static struct hcall_result call_register(struct vcpu *v, const uint64_t *args)
{
	struct vcpu *s = slot(v->vm, args[0]);

	if (!s || is_created(s))
		return ERROR(SBI_ERR_INVALID_PARAM);
	if (!code_is_sane(v->vm, args[1], args[2]))
		return ERROR(SBI_ERR_INVALID_ADDRESS);
	if (!change(s, SERVICE_EMPTY, SERVICE_TAKEN))
		return ERROR(SBI_ERR_ALREADY_AVAILABLE);
	set_code(s, args[1], args[2], args[3]);
	if (s->config->flags & VCPU_AT_BOOT) {
		atomic_store(&s->service, SERVICE_RUNNING);
		launch(s);
	} else {
		atomic_store(&s->service, SERVICE_READY);
	}
	return OK(0);
}

static struct hcall_result call_launch(struct vcpu *v, const uint64_t *args)
{
	long error;
	struct vcpu *s = find(v, args[0], args[1], &error);

	if (!s)
		return ERROR(error);
	if (change(s, SERVICE_READY, SERVICE_RUNNING)) {
		launch(s);
		return OK(0);
	}
	if (change(s, SERVICE_MOVING, SERVICE_MOVING_LAUNCHED))
		return OK(0);
	return ERROR(atomic_load(&s->service) == SERVICE_EMPTY ? SBI_ERR_INVALID_PARAM
							       : SBI_ERR_ALREADY_STARTED);
}

/* A created one leaves nothing behind. Precondition: SERVICE_TAKEN, its vCPU is stopped. */
static void forget(struct vcpu *s)
{
	struct admit_task *t = &admission_tasks[s->index];

	if (is_created(s) && t->period) {
		atomic_fetch_sub(&s->vm->services->share_ppm, share_ppm(t));
		t->period = 0; /* a test that is under way may still count it: safe */
	}
	atomic_store(&s->service, SERVICE_EMPTY);
}

static struct hcall_result call_delete(struct vcpu *v, const uint64_t *args)
{
	long error;
	struct vcpu *s = find(v, args[0], args[1], &error);

	if (!s)
		return ERROR(error);
	if (change(s, SERVICE_RUNNING, SERVICE_STOPPING)) {
		vcpu_request_later(s, REQ_END);
		return OK(0);
	}
	if (change(s, SERVICE_MOVING, SERVICE_LEAVING) ||
	    change(s, SERVICE_MOVING_LAUNCHED, SERVICE_LEAVING))
		return OK(0);
	if (is_created(s) && change(s, SERVICE_READY, SERVICE_TAKEN)) {
		forget(s);
		return OK(0);
	}
	return ERROR(atomic_load(&s->service) == SERVICE_EMPTY ? SBI_ERR_INVALID_PARAM
							       : SBI_ERR_ALREADY_STOPPED);
}

static struct hcall_result call_status(struct vcpu *v, const uint64_t *args)
{
	static const uint8_t states[] = {
		[SERVICE_EMPTY] = HCALL_SERVICE_EMPTY,
		[SERVICE_TAKEN] = HCALL_SERVICE_EMPTY,
		[SERVICE_READY] = HCALL_SERVICE_READY,
		[SERVICE_RUNNING] = HCALL_SERVICE_RUNNING,
		[SERVICE_STOPPING] = HCALL_SERVICE_RUNNING,
		[SERVICE_MOVING] = HCALL_SERVICE_MOVING,
		[SERVICE_MOVING_LAUNCHED] = HCALL_SERVICE_MOVING,
		[SERVICE_LEAVING] = HCALL_SERVICE_MOVING,
	};
	uint64_t value;
	long error;
	struct vcpu *s = find(v, args[0], args[1], &error);

	if (!s)
		return ERROR(error);
	if (args[2] == HCALL_STATUS_STATE)
		return OK(states[atomic_load(&s->service)]);
	return hypercall_status(s, args[2], &value) ? OK(value) : ERROR(SBI_ERR_INVALID_PARAM);
}

static struct hcall_result answer(struct vcpu *v, uint32_t reason, uint64_t figure)
{
	v->vm->services->running = false;
	v->vm->services->restarts = 0;
	trace(TRACE_ADMIT, v->index, reason, figure);
	return (struct hcall_result){SBI_ERR_DENIED,
				     (uint64_t)reason << 56 | (figure & (~0ull >> 8))};
}

/*
 * A slot for the new service, now SERVICE_TAKEN; NULL: all are in use. At most TABLE_MAX_SERVICES
 * steps. Not one whose vCPU is to move, or still does, although its service is gone.
 */
static struct vcpu *take_slot(struct vm *vm, uint32_t moves)
{
	struct vcpu *s = slot(vm, vm->config->service_count),
		    *end = vm->vcpus + vm_vcpus(vm->config);

	for (; s < end; s++)
		if (atomic_load(&s->service) == SERVICE_EMPTY && s->index != moves &&
		    !s->makes_room_for && change(s, SERVICE_EMPTY, SERVICE_TAKEN))
			return s;
	return NULL;
}

/* Another one has to go to another CPU before s can start. It makes room for one at a time. */
static void make_room(struct vcpu *s, const struct admit_run *run)
{
	struct vcpu *moved = &vcpus[run->move_task];

	admission_tasks[run->move_task].cpu = run->move_to;
	admission_tasks[run->move_task].movable = false;
	moved->makes_room_for = s;
	atomic_store(&s->service, SERVICE_MOVING);
	moved->move_to = &cpus[run->move_to]; /* from now on it may go at any time */
	vcpu_request_later(moved, REQ_MOVE);
}

/* What can be said without a test. */
static uint32_t refuse_early(struct vcpu *v, const uint64_t *args, uint64_t *figure)
{
	const struct vm_services *x = v->vm->services;
	struct admit_task wanted = {.capacity = args[3], .period = args[4]};
	uint32_t limit = v->vm->config->share_ppm;

	*figure = 0;
	if (x->closed || arch_now() > x->registration_end)
		return HCALL_REFUSED_CLOSED;
	if (!v->vm->config->free_services) {
		*figure = slots(v->vm);
		return HCALL_REFUSED_SLOT;
	}
	if (args[3] < CAPACITY_MIN || args[3] > args[5] || args[5] > args[4] ||
	    args[4] < PERIOD_MIN || args[4] > PERIOD_MAX)
		return HCALL_REFUSED_ARGUMENT;
	*figure = atomic_load(&x->share_ppm) + share_ppm(&wanted);
	return limit && *figure > limit ? HCALL_REFUSED_VM_SHARE : 0;
}

/* The test said yes and nothing has changed since. Precondition: `committing` is ours. */
static struct hcall_result commit(struct vcpu *v, const uint64_t *args)
{
	struct vm_services *x = v->vm->services;
	const struct admit_run *run = &x->run;
	struct admit_task *task;
	uint64_t figure;
	uint32_t reason = refuse_early(v, args, &figure);
	struct vcpu *s;

	if (reason) /* siblings may have created others meanwhile */
		return answer(v, reason, figure);
	s = take_slot(v->vm, run->move_task);
	if (!s)
		return answer(v, HCALL_REFUSED_SLOT, slots(v->vm));
	x->running = false;
	x->restarts = 0;
	vcpu_come(s, &cpus[run->cpu]);
	set_code(s, args[0], args[1], args[2]);
	s->entity.capacity = args[3];
	s->entity.period = args[4];
	s->entity.deadline = args[5];
	s->entity.late = s->entity.overruns = 0;
	s->entity.remaining = 0;
	task = &admission_tasks[s->index];
	task->capacity = args[3];
	task->deadline = args[5];
	task->cpu = run->cpu;
	atomic_thread_fence(memory_order_release);
	task->period = args[4];
	atomic_fetch_add(&x->share_ppm, share_ppm(task));
	if (run->move_task == ADMIT_NOBODY)
		atomic_store(&s->service, SERVICE_READY);
	else
		make_room(s, run);
	atomic_fetch_add(&changes, 1); /* after all of them: a test that saw half begins again */
	trace(TRACE_ADMIT, v->index, 0, s->index);
	return OK(number_of(s));
}

static bool is_same_request(const struct vm_services *x, const struct vcpu *v, const uint64_t *args)
{
	return x->running && x->creator == v && x->run.wanted.capacity == args[3] &&
	       x->run.wanted.period == args[4] && x->run.wanted.deadline == args[5];
}

/* The test proper: of what call_create() was asked for first. */
static void begin_run(struct vm_services *x, const struct vcpu *v)
{
	const struct table_vcpu *c =
		table_vcpu(v->vm->config->vcpu_first + v->vm->config->vcpu_count +
			   v->vm->config->service_count);
	struct admit_task wanted = x->run.wanted;

	wanted.priority = c->priority;
	wanted.server = c->server;
	wanted.cpus = c->cpus;
	wanted.movable = c->cpus & (c->cpus - 1);
	x->phase = SERVICES_TEST;
	x->run_changes = atomic_load(&changes);
	admit_begin_place(&x->run, &admission, &wanted);
}

/* Others were quicker: from the beginning, but not for ever. */
static struct hcall_result again(struct vcpu *v)
{
	struct vm_services *x = v->vm->services;

	x->running = false;
	return ++x->restarts > RESTARTS ? answer(v, HCALL_REFUSED_BUSY, 0) : ERROR(HCALL_AGAIN);
}

/* A test ended well: takes what it found if nothing has changed meanwhile. */
static struct hcall_result try_commit(struct vcpu *v, const uint64_t *args)
{
	struct hcall_result r;

	if (atomic_exchange(&committing, 1))
		return again(v); /* in a moment */
	if (v->vm->services->run_changes != atomic_load(&changes))
		r = again(v);
	else
		r = commit(v, args);
	atomic_store(&committing, 0);
	return r;
}

static struct hcall_result first_step(struct vcpu *v, const uint64_t *args)
{
	struct vm_services *x = v->vm->services;
	uint64_t figure;
	uint32_t reason;

	if (!code_is_sane(v->vm, args[0], args[1]))
		return ERROR(SBI_ERR_INVALID_ADDRESS);
	reason = refuse_early(v, args, &figure);
	if (reason)
		return answer(v, reason, figure);
	if (x->creator != v)
		x->restarts = 0;
	x->creator = v;
	x->running = true;
	x->phase = SERVICES_BEGIN;
	x->run.wanted.capacity = args[3];
	x->run.wanted.period = args[4];
	x->run.wanted.deadline = args[5];
	return ERROR(HCALL_AGAIN);
}

static struct hcall_result test_step(struct vcpu *v)
{
	struct vm_services *x = v->vm->services;

	switch (admit_step(&x->run)) {
	case ADMIT_MORE:
		return ERROR(HCALL_AGAIN);
	case ADMIT_NO:
		if (x->run_changes != atomic_load(&changes))
			return again(v);
		return answer(v, x->run.reason, x->run.figure);
	default:
		x->phase = SERVICES_COMMIT;
		return ERROR(HCALL_AGAIN);
	}
}

/* Between its steps the guest may have changed what it did not ask to be tested. */
static struct hcall_result last_step(struct vcpu *v, const uint64_t *args)
{
	if (code_is_sane(v->vm, args[0], args[1]))
		return try_commit(v, args);
	v->vm->services->running = false;
	return ERROR(SBI_ERR_INVALID_ADDRESS);
}

static struct hcall_result next_step(struct vcpu *v, const uint64_t *args)
{
	struct vm_services *x = v->vm->services;

	if (x->phase == SERVICES_TEST)
		return test_step(v);
	if (x->phase == SERVICES_COMMIT)
		return last_step(v, args);
	begin_run(x, v);
	return ERROR(HCALL_AGAIN);
}

/* One test at a time for a VM. Who leaves his alone loses it to the next one. */
static struct hcall_result call_create(struct vcpu *v, const uint64_t *args)
{
	struct vm_services *x = v->vm->services;
	struct hcall_result r;
	ns_t now;

	if (atomic_exchange(&x->busy, 1))
		return ERROR(HCALL_AGAIN); /* another CPU is in a step of this VM's */
	now = arch_now();
	if (is_same_request(x, v, args)) {
		x->last_step = now;
		r = next_step(v, args);
	} else if (x->running && x->creator != v && now < x->last_step + ABANDONED_NS) {
		r = (struct hcall_result){SBI_ERR_DENIED, (uint64_t)HCALL_REFUSED_BUSY << 56};
	} else {
		x->last_step = now;
		r = first_step(v, args);
	}
	atomic_store(&x->busy, 0);
	return r;
}

static struct hcall_result call(struct vcpu *v, uint64_t function, const uint64_t *args)
{
	if (function != HCALL_SERVICE_LAUNCH && function != HCALL_SERVICE_DELETE &&
	    function != HCALL_SERVICE_STATUS && !v->vm->services)
		return ERROR(SBI_ERR_NOT_SUPPORTED);
	if ((function == HCALL_SERVICE_REGISTER || function == HCALL_SERVICE_CREATE) &&
	    atomic_load(&v->vm->state) != VM_RUNNING) /* its slots are being emptied */
		return ERROR(SBI_ERR_DENIED);
	switch (function) {
	case HCALL_SERVICE_REGISTER:
		return call_register(v, args);
	case HCALL_SERVICE_CREATE:
		return call_create(v, args);
	case HCALL_SERVICE_LAUNCH:
		return call_launch(v, args);
	case HCALL_SERVICE_DELETE:
		return call_delete(v, args);
	case HCALL_SERVICE_STATUS:
		return call_status(v, args);
	default:
		v->vm->services->closed = true;
		return OK(0);
	}
}

/*
 * It has left its former CPU: who waits for its place may start there, but gets nothing before the
 * server period is over in which the other one ran.
 */
static void arrived(struct vcpu *v)
{
	struct vcpu *then = v->makes_room_for;
	ns_t free_at = v->entity.release + v->entity.period;

	if (!then)
		return;
	if (then->entity.not_before < free_at)
		then->entity.not_before = free_at;
	if (!change(then, SERVICE_MOVING, SERVICE_READY)) { /* states only go on in this order */
		if (change(then, SERVICE_MOVING_LAUNCHED, SERVICE_RUNNING))
			launch(then);
		else if (change(then, SERVICE_LEAVING, SERVICE_TAKEN))
			forget(then);
	}
	v->makes_room_for = NULL;
	atomic_thread_fence(memory_order_release);
	admission_tasks[v->index].movable = true; /* for the next one */
}

/* It runs no more. Nothing of it stays in this CPU, as it may start on another one; where it was to
 * go it goes at once. */
static void finish(struct vcpu *v)
{
	struct cpu *cpu = v->cpu;

	v->ending = false;
	vcpu_stop(v);
	if (v->movable && cpu->loaded == v) {
		arch_vcpu_evict(v);
		v->entity.held = false;
		cpu->loaded = NULL;
	}
	if (v->move_to)
		vcpu_request_later(v, REQ_MOVE);
}

static void ended(struct vcpu *v)
{
	finish(v);
	atomic_store(&v->service, SERVICE_TAKEN);
	forget(v);
}

/*
 * Whether it is v's turn to end: then it is SERVICE_STOPPING. With its VM, whoever waits for
 * another's move gives its place up only when that one has moved; a slot that somebody is about to
 * fill at this moment is looked at again when the VM begins anew.
 */
static bool shall_stop(struct vcpu *v, bool gone)
{
	if (gone && (change(v, SERVICE_MOVING, SERVICE_LEAVING) ||
		     change(v, SERVICE_MOVING_LAUNCHED, SERVICE_LEAVING)))
		return false;
	if (gone && (change(v, SERVICE_READY, SERVICE_STOPPING) ||
		     change(v, SERVICE_RUNNING, SERVICE_STOPPING)))
		return true;
	return atomic_load(&v->service) == SERVICE_STOPPING;
}

/*
 * A configured service keeps its reservation. That of a created one is free for others only when
 * the server period is over in which it may have run: until then it sleeps (else a VM could take
 * its share again and again by deleting and creating).
 */
static void stop(struct vcpu *v, bool gone)
{
	struct sched_entity *e = &v->entity;
	ns_t now = arch_now(), over = e->release + e->period;

	if (v->ending || !shall_stop(v, gone))
		return;
	if (is_created(v) && e->state != SCHED_OFF) {
		v->ending = v->reset_pending = true;
		atomic_store(&v->power, VCPU_STOPPED);
		sched_block(&v->cpu->sched, e, over, now);
		v->wait = WAIT_STOP;
		v->wake_at = over; /* if it is current: its dispatch puts it to sleep again */
		v->cpu->resched = true;
		return;
	}
	finish(v);
	if (is_created(v) || gone) {
		atomic_store(&v->service, SERVICE_TAKEN);
		forget(v);
	} else {
		atomic_store(&v->service, SERVICE_READY);
	}
}

static void begin(struct vm *vm, ns_t now)
{
	struct vm_services *x = vm->services;
	uint32_t us = vm->config->registration_us;

	if (!x)
		return;
	x->closed = x->running = false;
	x->restarts = 0;
	x->registration_end = us ? now + us * 1000ull : NS_NEVER;
	for (uint32_t i = 0; i < slots(vm); i++) { /* filled while the VM was being stopped */
		struct vcpu *s = slot(vm, i);

		if (change(s, SERVICE_READY, SERVICE_TAKEN))
			forget(s);
	}
}

static const struct services_ops ops = {call, stop, ended, arrived, begin};

static int vm_init(struct vm *vm)
{
	if (!slots(vm))
		return HV_OK;
	services = &ops;
	vm->services = pool_take(sizeof(*vm->services), 64);
	for (uint32_t i = 0; i < vm_vcpus(vm->config); i++) {
		const struct table_vcpu *c = table_vcpu(vm->config->vcpu_first + i);

		if (c->period_ns)
			vm->services->share_ppm += share_ppm(&(struct admit_task){
				.capacity = c->capacity_ns, .period = c->period_ns});
	}
	return HV_OK;
}

static const struct unit unit_of_services = {.name = "services", .vm_init = vm_init};
UNIT(unit_of_services);
