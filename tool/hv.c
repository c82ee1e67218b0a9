/* SPDX-License-Identifier: Apache-2.0 */
#include "hv.h"
#include "file.h"
#include "mem.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A vCPU with a reservation, or an empty slot for a service, may be on a CPU of that policy. */
static bool has_policy(const struct system *system, uint32_t policy)
{
	uint32_t harts = 0;

	for (uint32_t i = 0; i < system->vm_count; i++) {
		const struct sys_vm *vm = &system->vms[i];

		harts |= vm->free_services ? vm->free_cpus : 0;
		for (uint32_t j = 0; j < vm_entries(vm); j++)
			if (vm->vcpus[j].period_ns)
				harts |= vm->vcpus[j].cpus;
	}
	for (uint32_t i = 0; i < system->board->harts; i++)
		if (harts >> i & 1 && system->cpus[i].policy == policy)
			return true;
	return false;
}

static bool has_edf(const struct system *system)
{
	return has_policy(system, POLICY_EDF);
}

static bool has_fixed_priority(const struct system *system)
{
	return has_policy(system, POLICY_FP);
}

static bool has_table(const struct system *system)
{
	return has_policy(system, POLICY_TABLE);
}

static bool has_services(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (vm_services(&system->vms[i]))
			return true;
	return false;
}

static bool has_trace(const struct system *system)
{
	return system->trace_records;
}

static bool has_plic(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].vic == VIC_PLIC)
			return true;
	return false;
}

static bool has_aia(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].vic == VIC_AIA)
			return true;
	return false;
}

static bool has_uart(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].uart)
			return true;
	return false;
}

static bool has_device(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].device_count)
			return true;
	return false;
}

static bool has_restart(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (vm_may_restart(&system->vms[i]))
			return true;
	return false;
}

static bool has_smp(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (system->vms[i].vcpu_count > 1)
			return true;
	return false;
}

/* Services send IPIs to harts and start them, too. */
static bool has_siblings(const struct system *system)
{
	return has_smp(system) || has_services(system);
}

/* An AIA vCPU that may run on several CPUs. */
static bool has_moving_file(const struct system *system)
{
	for (uint32_t i = 0; i < system->vm_count; i++)
		for (uint32_t j = 0; j < system->vms[i].vcpu_count; j++) {
			const struct sys_vcpu *vcpu = &system->vms[i].vcpus[j];

			if (vcpu->guest_file && vcpu->cpus & (vcpu->cpus - 1))
				return true;
		}
	return false;
}

