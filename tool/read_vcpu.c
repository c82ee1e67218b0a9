/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <string.h>

/* Design rule of the project (docs/configuration.md): shorter ones cost more than they give. */
#define PERIOD_MIN_NS   100000ull
#define PERIOD_MAX_NS   1000000000ull
#define CAPACITY_MIN_NS 10000ull

#define BE_PRIORITY_DEFAULT 4u

const char *vcpu_name(const struct sys_vcpu *vcpu)
{
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
	if (!read_time(reader, value, &vcpu->period_ns)) {
		vcpu->bad = true;
	} else if (vcpu->period_ns < PERIOD_MIN_NS || vcpu->period_ns > PERIOD_MAX_NS) {
		diag_error(reader->diag, value->at, "'period': %s is out of range; write %s to %s",
			   show_time(vcpu->period_ns), show_time(PERIOD_MIN_NS),
			   show_time(PERIOD_MAX_NS));
		vcpu->bad = true;
	}
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

static const struct key vcpu_keys[] = {
	{"cpu", read_vcpu_cpu, "CPU number", "the VM's cpu",
	 "home CPU; a reservation must have one, here or at the VM"},
	{"capacity", read_capacity, "time, at least 10us", "none: best effort",
	 "CPU time promised in every period"},
	{"period", read_period, "time, 100us to 1s", "none: best effort",
	 "how often the capacity is given anew"},
	{"deadline", read_deadline, "time, capacity to period", "the period",
	 "the capacity is given within this time from each release"},
	{"weight", read_vcpu_weight, "number, 1 to 64", "the VM's weight",
	 "best effort only: quanta in a row"},
};
static const char *const vcpu_later[] = {"priority", "budget", "server", NULL};
const struct key_table keys_vcpu = KEY_TABLE("vms.NAME.vcpus[]", "a vCPU", vcpu_keys, vcpu_later);

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

static void reservation_finish(struct diag *diag, struct sys_vcpu *vcpu)
{
	if (!vcpu->has_capacity || !vcpu->has_period) {
		diag_error(diag, vcpu->at,
			   "a reservation needs capacity and period; add the key '%s'",
			   vcpu->has_capacity ? "period" : "capacity");
		vcpu->bad = true;
	}
	if (vcpu->weight_at.line)
		diag_error(
			diag, vcpu->weight_at,
			"'weight' means nothing for a vCPU with a reservation; remove one of them");
	if (vcpu->cpu == CPU_NONE && !vcpu->bad) {
		diag_error(diag, vcpu->at, "a reservation is held by one CPU; add the key 'cpu'");
		vcpu->bad = true;
	}
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
		if (!vcpu->priority && !vcpu_is_reserved(vcpu))
			vcpu->priority = BE_PRIORITY_DEFAULT;
		vcpu->pinned = vcpu->cpu != CPU_NONE;
	}
	reader->system->vcpu_count += vm->vcpu_count + vm_services(vm);
}
