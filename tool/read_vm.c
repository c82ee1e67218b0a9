/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"
#include "parts.h"
#include "suggest.h"
#include "units.h"

#include <string.h>

static void read_image(struct reader *reader, const struct node *value, void *object)
{
	read_file(reader, value, &((struct sys_vm *)object)->image);
}

static void read_kernel(struct reader *reader, const struct node *value, void *object)
{
	read_file(reader, value, &((struct sys_vm *)object)->kernel);
}

static void read_initrd(struct reader *reader, const struct node *value, void *object)
{
	read_file(reader, value, &((struct sys_vm *)object)->initrd);
}

static void read_cmdline(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;
	const char *text;

	if (!read_text(reader, value, &text))
		return;
	if (strlen(text) > 1023)
		diag_error(reader->diag, value->at,
			   "'cmdline' has %zu characters; Linux takes at most 1023", strlen(text));
	vm->cmdline = text;
}

static const struct key linux_keys[] = {
	{"kernel", read_kernel, "path", NULL, "the kernel's flat Image, not compressed"},
	{"initrd", read_initrd, "path", "none", "initial RAM file system"},
	{"cmdline", read_cmdline, "text", "empty", "kernel command line"},
};
const struct key_table keys_linux = KEY_TABLE("vms.NAME.linux", "linux", linux_keys, NULL);

static void read_linux(struct reader *reader, const struct node *value, void *object)
{
	((struct sys_vm *)object)->linux_node = value;
	keys_read(reader, value, &keys_linux, object);
}

static void read_memory_size(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;
	uint64_t bytes;

	vm->memory_node = value;
	if (!read_size(reader, value, &bytes))
		return;
	if (!bytes || bytes % PAGE || bytes > reader->system->board->ram_max_bytes)
		diag_error(reader->diag, value->at,
			   "%s: %s is no possible memory; write a multiple of 4K up to %s",
			   node_name(value), value->text,
			   show_size(reader->system->board->ram_max_bytes));
	else
		vm->memory_bytes = bytes;
}

static void read_at(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;
	uint64_t gpa;

	if (!read_address(reader, value, &gpa))
		return;
	vm->at_node = value;
	vm->gpa = gpa;
}

static void read_identity(struct reader *reader, const struct node *value, void *object)
{
	read_yes_no(reader, value, &((struct sys_vm *)object)->identity);
}

static void read_clear(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (read_yes_no(reader, value, &vm->clear))
		vm->clear_node = value;
}

static const struct key memory_keys[] = {
	{"size", read_memory_size, "size, multiple of 4K", NULL, "how much"},
	{"at", read_at, "address", "0x80200000; with identity: yes wherever there is room",
	 "guest-physical address where the memory starts"},
	{"identity", read_identity, "yes or no", "no", "guest-physical equals physical"},
	{"clear", read_clear, "yes or no", "no", "clear all memory before a restart"},
};
const struct key_table keys_memory = KEY_TABLE("vms.NAME.memory", "memory", memory_keys, NULL);

static void read_memory(struct reader *reader, const struct node *value, void *object)
{
	((struct sys_vm *)object)->memory_node = value;
	if (value->kind == NODE_TEXT)
		read_memory_size(reader, value, object);
	else
		keys_read(reader, value, &keys_memory, object);
}

static void read_entry(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (read_address(reader, value, &vm->entry))
		vm->entry_node = value;
}

static void read_load(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (read_address(reader, value, &vm->load))
		vm->load_node = value;
}

static void read_dtb(struct reader *reader, const struct node *value, void *object)
{
	read_file(reader, value, &((struct sys_vm *)object)->dtb);
}

static void read_rng_seed(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;
	const char *text;
	uint8_t *seed;

	if (!read_text(reader, value, &text))
		return;
	if (strlen(text) != 128 || text[strspn(text, "0123456789abcdefABCDEF")]) {
		diag_error(reader->diag, value->at,
			   "'rng-seed' must be 64 bytes in hexadecimal; write 128 digits, such as "
			   "from 'openssl rand -hex 64'");
		return;
	}
	seed = mem_zero(64);
	for (size_t i = 0; i < 64; i++) {
		char pair[5] = {'0', 'x', text[2 * i], text[2 * i + 1], '\0'};
		uint64_t byte = 0;

		unit_number(pair, &byte);
		seed[i] = (uint8_t)byte;
	}
	vm->rng_seed = seed;
	vm->rng_seed_bytes = 64;
}