/* What is linked, and when: the one place that knows the hypervisor's units. */
static const struct unit {
	const char *object;
	bool (*needed)(const struct system *system); /* NULL: always */
} units[] = {
	{"core.o", NULL},
	{"unit-edf.o", has_edf},
	{"unit-fp.o", has_fixed_priority},
	{"unit-table.o", has_table},
	{"unit-services.o", has_services},
	{"unit-trace.o", has_trace},
	{"unit-vuart.o", has_uart}, /* the device that is used most is looked for first */
	{"unit-vplic.o", has_plic},
	{"unit-vaplic.o", has_aia},
	{"unit-passthrough.o", has_device},
	{"unit-restart.o", has_restart},
	{"unit-smp.o", has_siblings},
	{"unit-move.o", has_moving_file},
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static const char *hv_dir(void)
{
	const char *dir = getenv("PARTITA_HV");

	return dir && *dir ? dir : path_join(path_program_dir(), "hv/riscv64");
}

static const char *linker(void)
{
	const char *name = getenv("PARTITA_LD");

	return name && *name ? name : "riscv64-linux-gnu-ld";
}

static bool fail(struct hv *hv, const char *why)
{
	hv->why = why;
	return false;
}

static bool run_linker(struct hv *hv, const struct system *system, const char *out, bool verbose)
{
	const char *dir = hv_dir(), *script = mem_printf("%s/hv.lds", dir);
	const char *argv[12 + UNITS] = {
		linker(), "--gc-sections", "--build-id=none", "-nostdlib", "-T", script, "-o", out};
	size_t count = 8;
	int status;

	if (!file_exists(script))
		return fail(hv, mem_printf("no linker script '%s'; build the hypervisor with 'make "
					   "hv', or set PARTITA_HV to where it is built",
					   script));
	for (size_t i = 0; i < UNITS; i++) {
		const char *object = mem_printf("%s/%s", dir, units[i].object);

		if (units[i].needed && !units[i].needed(system))
			continue;
		if (!file_exists(object))
			return fail(hv, mem_printf("no object file '%s', which this system needs; "
						   "build the hypervisor with 'make hv'",
						   object));
		argv[count++] = object;
	}
	status = run_program(argv, verbose);
	if (status == RUN_NOT_FOUND)
		return fail(hv, mem_printf("no linker '%s'; install it with 'make setup' (package "
					   "binutils-riscv64-linux-gnu), or set PARTITA_LD",
					   argv[0]));
	return status ? fail(hv, "linking the hypervisor failed; see above") : true;
}

/* Copies hv_sizes out of the segment that holds it. */
static bool read_sizes(struct hv *hv, uint64_t at)
{
	struct elf64_segment segment;

	for (uint32_t i = 0; i < hv->elf.segments; i++)
		if (elf64_segment(&hv->elf, i, &segment) && at >= segment.vaddr &&
		    at - segment.vaddr <= segment.file_bytes &&
		    segment.file_bytes - (at - segment.vaddr) >= sizeof(hv->sizes)) {
			memcpy(&hv->sizes, segment.data + (at - segment.vaddr), sizeof(hv->sizes));
			return true;
		}
	return false;
}

static bool read_hypervisor(struct hv *hv, const struct board *board, const char *path)
{
	const char *problem;
	uint64_t sizes;

	hv->file = file_read(path, &hv->file_bytes);
	if (!hv->file)
		return fail(hv, mem_printf("cannot read '%s'", path));
	problem = elf64_open(&hv->elf, hv->file, hv->file_bytes);
	if (problem)
		return fail(hv, mem_printf("the hypervisor '%s' %s", path, problem));
	if (!elf64_symbol(&hv->elf, "__hv_end", &hv->end_phys) ||
	    !elf64_symbol(&hv->elf, "hv_sizes", &sizes) || !read_sizes(hv, sizes))
		return fail(hv,
			    "the hypervisor lacks the symbol __hv_end or hv_sizes; build it anew "
			    "with 'make hv'");
	if (hv->end_phys % PAGE || hv->end_phys <= board->image_phys ||
	    hv->end_phys - board->image_phys > (16u << 20))
		return fail(hv,
			    "the hypervisor's __hv_end is not at a page behind its link address; "
			    "hv.lds and this partita do not fit together");
	return true;
}

/* A name for the linker's output until it is known to be good. */
static const char *temporary_file(const char *beside)
{
	const char *dir = getenv("TMPDIR");
	char *name = beside ? mem_printf("%s.XXXXXX", beside)
			    : mem_printf("%s/partita-XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkstemp(name);

	if (fd < 0)
		return NULL;
	fchmod(fd, 0644);
	close(fd);
	return name;
}

bool hv_link(struct hv *hv, const struct system *system, const char *elf_path, bool verbose)
{
	const char *temporary = temporary_file(elf_path);
	bool good;

	*hv = (struct hv){0};
	if (!temporary)
		return fail(hv, mem_printf("cannot write the linker's output%s%s: %s",
					   elf_path ? " " : "", elf_path ? elf_path : "",
					   strerror(errno)));
	good = run_linker(hv, system, temporary, verbose) &&
	       read_hypervisor(hv, system->board, temporary);
	if (good && elf_path && rename(temporary, elf_path))
		good = fail(hv, mem_printf("cannot write '%s': %s", elf_path, strerror(errno)));
	else if (!good || !elf_path)
		unlink(temporary);
	return good;
}

void hv_estimate(struct hv *hv, const struct board *board, const char *why)
{
	*hv = (struct hv){
		.estimated = true,
		.why = why,
		.end_phys = board->image_phys + 0x10000,
		.sizes = {.stack_bytes = 4096,
			  .cpu_bytes = 1024,
			  .vm_bytes = 1024,
			  .vcpu_bytes = 2048,
			  .uart_bytes = 1024,
			  .plic_bytes = 4096,
			  .aplic_bytes = 4096,
			  .own_table_pages = 8,
			  .services_bytes = 1024,
			  .plan_bytes = 64,
			  .slot_bytes = 64,
			  .sporadic_bytes = 192,
			  .heap_bytes = 64},
	};
}
