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
	return count;
}

static void print_memory(const struct plan *plan, const struct system *system, struct ink ink,
			 FILE *out)
{
	uint64_t used = plan->end_phys - system->board->image_phys;
	struct row rows[3 + 2 * TABLE_MAX_VMS];
	uint32_t count = memory_rows(plan, system, rows);

	qsort(rows, count, sizeof(rows[0]), row_order);
	fprintf(out, "\n%sMemory%s  %s of %s used\n", ink.bold, ink.plain, near_size(used),
		show_size(system->ram_bytes));
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, "  %s0x%09llx%s  %6s  %s\n", ink.dim, (unsigned long long)rows[i].phys,
			ink.plain, near_size(rows[i].bytes), rows[i].text);
}

static void print_cpus(const struct system *system, struct ink ink, FILE *out)
{
	fprintf(out, "\n%sCPUs%s\n", ink.bold, ink.plain);
	for (uint32_t i = 0; i < system->board->harts; i++) {
		const struct sys_cpu *cpu = &system->cpus[i];
		uint64_t demand = cpu_demand_ppm(system, i), taken = demand + cpu->best_effort_ppm;

		if (!cpu->used)
			continue;
		fprintf(out, "  %u  reservations %s, kept for best effort %s, free %s", i,
			show_share(demand), show_share(cpu->best_effort_ppm),
			show_share(taken < 1000000 ? 1000000 - taken : 0));
		if (cpu->best_effort_count)
			fprintf(out, "; %u best-effort vCPU%s in turns of %s",
				cpu->best_effort_count, cpu->best_effort_count == 1 ? "" : "s",
				show_time(cpu->quantum_ns));
		fputc('\n', out);
	}
}

static void print_vcpu(const struct sys_vcpu *vcpu, FILE *out)
{
	fprintf(out, "      vCPU %u on CPU %u: ", vcpu->number, vcpu->cpu);
	if (!vcpu_is_reserved(vcpu))
		fprintf(out, "best effort, weight %u\n", vcpu->weight);
	else if (vcpu->deadline_ns < vcpu->period_ns)
		fprintf(out, "%s every %s within %s (admitted as capacity / deadline)\n",
			show_time(vcpu->capacity_ns), show_time(vcpu->period_ns),
			show_time(vcpu->deadline_ns));
	else
		fprintf(out, "%s every %s\n", show_time(vcpu->capacity_ns),
			show_time(vcpu->period_ns));
}

static void print_vm(const struct sys_vm *vm, struct ink ink, FILE *out)
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
	fputc('\n', out);
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		print_vcpu(&vm->vcpus[i], out);
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
		print_vm(&system->vms[i], ink, out);
}
