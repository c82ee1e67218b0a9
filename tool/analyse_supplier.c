/* SPDX-License-Identifier: Apache-2.0 */
/* What CPU time a VM with one hart is sure to get. */
#include "analyse.h"
#include "mem.h"
#include "units.h"

static const char *show_policy(const struct sys_cpu *cpu)
{
	return cpu->policy == POLICY_FP ? "fixed priority" : "EDF";
}

/*
 * Polling gives up its budget when the guest sleeps: what arrives just then waits for the next
 * release. Pieces of a sporadic server's budget come back at most a period after the guest has
 * nothing left. Both: no service for as much longer as the capacity. The others, at worst, have
 * spent their budget just before.
 */
static void from_reservation(struct analysed_guest *guest, const struct sys_vcpu *vcpu,
			     const struct sys_cpu *cpu)
{
	static const char *const servers[] = {"", ", polling", ", deferrable", ", sporadic"};
	bool fixed = cpu->policy == POLICY_FP;

	guest->supply = supply_reservation(vcpu->capacity_ns, vcpu->period_ns, vcpu->deadline_ns);
	if (fixed && (vcpu->server == SERVER_POLLING || vcpu->server == SERVER_SPORADIC))
		guest->supply.blackout += vcpu->capacity_ns;
	guest->supplier =
		mem_printf("%s every %s%s on CPU %u (%s%s)", show_time(vcpu->capacity_ns),
			   show_time(vcpu->period_ns),
			   vcpu->deadline_ns < vcpu->period_ns
				   ? mem_printf(" within %s", show_time(vcpu->deadline_ns))
				   : "",
			   vcpu->cpu, show_policy(cpu), fixed ? servers[vcpu->server & 3] : "");
}

static void from_slots(struct analysed_guest *guest, const struct sys_vcpu *vcpu,
		       const struct sys_plan *plan)
{
	struct supply_slot *slots = mem_zero(plan->slot_count * sizeof(*slots));
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan->slot_count; i++)
		if (plan->slots[i].vcpu == vcpu)
			slots[count++] = (struct supply_slot){plan->slots[i].offset_ns,
							      plan->slots[i].offset_ns +
								      plan->slots[i].length_ns};
	guest->supply = supply_slots(slots, count, plan->frame_ns);
	guest->plan = plan->name;
	guest->supplier = mem_printf("its slots in the frame of %s on CPU %u (time table)",
				     show_time(plan->frame_ns), vcpu->cpu);
	if (!count)
		guest->without = mem_printf("it has no slot in plan %s", plan->name);
}

static uint64_t slice_of(const struct analysis *a, const struct sys_vcpu *vcpu)
{
	return a->system->cpus[vcpu->cpu].quantum_ns * vcpu->weight;
}

/* Why nothing is sure for a best-effort vCPU; NULL: turns are all it has to wait for. */
static const char *no_turns(const struct analysis *a, const struct sys_vcpu *vcpu)
{
	if (vcpu->cpus & (vcpu->cpus - 1))
		return "it is best effort and may move between CPUs";
	for (uint32_t i = 0; i < a->entry_count; i++) {
		const struct sys_vcpu *other = a->entries[i].vcpu;

		if (other == vcpu || !((other->cpus | 1u << other->cpu) & 1u << vcpu->cpu))
			continue;
		if (entry_is_rt(&a->entries[i]))
			return mem_printf("it is best effort, below the reservation of %s",
					  a->entries[i].name);
		if (other->priority < vcpu->priority)
			return mem_printf("it is best effort, below %s of higher priority",
					  a->entries[i].name);
		if (other->vm->flags & VM_GANG)
			return mem_printf("it is best effort beside the gang of %s",
					  other->vm->name);
	}
	return NULL;
}

static void from_turns(const struct analysis *a, struct analysed_guest *guest,
		       const struct sys_vcpu *vcpu)
{
	uint64_t others = 0;

	guest->without = no_turns(a, vcpu);
	if (guest->without)
		return;
	for (uint32_t i = 0; i < a->entry_count; i++) {
		const struct sys_vcpu *other = a->entries[i].vcpu;

		if (other != vcpu && other->cpus & 1u << vcpu->cpu &&
		    other->priority == vcpu->priority)
			others += slice_of(a, other);
	}
	guest->supply = supply_turns(slice_of(a, vcpu), others);
	guest->supplier = mem_printf("turns of %s, best effort on CPU %u",
				     show_time(slice_of(a, vcpu)), vcpu->cpu);
}

void analyse_supplier(const struct analysis *a, struct analysed_guest *guest, uint32_t plan)
{
	const struct sys_vcpu *vcpu = &guest->vm->vcpus[0];
	const struct sys_cpu *cpu = &a->system->cpus[vcpu->cpu];

	guest->without = NULL;
	if (guest->vm->vcpu_count > 1) {
		guest->without = "it has more than one vCPU; one reservation is analysed";
	} else if (cpu->dedicated) {
		guest->supply = supply_whole();
		guest->supplier = mem_printf("CPU %u, all of it", vcpu->cpu);
	} else if (cpu->policy == POLICY_TABLE && vcpu->has_slot) {
		from_slots(guest, vcpu, &cpu->plans[plan]);
	} else if (vcpu_is_reserved(vcpu)) {
		from_reservation(guest, vcpu, cpu);
	} else {
		from_turns(a, guest, vcpu);
	}
	if (guest->without)
		guest->supply = (struct supply){.kind = SUPPLY_NONE, .period = 1};
}
