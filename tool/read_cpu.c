/* SPDX-License-Identifier: Apache-2.0 */
/* The CPUs: how each is shared, and the plans of those that run by a time table. */
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <string.h>

#define QUANTUM_MIN_NS 100000ull
#define QUANTUM_MAX_NS 1000000000ull
#define FRAME_MIN_NS   100000ull
#define FRAME_MAX_NS   10000000000ull
#define SLOT_MIN_NS    50000ull

static void read_policy(struct reader *reader, const struct node *value, void *object)
{
	enum { EDF, FIXED_PRIORITY, TABLE, DEDICATED };
	static const struct choice policies[] = {{"edf", EDF, NULL},
						 {"fixed-priority", FIXED_PRIORITY, NULL},
						 {"table", TABLE, NULL},
						 {"dedicated", DEDICATED, NULL}};
	static const uint32_t numbers[] = {POLICY_EDF, POLICY_FP, POLICY_TABLE, POLICY_EDF};
	struct sys_cpu *cpu = object;
	uint32_t policy;

	cpu->policy_node = value;
	if (!read_choice(reader, value, policies, 4, &policy))
		return;
	cpu->policy = numbers[policy];
	cpu->dedicated = policy == DEDICATED;
}

static void read_best_effort(struct reader *reader, const struct node *value, void *object)
{
	struct sys_cpu *cpu = object;

	cpu->share_node = value;
	cpu->has_share = read_share(reader, value, 100, &cpu->best_effort_ppm);
}

static void read_quantum(struct reader *reader, const struct node *value, void *object)
{
	struct sys_cpu *cpu = object;

	cpu->quantum_node = value;
	read_time_between(reader, value, QUANTUM_MIN_NS, QUANTUM_MAX_NS, &cpu->quantum_ns);
}

static void read_slot_vcpu(struct reader *reader, const struct node *value, void *object)
{
	const char *text;

	if (read_text(reader, value, &text))
		((struct sys_slot *)object)->name = value;
}

static void read_slot_at(struct reader *reader, const struct node *value, void *object)
{
	struct sys_slot *slot = object;

	slot->offset_at = value->at;
	slot->has_offset = read_time(reader, value, &slot->offset_ns);
}

static void read_slot_for(struct reader *reader, const struct node *value, void *object)
{
	struct sys_slot *slot = object;

	slot->has_length =
		read_time_between(reader, value, SLOT_MIN_NS, FRAME_MAX_NS, &slot->length_ns);
}

static const struct key slot_keys[] = {
	{"vcpu", read_slot_vcpu, "VM, or \"VM[number]\"", NULL, "the vCPU that runs in this slot"},
	{"at", read_slot_at, "time", NULL, "when the slot begins, from the start of the frame"},
	{"for", read_slot_for, "time, at least 50us", NULL, "how long the slot is"},
};
const struct key_table keys_slot = KEY_TABLE("cpus.N.plans[].slots[]", "a slot", slot_keys, NULL);

static void read_slots(struct reader *reader, const struct node *value, void *object)
{
	struct sys_plan *plan = object;

	if (value->kind != NODE_LIST || !value->count || value->count > TABLE_MAX_SLOTS) {
		diag_error(
			reader->diag, value->at,
			"'slots' must be a list of 1 to %u slots; write such as [{vcpu: first, at: "
			"0ms, for: 5ms}]",
			TABLE_MAX_SLOTS);
		return;
	}
	plan->slots = mem_zero(value->count * sizeof(*plan->slots));
	for (const struct node *child = value->first; child; child = child->next) {
		struct sys_slot *slot = &plan->slots[plan->slot_count++];

		slot->at = child->at;
		keys_read(reader, child, &keys_slot, slot);
	}
}

static void read_plan_name(struct reader *reader, const struct node *value, void *object)
{
	read_name(reader, value, &((struct sys_plan *)object)->name);
}

static void read_frame(struct reader *reader, const struct node *value, void *object)
{
	read_time_between(reader, value, FRAME_MIN_NS, FRAME_MAX_NS,
			  &((struct sys_plan *)object)->frame_ns);
}

static const struct key plan_keys[] = {
	{"name", read_plan_name, "name", NULL, "how messages call the plan"},
	{"frame", read_frame, "time, 100us to 10s", NULL, "the plan repeats after this time"},
	{"slots", read_slots, "list of 1 to 64 slots", NULL, "who runs when"},
};
const struct key_table keys_plan = KEY_TABLE("cpus.N.plans[]", "a plan", plan_keys, NULL);

static void check_plan_name(struct reader *reader, const struct sys_cpu *cpu)
{
	const struct sys_plan *plan = &cpu->plans[cpu->plan_count - 1];

	for (const struct sys_plan *other = cpu->plans; plan->name && other < plan; other++)
		if (other->name && !strcmp(other->name, plan->name))
			diag_error(
				reader->diag, plan->at,
				"a plan '%s' is given before (line %d); give this one another name",
				plan->name, other->at.line);
}

