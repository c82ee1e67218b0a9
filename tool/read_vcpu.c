/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's vCPUs: its harts, and what a service has in common with them. */
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <string.h>

/* Design rule of the project (docs/configuration.md): shorter ones cost more than they give. */
#define PERIOD_MIN_NS   100000ull
#define PERIOD_MAX_NS   1000000000ull
#define CAPACITY_MIN_NS 10000ull
#define RT_PRIORITIES   32u

const char *vcpu_name(const struct sys_vcpu *vcpu)
{
	if (vcpu->is_service)
		return mem_printf("%s.services.%s", vcpu->vm->name, vcpu->name);
	return mem_printf("%s.vcpus[%u]", vcpu->vm->name, vcpu->number);
}

static void read_vcpu_cpu(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vcpu *vcpu = object;

	if (read_count(reader, value, 0, reader->system->board->harts - 1, &vcpu->cpu))
		vcpu->cpu_at = value->at;
	else
		vcpu->bad = true;
}

static void read_capacity(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vcpu *vcpu = object;

	vcpu->has_capacity = true;
	vcpu->capacity_at = value->at;
	if (!read_time(reader, value, &vcpu->capacity_ns)) {
		vcpu->bad = true;
	} else if (vcpu->capacity_ns < CAPACITY_MIN_NS) {
		diag_error(reader->diag, value->at,
			   "'capacity': %s is too short; write at least %s",
			   show_time(vcpu->capacity_ns), show_time(CAPACITY_MIN_NS));
		vcpu->bad = true;
	}
}

static void read_period(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vcpu *vcpu = object;

	vcpu->has_period = true;
	if (!read_time_between(reader, value, PERIOD_MIN_NS, PERIOD_MAX_NS, &vcpu->period_ns))
		vcpu->bad = true;
}

static void read_deadline(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vcpu *vcpu = object;

	vcpu->has_deadline = true;
	if (!read_time(reader, value, &vcpu->deadline_ns))
		vcpu->bad = true;
}

static void read_vcpu_weight(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vcpu *vcpu = object;

	vcpu->weight_at = value->at;
	read_count(reader, value, 1, 64, &vcpu->weight);
}

static void read_vcpu_priority(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vcpu *vcpu = object;

	vcpu->priority_at = node_place(value);
	if (!read_count(reader, value, 1, RT_PRIORITIES, &vcpu->priority))
		vcpu->bad = true;
}

static void read_server(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice servers[] = {{"periodic", SERVER_PERIODIC, NULL},
						{"polling", SERVER_POLLING, NULL},
						{"deferrable", SERVER_DEFERRABLE, NULL},
						{"sporadic", SERVER_SPORADIC, NULL}};
	struct sys_vcpu *vcpu = object;

	vcpu->server_at = node_place(value);
	if (!read_choice(reader, value, servers, 4, &vcpu->server))
		vcpu->bad = true;
}

static void read_extra_time(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vcpu *vcpu = object;

	if (read_yes_no(reader, value, &vcpu->extra_time) && vcpu->extra_time)
		vcpu->extra_time_at = node_place(value);
}

static void read_start(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice starts[] = {{"at-boot", true, NULL},
					       {"on-request", false, NULL}};
	uint32_t at_boot;

	if (read_choice(reader, value, starts, 2, &at_boot))
		((struct sys_vcpu *)object)->start_at_boot = at_boot;
}

static const struct key vcpu_keys[] = {
	{"cpu", read_vcpu_cpu, "CPU number", "the VM's cpu; else chosen",
	 "the CPU to which it is pinned"},
	{"capacity", read_capacity, "time, at least 10us", "none: best effort",
	 "CPU time promised in every period"},
	{"period", read_period, "time, 100us to 1s", "none: best effort",
	 "how often the capacity is given anew"},
	{"deadline", read_deadline, "time, capacity to period", "the period",
	 "the capacity is given within this time from each release"},
	{"priority", read_vcpu_priority, "number, 1 (highest) to 32; best effort to 8",
	 "required with a reservation on a fixed-priority CPU; best effort: the VM's priority",
	 "who goes first"},
	{"server", read_server, "periodic, polling, deferrable or sporadic", "periodic",
	 "how the budget is kept on a fixed-priority CPU"},
	{"extra-time", read_extra_time, "yes or no", "no",
	 "runs beyond its capacity when nobody else wants the CPU (policy edf)"},
	{"weight", read_vcpu_weight, "number, 1 to 64", "the VM's weight",
	 "best effort only: quanta in a row"},
};
const struct key_table keys_vcpu = KEY_TABLE("vms.NAME.vcpus[]", "a vCPU", vcpu_keys, NULL);