static void read_vic(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice vics[] = {
		{"plic", VIC_PLIC, NULL}, {"aia", VIC_AIA, NULL}, {"none", VIC_NONE, NULL}};
	struct sys_vm *vm = object;

	vm->has_vic = read_choice(reader, value, vics, 3, &vm->vic);
}

static void read_uart(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	vm->uart_at = value->at;
	vm->has_uart = read_yes_no(reader, value, &vm->uart);
}

static void read_vcpus(struct reader *reader, const struct node *value, void *object)
{
	vcpus_read(reader, value, object);
}

static void read_weight(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (read_count(reader, value, 1, 64, &vm->weight))
		vm->weight_node = value;
}

static void read_cpu(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (read_count(reader, value, 0, reader->system->board->harts - 1, &vm->cpu))
		vm->cpu_node = value;
}

static void read_priority(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (read_count(reader, value, 1, BE_PRIORITIES, &vm->priority))
		vm->priority_node = value;
}

static void read_time_kind(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice times[] = {{"absolute", 0, NULL},
					      {"virtual", VM_VIRTUAL_TIME, NULL}};
	struct sys_vm *vm = object;
	uint32_t flag;

	if (!read_choice(reader, value, times, 2, &flag))
		return;
	vm->flags |= flag;
	vm->time_node = value;
}

static void read_gang(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;
	bool gang;

	if (!read_yes_no(reader, value, &gang))
		return;
	vm->flags |= gang ? VM_GANG : 0;
	vm->gang_node = value;
}

/* A dedicated device has no keys of its own yet: its table is empty but for what is to come. */
static const char *const device_later[] = {"interrupt", NULL};
const struct key_table keys_device = {"vms.NAME.devices.DEVICE", "a device", NULL, 0, device_later};

static void read_device(struct reader *reader, const struct node *value, struct sys_vm *vm)
{
	const struct board *board = reader->system->board;
	const struct board_device *device = board_device_find(board, value->key->text);

	if (!device) {
		const char *near = suggest(value->key->text, board->devices, board->device_count,
					   sizeof(board->devices[0]));
		diag_error(reader->diag, value->key->at,
			   "%s has no device '%s'; did you mean '%s'?", board->name,
			   value->key->text, near ? near : "rtc");
	} else if (device->refusal) {
		diag_error(reader->diag, value->key->at, "device '%s' cannot be given to a VM: %s",
			   device->name, device->refusal);
	} else if (value->kind == NODE_MAP ? value->count : !node_is_empty(value)) {
		const struct node *child = value->kind == NODE_MAP ? value->first : value;

		diag_error(reader->diag, node_place(child), "device '%s' has no keys yet; write {}",
			   device->name);
	} else if (vm->device_count < VM_DEVICES) {
		vm->devices[vm->device_count++] =
			(struct sys_device){.device = device, .at = value->key->at};
	}
}

static void read_devices(struct reader *reader, const struct node *value, void *object)
{
	if (value->kind != NODE_MAP) {
		diag_error(reader->diag, value->at,
			   "'devices' must be a map of devices; write such as {rtc: {}}");
		return;
	}
	for (const struct node *child = value->first; child; child = child->next)
		read_device(reader, child, object);
}

static void read_on_fault(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice actions[] = {{"inject", ACTION_INJECT, NULL},
						{"stop", ACTION_STOP, NULL},
						{"restart", ACTION_RESTART, NULL}};

	read_choice(reader, value, actions, 3, &((struct sys_vm *)object)->on_fault);
}

static void read_on_reboot(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice actions[] = {{"stop", ACTION_STOP, NULL},
						{"restart", ACTION_RESTART, NULL}};

	read_choice(reader, value, actions, 2, &((struct sys_vm *)object)->on_reboot);
}