static void read_plans(struct reader *reader, const struct node *value, void *object)
{
	struct sys_cpu *cpu = object;

	cpu->plans_node = value;
	if (value->kind != NODE_LIST || !value->count || value->count > TABLE_MAX_PLANS) {
		diag_error(reader->diag, value->at,
			   "'plans' must be a list of 1 to %u plans; write such as [{name: normal, "
			   "frame: 20ms, slots: [...]}]",
			   TABLE_MAX_PLANS);
		return;
	}
	cpu->plans = mem_zero(value->count * sizeof(*cpu->plans));
	for (const struct node *child = value->first; child; child = child->next) {
		struct sys_plan *plan = &cpu->plans[cpu->plan_count++];

		plan->at = child->at;
		keys_read(reader, child, &keys_plan, plan);
		check_plan_name(reader, cpu);
	}
}

static void read_gaps(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice gaps[] = {{"best-effort", false, NULL}, {"idle", true, NULL}};
	struct sys_cpu *cpu = object;
	uint32_t idle = false;

	cpu->gaps_node = value;
	if (read_choice(reader, value, gaps, 2, &idle))
		cpu->gaps_idle = idle;
}

static const struct key cpu_keys[] = {
	{"policy", read_policy, "edf, fixed-priority, table or dedicated", "edf",
	 "how this CPU is given to real-time vCPUs"},
	{"best-effort", read_best_effort, "percentage",
	 "10% if best-effort vCPUs live on this CPU, else 0%",
	 "share of this CPU that reservations leave to best effort"},
	{"quantum", read_quantum, "time, 100us to 1s", "10ms",
	 "turn of a best-effort vCPU with weight 1"},
	{"plans", read_plans, "list of 1 to 8 plans", "none: required with policy: table",
	 "time tables of this CPU; the first one runs first"},
	{"gaps", read_gaps, "best-effort or idle", "best-effort",
	 "who has the time that no slot's owner uses"},
};
const struct key_table keys_cpu = KEY_TABLE("cpus.N", "a CPU", cpu_keys, NULL);

/* Keys that mean nothing under this policy. */
static void check_meaning(struct diag *diag, uint32_t number, const struct sys_cpu *cpu)
{
	bool table = cpu->policy == POLICY_TABLE;

	if (table && !cpu->plans_node)
		diag_error(diag, node_place(cpu->node),
			   "CPU %u has policy table and no plan; add the key 'plans'", number);
	if (!table && cpu->plans_node)
		diag_error(
			diag, node_place(cpu->plans_node),
			"'plans' belong to a CPU with policy table; write policy: table or remove "
			"them");
	if (!table && cpu->gaps_node)
		diag_error(
			diag, node_place(cpu->gaps_node),
			"'gaps' belong to a CPU with policy table; write policy: table or remove "
			"the key");
	if (cpu->dedicated && (cpu->share_node || cpu->quantum_node))
		diag_error(diag, node_place(cpu->share_node ? cpu->share_node : cpu->quantum_node),
			   "a dedicated CPU is not shared; remove the key");
	if (!cpu->gaps_idle)
		return;
	if (cpu->best_effort_ppm)
		diag_error(diag, node_place(cpu->gaps_node),
			   "gaps: idle leaves best effort nothing, and 'best-effort' promises %s; "
			   "remove one of them",
			   show_share(cpu->best_effort_ppm));
	if (number == 0)
		diag_error(diag, node_place(cpu->gaps_node),
			   "gaps: idle would starve the hypervisor's own work (the console), which "
			   "CPU 0 does; put these plans on another CPU");
}

void cpus_read(struct reader *reader, const struct node *value, struct system *system)
{
	if (value->kind != NODE_MAP) {
		diag_error(reader->diag, value->at,
			   "'cpus' must be a map of CPU numbers; write such as {0: {best-effort: "
			   "40%%}}");
		return;
	}
	for (const struct node *child = value->first; child; child = child->next) {
		struct sys_cpu *cpu;
		uint64_t hart;

		if (unit_count(child->key->text, &hart) || hart >= system->board->harts) {
			diag_error(
				reader->diag, child->key->at,
				"CPU '%s' does not exist: %s has CPUs 0 to %u; correct the number",
				child->key->text, system->board->name, system->board->harts - 1);
			continue;
		}
		cpu = &system->cpus[hart];
		if (cpu->node) {
			diag_error(reader->diag, child->key->at,
				   "CPU '%s' is given before (line %d); keep one", child->key->text,
				   cpu->node->key->at.line);
			continue;
		}
		cpu->used = true;
		cpu->node = child;
		keys_read(reader, child, &keys_cpu, cpu);
		check_meaning(reader->diag, (uint32_t)hart, cpu);
	}
}
