/* SPDX-License-Identifier: Apache-2.0 */
#include "summary.h"
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

struct row {
	uint64_t phys, bytes;
	const char *text;
};

struct ink {
	const char *bold, *dim, *plain;
};

static struct ink ink_for(FILE *out)
{
	if (diag_colour(out))
		return (struct ink){"\033[1m", "\033[2m", "\033[0m"};
	return (struct ink){"", "", ""};
}

static int row_order(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	return (left->phys > right->phys) - (left->phys < right->phys);
}

/* For people: rounded to what is readable, at least one digit. */
static const char *near_size(uint64_t bytes)
{
	if (bytes >= GIB && bytes % GIB == 0)
		return show_size(bytes);
	if (bytes >= 10 * 1048576ull)
		return mem_printf("%lluM", (unsigned long long)((bytes + 524288) / 1048576));
	if (bytes >= 1048576)
		return mem_printf("%llu.%lluM", (unsigned long long)(bytes / 1048576),
				  (unsigned long long)(bytes % 1048576 * 10 / 1048576));
	return mem_printf("%lluK", (unsigned long long)((bytes + 1023) / 1024));
}

static uint32_t memory_rows(const struct plan *plan, const struct system *system, struct row *rows)
{
	uint64_t image = system->board->image_phys;
	uint32_t count = 0;

	rows[count++] = (struct row){image, plan->hv.end_phys - image, "hypervisor"};
	rows[count++] = (struct row){plan->table_phys, plan->table_room, "system table"};
	rows[count++] =
		(struct row){plan->pool_phys, plan->pool_bytes,
			     mem_printf("pool: %u second-stage roots and %u tables, stacks, state",
					system->vm_count, plan->s2_pages)};
	for (uint32_t i = 0; i < system->vm_count; i++) {
		const struct sys_vm *vm = &system->vms[i];

		rows[count++] = (struct row){
			vm->phys, vm->memory_bytes,
			mem_printf("VM %s, %s 0x%llx", vm->name,
				   vm->gpa == vm->phys ? "identity-mapped," : "which sees it at",
				   (unsigned long long)vm->gpa)};
		if (vm->copy_count)
			rows[count++] = (struct row){vm->copies->phys, vm->copies_bytes,
						     mem_printf("pristine copy of %s", vm->name)};
	}
	if (plan->trace_bytes)
		rows[count++] = (struct row){
			plan->trace_phys, plan->trace_bytes,
			mem_printf("trace: %u records of each CPU, the %s ones are kept",
				   system->trace_records,
				   system->trace_mode == TRACE_MODE_FIRST ? "first" : "newest")};
	return count;
}

static void print_memory(const struct plan *plan, const struct system *system, struct ink ink,
			 FILE *out)
{
	uint64_t used = plan->end_phys - system->board->image_phys;
	struct row rows[4 + 2 * TABLE_MAX_VMS];
	uint32_t count = memory_rows(plan, system, rows);

	qsort(rows, count, sizeof(rows[0]), row_order);
	fprintf(out, "\n%sMemory%s  %s of %s used\n", ink.bold, ink.plain, near_size(used),
		show_size(system->ram_bytes));
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, "  %s0x%09llx%s  %6s  %s\n", ink.dim, (unsigned long long)rows[i].phys,
			ink.plain, near_size(rows[i].bytes), rows[i].text);
}

/* "0ms-5ms panel": a slot for people. */
static void print_plan(const struct sys_plan *plan, FILE *out)
{
	fprintf(out, "       plan %s, every %s:", plan->name, show_time(plan->frame_ns));
	for (uint32_t i = 0; i < plan->slot_count; i++) {
		const struct sys_slot *slot = &plan->slots[i];

		fprintf(out, "%s %s from %s to %s", i ? "," : "", slot->name->text,
			show_time(slot->offset_ns), show_time(slot->offset_ns + slot->length_ns));
	}
	fputc('\n', out);
}

static const char *cpu_policy(const struct sys_cpu *cpu)
{
	static const char *const names[] = {
		[POLICY_EDF] = "edf", [POLICY_FP] = "fixed-priority", [POLICY_TABLE] = "table"};

	return cpu->dedicated ? "dedicated" : names[cpu->policy];
}

static void print_cpu(const struct system *system, uint32_t number, FILE *out)
{
	const struct sys_cpu *cpu = &system->cpus[number];
	uint64_t demand = cpu_demand_ppm(system, number), taken = demand + cpu->best_effort_ppm;

	fprintf(out, "  %u  %s", number, cpu_policy(cpu));
	if (!cpu->dedicated)
		fprintf(out, ": reservations %s, kept for best effort %s, free %s",
			show_share(demand), show_share(cpu->best_effort_ppm),
			show_share(taken < 1000000 ? 1000000 - taken : 0));
	if (cpu->best_effort_count && !cpu->dedicated)
		fprintf(out, "; %u best-effort vCPU%s in turns of %s", cpu->best_effort_count,
			cpu->best_effort_count == 1 ? "" : "s", show_time(cpu->quantum_ns));
	fprintf(out, "%s\n", cpu->gaps_idle ? "; gaps stay idle" : "");
	for (uint32_t i = 0; i < cpu->plan_count; i++)
		print_plan(&cpu->plans[i], out);
}

static void print_cpus(const struct system *system, struct ink ink, FILE *out)
{
	fprintf(out, "\n%sCPUs%s\n", ink.bold, ink.plain);
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (system->cpus[i].used)
			print_cpu(system, i, out);
}