static const struct key vm_keys[] = {
	{"image", read_image, "path", "none: either image or linux is needed",
	 "ELF or flat binary that runs on the bare board"},
	{"linux", read_linux, "map", "none: either image or linux is needed", "a Linux kernel"},
	{"memory", read_memory, "size or map", NULL, "the VM's RAM, such as 256M"},
	{"entry", read_entry, "address", "the ELF's entry, or where a flat binary is loaded",
	 "guest-physical address of the first instruction"},
	{"load", read_load, "address", "start of the memory", "where a flat binary is put"},
	{"dtb", read_dtb, "path", "generated", "device tree blob instead of the generated one"},
	{"rng-seed", read_rng_seed, "128 hexadecimal digits", "derived from the names",
	 "seed for the guest's random numbers, in its device tree"},
	{"interrupt-controller", read_vic, "plic, aia or none", "aia for linux, else plic",
	 "which interrupt controller the guest sees"},
	{"uart", read_uart, "yes or no", "yes; no with interrupt-controller: none",
	 "a 16550 UART at 0x10000000, the VM's console"},
	{"vcpus", read_vcpus, "number 1 to 4, or list", "1", "virtual CPUs"},
	{"weight", read_weight, "number, 1 to 64", "1", "best-effort vCPUs: quanta in a row"},
	{"priority", read_priority, "number, 1 (highest) to 8", "4",
	 "best-effort vCPUs: those of a lower number go first"},
	{"gang", read_gang, "yes or no", "no", "its best-effort vCPUs run at the same time"},
	{"cpu", read_cpu, "CPU number", "none: vCPUs are placed, best effort moves between CPUs",
	 "the CPU to which vCPUs are pinned that name none"},
	{"time", read_time_kind, "absolute or virtual", "absolute",
	 "virtual: the VM's clock stands still while others run"},
	{"services", read_services, "map of service names", "none",
	 "real-time vCPUs of this VM beside its harts"},
	{"free-services", read_free_services, "number, 1 to 32", "none",
	 "room for services that the VM creates while it runs"},
	{"registration", read_registration, "time, or always", "always",
	 "how long after its start the VM may create services"},
	{"real-time-share", read_real_time_share, "percentage of one CPU, to 800%",
	 "none: no bound", "bound on all its reservations and services together"},
	{"may", read_may, "list of rights", "[]",
	 "start-services VM...: launch and delete services of these; change-plan"},
	{"tasks", read_tasks, "list of tasks", "none", "what runs inside, for the analysis"},
	{"task-scheduler", read_task_scheduler, "fixed-priority or edf", "fixed-priority",
	 "how the guest schedules its tasks"},
	{"devices", read_devices, "map of devices", "none", "devices for this VM alone"},
	{"on-fault", read_on_fault, "inject, stop or restart", "inject",
	 "what follows an access to what is not there"},
	{"on-reboot", read_on_reboot, "stop or restart", "stop", "what a reboot of the guest does"},
	{"processor", read_processor, "map", "everything the board has",
	 "what the guest sees of the processor"},
};
static const char *const vm_later[] = {"preemptable", NULL};
const struct key_table keys_vm = KEY_TABLE("vms.NAME", "a VM", vm_keys, vm_later);

void vm_read(struct reader *reader, const struct node *value, struct sys_vm *vm)
{
	vm->on_fault = ACTION_INJECT;
	vm->on_reboot = ACTION_STOP;
	processor_default(vm);
	keys_read(reader, value, &keys_vm, vm);
}

static void finish_content(struct diag *diag, struct sys_vm *vm)
{
	if (!vm->image.node && !vm->linux_node)
		diag_error(diag, node_place(vm->node),
			   "VM %s has nothing to run; add the key 'image' or 'linux'", vm->name);
	if (vm->image.node && vm->linux_node)
		diag_error(diag, node_place(vm->linux_node),
			   "VM %s has both 'image' and 'linux'; keep one", vm->name);
	if (vm->linux_node && vm->entry_node)
		diag_error(diag, node_place(vm->entry_node),
			   "'entry': a Linux kernel starts at its first byte; remove the key");
	if (vm->linux_node && vm->load_node)
		diag_error(diag, node_place(vm->load_node),
			   "'load': a Linux kernel lies at the start of memory; remove the key");
}

static void finish_controller(struct diag *diag, struct sys_vm *vm)
{
	if (!vm->has_vic)
		vm->vic = vm->linux_node ? VIC_AIA : VIC_PLIC;
	if (!vm->has_uart)
		vm->uart = vm->vic != VIC_NONE;
	if (vm->uart && vm->vic == VIC_NONE)
		diag_error(
			diag, vm->uart_at,
			"a UART needs an interrupt controller; choose plic or aia, or write uart: "
			"no (the SBI debug console works without)");
	if (vm->vic == VIC_AIA)
		vm->isa |= ISA_SSAIA;
}

void vm_finish(struct reader *reader, struct sys_vm *vm)
{
	finish_content(reader->diag, vm);
	finish_controller(reader->diag, vm);
	if (vm->clear && !vm_may_restart(vm))
		diag_error(
			reader->diag, node_place(vm->clear_node),
			"'clear' is about restarts, and VM %s has none; add on-reboot: restart or "
			"remove it",
			vm->name);
	vcpus_finish(reader, vm);
	services_finish(reader, vm);
	tasks_finish(reader, vm);
	reader->system->vcpu_count += vm_entries(vm) + vm->free_services;
}