static const struct key service_keys[] = {
	{"cpu", read_vcpu_cpu, "CPU number", "chosen, and changed at run time to make room",
	 "the CPU to which it is pinned"},
	{"capacity", read_capacity, "time, at least 10us", NULL,
	 "CPU time promised in every period"},
	{"period", read_period, "time, 100us to 1s", NULL, "how often the capacity is given anew"},
	{"deadline", read_deadline, "time, capacity to period", "the period",
	 "the capacity is given within this time from each release"},
	{"start", read_start, "at-boot or on-request", "at-boot",
	 "as soon as its code is registered, or when somebody launches it"},
	{"priority", read_vcpu_priority, "number, 1 (highest) to 32",
	 "required on a fixed-priority CPU", "who goes first"},
	{"server", read_server, "periodic, polling, deferrable or sporadic", "periodic",
	 "how the budget is kept on a fixed-priority CPU"},
	{"extra-time", read_extra_time, "yes or no", "no",
	 "runs beyond its capacity when nobody else wants the CPU (policy edf)"},
};
const struct key_table keys_service =
	KEY_TABLE("vms.NAME.services.NAME", "a service", service_keys, NULL);

void service_read(struct reader *reader, const struct node *value, struct sys_vcpu *service)
{
	service->at = service->cpu_at = value->key->at;
	service->start_at_boot = true;
	keys_read(reader, value, &keys_service, service);
	if (!service->has_capacity || !service->has_period)
		service->bad = true;
}

static void vcpus_make(struct sys_vm *vm, uint32_t count, struct place at)
{
	vm->vcpus = mem_zero(count * sizeof(*vm->vcpus));
	vm->vcpu_count = count;
	for (uint32_t i = 0; i < count; i++)
		vm->vcpus[i] = (struct sys_vcpu){
			.vm = vm, .at = at, .cpu_at = at, .number = i, .cpu = CPU_NONE};
}

void vcpus_read(struct reader *reader, const struct node *value, struct sys_vm *vm)
{
	struct sys_vcpu *vcpu;
	uint32_t count;

	if (value->kind == NODE_TEXT) {
		if (read_count(reader, value, 1, TABLE_MAX_VM_VCPUS, &count))
			vcpus_make(vm, count, value->at);
		return;
	}
	if (value->kind == NODE_MAP || !value->count || value->count > TABLE_MAX_VM_VCPUS) {
		diag_error(reader->diag, value->at,
			   "'vcpus' must be a number or a list of 1 to %u vCPUs; write such as "
			   "[{cpu: 0}]",
			   TABLE_MAX_VM_VCPUS);
		return;
	}
	vcpus_make(vm, (uint32_t)value->count, value->at);
	vcpu = vm->vcpus;
	for (const struct node *child = value->first; child; child = child->next, vcpu++) {
		vcpu->at = vcpu->cpu_at = child->at;
		keys_read(reader, child, &keys_vcpu, vcpu);
	}
}

void reservation_finish(struct diag *diag, struct sys_vcpu *vcpu)
{
	if (!vcpu->is_service && (!vcpu->has_capacity || !vcpu->has_period)) {
		diag_error(diag, vcpu->at,
			   "a reservation needs capacity and period; add the key '%s'",
			   vcpu->has_capacity ? "period" : "capacity");
		vcpu->bad = true;
	}
	if (vcpu->weight_at.line)
		diag_error(
			diag, vcpu->weight_at,
			"'weight' means nothing for a vCPU with a reservation; remove one of them");
	if (!vcpu->has_deadline)
		vcpu->deadline_ns = vcpu->period_ns;
	if (vcpu->bad)
		return;
	if (vcpu->capacity_ns > vcpu->deadline_ns || vcpu->deadline_ns > vcpu->period_ns) {
		const char *which = vcpu->deadline_ns > vcpu->period_ns   ? "deadline"
				    : vcpu->capacity_ns > vcpu->period_ns ? "capacity"
									  : NULL;

		if (which)
			diag_error(
				diag, vcpu->capacity_at,
				"%s %s is larger than period %s; a reservation needs capacity <= "
				"deadline <= period",
				which,
				show_time(*which == 'd' ? vcpu->deadline_ns : vcpu->capacity_ns),
				show_time(vcpu->period_ns));
		else
			diag_error(diag, vcpu->capacity_at,
				   "capacity %s is larger than deadline %s; a reservation needs "
				   "capacity <= deadline <= period",
				   show_time(vcpu->capacity_ns), show_time(vcpu->deadline_ns));
		vcpu->bad = true;
	}
}

void vcpus_finish(struct reader *reader, struct sys_vm *vm)
{
	if (!vm->vcpu_count) {
		vcpus_make(vm, 1, node_place(vm->node));
		vm->vcpus[0].cpu_at = vm->node->key->at;
	}
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		struct sys_vcpu *vcpu = &vm->vcpus[i];

		if (vcpu->cpu == CPU_NONE && vm->cpu_node && !vcpu->bad) {
			vcpu->cpu = vm->cpu;
			vcpu->cpu_at = vm->cpu_node->at;
		}
		if (vcpu_is_reserved(vcpu))
			reservation_finish(reader->diag, vcpu);
		else if (vcpu->has_deadline)
			diag_error(reader->diag, vcpu->at,
				   "'deadline' belongs to a reservation; add capacity and period");
		if (!vcpu->weight)
			vcpu->weight = vm->weight ? vm->weight : 1;
		vcpu->pinned = vcpu->cpu != CPU_NONE;
	}
}
