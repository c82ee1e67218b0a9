/* SPDX-License-Identifier: Apache-2.0 */
/* Partita's own calls (abi/hypercall.h), but for how they come from a guest and go back. */
#include "abi/hypercall.h"
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/services.h"
#include "core/table.h"
#include "core/trace.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "lib/string.h"

#define OK(v)    ((struct hcall_result){SBI_SUCCESS, (v)})
#define ERROR(e) ((struct hcall_result){(e), 0})

const struct services_ops *services;

static struct hcall_result vm_info(struct vcpu *v, uint64_t index, uint64_t what)
{
	const struct vm *vm;
	uint64_t name;

	if (index != HCALL_SELF && index >= vm_count)
		return ERROR(SBI_ERR_INVALID_PARAM);
	vm = index == HCALL_SELF ? v->vm : &vms[index];
	switch (what) {
	case HCALL_INFO_STATE:
		return OK(atomic_load(&vm->state));
	case HCALL_INFO_VCPUS:
		return OK(vm->config->vcpu_count);
	case HCALL_INFO_SERVICES:
		return OK(vm_vcpus(vm->config) - vm->config->vcpu_count);
	case HCALL_INFO_SHARE_PPM:
		return OK(vm->config->share_ppm);
	case HCALL_INFO_COUNT:
		return OK(vm_count);
	case HCALL_INFO_NAME:
	case HCALL_INFO_NAME + 1:
	case HCALL_INFO_NAME + 2:
		memcpy(&name, vm->config->name + (what - HCALL_INFO_NAME) * sizeof(name),
		       sizeof(name));
		return OK(name);
	default:
		return ERROR(SBI_ERR_INVALID_PARAM);
	}
}

bool hypercall_status(const struct vcpu *v, uint64_t what, uint64_t *value)
{
	const struct sched_entity *e = &v->entity;

	switch (what) {
	case HCALL_STATUS_LATE:
		*value = e->late;
		return true;
	case HCALL_STATUS_OVERRUNS:
		*value = e->overruns;
		return true;
	case HCALL_STATUS_CPU:
		*value = v->cpu->index;
		return true;
	case HCALL_STATUS_CAPACITY:
		*value = sched_is_rt(e) ? e->capacity : 0;
		return true;
	case HCALL_STATUS_PERIOD:
		*value = e->period;
		return true;
	case HCALL_STATUS_DEADLINE:
		*value = e->deadline;
		return true;
	case HCALL_STATUS_RAN:
		*value = e->ran;
		return true;
	default:
		return false;
	}
}

/* The caller runs: what the scheduler has not charged yet is added here. */
static struct hcall_result query(struct vcpu *v, uint64_t what)
{
	const struct sched_entity *e = &v->entity;
	ns_t now = arch_now(), run = now - v->cpu->sched.since;
	uint64_t value;

	switch (what) {
	case HCALL_STATUS_STATE:
		return OK(HCALL_SERVICE_RUNNING);
	case HCALL_STATUS_RAN:
		return OK(e->ran + run);
	case HCALL_STATUS_BUDGET:
		return OK(e->remaining > (int64_t)run ? (uint64_t)e->remaining - run : 0);
	case HCALL_STATUS_RELEASE:
		return OK(e->release);
	case HCALL_STATUS_DUE:
		return OK(e->due);
	case HCALL_STATUS_TIME:
		return OK(now);
	default:
		return hypercall_status(v, what, &value) ? OK(value) : ERROR(SBI_ERR_INVALID_PARAM);
	}
}

/* Each CPU looks at what is wanted when its frame ends. */
static struct hcall_result plan(struct vcpu *v, uint64_t number)
{
	bool any = false;

	if (!(v->vm->config->flags & VM_MAY_PLAN))
		return ERROR(SBI_ERR_DENIED);
	for (uint32_t i = 0; i < cpu_count; i++) {
		if (number >= cpus[i].sched.plan_count)
			continue;
		atomic_store(&cpus[i].sched.plan_wanted, (uint32_t)number);
		any = true;
	}
	return any ? OK(0) : ERROR(SBI_ERR_INVALID_PARAM);
}

static struct hcall_result wait_next_period(struct vcpu *v)
{
	if (!sched_is_rt(&v->entity))
		return ERROR(SBI_ERR_DENIED);
	vcpu_sleep(v, WAIT_PERIOD, NS_NEVER);
	return OK(0); /* the release follows when it is known: arch_vcpu_set_time() */
}

struct hcall_result hypercall(struct vcpu *v, uint64_t function, const uint64_t *args)
{
	switch (function) {
	case HCALL_VM_ID:
		return OK(v->vm->index);
	case HCALL_WAIT_NEXT_PERIOD:
		return wait_next_period(v);
	case HCALL_VM_INFO:
		return vm_info(v, args[0], args[1]);
	case HCALL_QUERY:
		return query(v, args[0]);
	case HCALL_PLAN:
		return plan(v, args[0]);
	case HCALL_SERVICE_REGISTER:
	case HCALL_SERVICE_CREATE:
	case HCALL_SERVICE_LAUNCH:
	case HCALL_SERVICE_DELETE:
	case HCALL_SERVICE_STATUS:
	case HCALL_REGISTRATION_END:
		if (services)
			return services->call(v, function, args);
		return ERROR(SBI_ERR_NOT_SUPPORTED);
	default:
		return ERROR(SBI_ERR_NOT_SUPPORTED);
	}
}