static const char *where(const struct sys_vcpu *vcpu)
{
	const char *list = mem_printf("on CPU %u", vcpu->cpu);

	if (vcpu->cpus == 1u << vcpu->cpu)
		return list;
	list = mem_printf("%s, may move to", list);
	for (uint32_t i = 0, before = 0; i < TABLE_MAX_CPUS; i++)
		if (i != vcpu->cpu && vcpu->cpus >> i & 1)
			list = mem_printf("%s%s %u", list, before++ ? "," : "", i);
	return list;
}

/* The plan whose slots are the reservation. */
static const struct sys_plan *first_plan_of(const struct system *system,
					    const struct sys_vcpu *vcpu)
{
	const struct sys_cpu *cpu = &system->cpus[vcpu->cpu];

	for (uint32_t i = 0; i < cpu->plan_count; i++)
		for (uint32_t j = 0; j < cpu->plans[i].slot_count; j++)
			if (cpu->plans[i].slots[j].vcpu == vcpu)
				return &cpu->plans[i];
	return cpu->plans;
}

static void print_reservation(const struct system *system, const struct sys_vcpu *vcpu, FILE *out)
{
	static const char *const servers[] = {"periodic", "polling", "deferrable", "sporadic"};

	fprintf(out, "%s every %s", show_time(vcpu->capacity_ns), show_time(vcpu->period_ns));
	if (vcpu->has_slot)
		fprintf(out, " by plan %s", first_plan_of(system, vcpu)->name);
	if (vcpu->deadline_ns < vcpu->period_ns)
		fprintf(out, " within %s", show_time(vcpu->deadline_ns));
	if (system->cpus[vcpu->cpu].policy == POLICY_FP)
		fprintf(out, ", priority %u, %s server", vcpu->priority, servers[vcpu->server]);
	if (vcpu->extra_time)
		fprintf(out, ", and more when nobody else wants the CPU");
}

static void print_vcpu(const struct system *system, const struct sys_vcpu *vcpu, FILE *out)
{
	if (vcpu->is_service)
		fprintf(out, "      service %u %s %s: ", vcpu->number - vcpu->vm->vcpu_count,
			vcpu->name, where(vcpu));
	else
		fprintf(out, "      vCPU %u %s: ", vcpu->number, where(vcpu));
	if (vcpu_is_reserved(vcpu))
		print_reservation(system, vcpu, out);
	else if (system->cpus[vcpu->cpu].dedicated)
		fprintf(out, "has it alone");
	else
		fprintf(out, "best effort, weight %u, priority %u", vcpu->weight, vcpu->priority);
	if (vcpu->is_service)
		fprintf(out, ", %s", vcpu->start_at_boot ? "starts at boot" : "starts on request");
	fputc('\n', out);
}

/* What a VM may, and what bounds it. */
static void print_rights(const struct system *system, const struct sys_vm *vm, FILE *out)
{
	if (vm->share_ppm)
		fprintf(out, "      real-time share %s of a CPU\n", show_share(vm->share_ppm));
	if (vm->free_services)
		fprintf(out, "      room for %u more services, which it may create %s\n",
			vm->free_services,
			vm->registration_us ? mem_printf("in its first %s",
							 show_time(vm->registration_us * 1000ull))
					    : "at any time");
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (vm->may_services >> i & 1)
			fprintf(out, "      may start and stop services of %s\n",
				system->vms[i].name);
	if (vm->flags & VM_MAY_PLAN)
		fprintf(out, "      may change the plan\n");
	if (vm->flags & VM_GANG)
		fprintf(out, "      its vCPUs run at the same time\n");
	if (vm->task_count)
		fprintf(out, "      %u task%s inside, for 'partita analyse'\n", vm->task_count,
			vm->task_count == 1 ? "" : "s");
}

static void print_vm(const struct system *system, const struct sys_vm *vm, struct ink ink,
		     FILE *out)
{
	static const char *const vics[] = {"no interrupt controller", "PLIC", "AIA"};

	fprintf(out, "  %s%s%s  %s, %s", ink.bold, vm->name, ink.plain, show_size(vm->memory_bytes),
		vics[vm->vic]);
	if (vm->uart)
		fprintf(out, ", UART");
	for (uint32_t i = 0; i < vm->device_count; i++)
		fprintf(out, ", %s", vm->devices[i].device->name);
	if (vm->copy_count)
		fprintf(out, ", may restart (copy %s)", near_size(vm->copies_bytes));
	if (vm->flags & VM_VIRTUAL_TIME)
		fprintf(out, ", virtual time");
	fputc('\n', out);
	for (uint32_t i = 0; i < vm_entries(vm); i++)
		print_vcpu(system, &vm->vcpus[i], out);
	print_rights(system, vm, out);
}

void summary_print(const struct plan *plan, const struct system *system, FILE *out)
{
	struct ink ink = ink_for(out);

	fprintf(out, "%s%s: good%s (%s, %u VM%s)\n", ink.bold, system->path, ink.plain,
		system->board->name, system->vm_count, system->vm_count == 1 ? "" : "s");
	print_memory(plan, system, ink, out);
	if (plan->hv.estimated)
		fprintf(out, "  The hypervisor's part is estimated: %s.\n", plan->hv.why);
	print_cpus(system, ink, out);
	fprintf(out, "\n%sVMs%s\n", ink.bold, ink.plain);
	for (uint32_t i = 0; i < system->vm_count; i++)
		print_vm(system, &system->vms[i], ink, out);
}
