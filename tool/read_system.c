/* SPDX-License-Identifier: Apache-2.0 */
/* The top of a system file: version, board, RAM, CPUs, console; and the order of all reading. */
#include "file.h"
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <errno.h>
#include <string.h>

#define QUANTUM_DEFAULT_NS 10000000ull
/* What a release costs on the board: measured, rounded up (docs/results.md). */
#define OVERHEAD_DEFAULT_NS 2000ull
#define OVERHEAD_MAX_NS     100000ull
#define RECORDS_MIN         64u
#define RECORDS_MAX         1048576u
#define RECORDS_DEFAULT     4096u

static void read_version(struct reader *reader, const struct node *value, void *object)
{
	const char *text;

	(void)object;
	if (read_text(reader, value, &text) && strcmp(text, "1"))
		diag_error(
			reader->diag, value->at,
			"'partita': format version '%s' is unknown; this partita reads version 1",
			text);
}

/* The board is looked up before everything else (board_choose); here it is only judged. */
static void read_board(struct reader *reader, const struct node *value, void *object)
{
	const char *text, *near;

	(void)object;
	if (!read_text(reader, value, &text) || board_find(text))
		return;
	near = board_suggest(text);
	diag_error(reader->diag, value->at, "'board': unknown board '%s'; did you mean '%s'?", text,
		   near ? near : board_default()->name);
}

static void read_ram(struct reader *reader, const struct node *value, void *object)
{
	struct system *system = object;
	const struct board *board = system->board;
	uint64_t bytes;

	if (!read_size(reader, value, &bytes))
		return;
	system->ram_at = value->at;
	if (bytes < board->ram_min_bytes || bytes > board->ram_max_bytes || bytes % MIB2)
		diag_error(
			reader->diag, value->at,
			"'ram': %s is not possible on this board; write %s to %s, a multiple of 2M",
			show_size(bytes), show_size(board->ram_min_bytes),
			show_size(board->ram_max_bytes));
	else
		system->ram_bytes = bytes;
}

static void read_cpus(struct reader *reader, const struct node *value, void *object)
{
	cpus_read(reader, value, object);
}

static void read_overhead(struct reader *reader, const struct node *value, void *object)
{
	read_time_between(reader, value, 0, OVERHEAD_MAX_NS,
			  &((struct system *)object)->overhead_ns);
}

static void read_records(struct reader *reader, const struct node *value, void *object)
{
	struct system *system = object;
	uint32_t records;

	if (!read_count(reader, value, RECORDS_MIN, RECORDS_MAX, &records))
		return;
	if (records & (records - 1))
		diag_error(reader->diag, value->at,
			   "'records': %u is no power of two; nearest is %u", records,
			   1u << (31 - __builtin_clz(records)));
	else
		system->trace_records = records;
}

static void read_keep(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice modes[] = {{"newest", TRACE_MODE_NEWEST, NULL},
					      {"first", TRACE_MODE_FIRST, NULL}};

	read_choice(reader, value, modes, 2, &((struct system *)object)->trace_mode);
}

static const struct key trace_keys[] = {
	{"records", read_records, "number, 64 to 1048576, a power of two", "4096",
	 "room for each CPU, 24 bytes each"},
	{"keep", read_keep, "newest or first", "newest",
	 "when there is no more room: forget the oldest records, or stop"},
};
const struct key_table keys_trace = KEY_TABLE("trace", "a trace", trace_keys, NULL);

static void read_trace(struct reader *reader, const struct node *value, void *object)
{
	((struct system *)object)->trace_records = RECORDS_DEFAULT;
	keys_read(reader, value, &keys_trace, object);
}

static void read_show(struct reader *reader, const struct node *value, void *object)
{
	static const struct choice shows[] = {
		{"focus", CONSOLE_SHOW_FOCUS, NULL},
		{"all", CONSOLE_SHOW_ALL, NULL},
	};
	struct system *system = object;

	read_choice(reader, value, shows, 2, &system->console_show);
}

static void read_focus(struct reader *reader, const struct node *value, void *object)
{
	struct system *system = object;
	const char *name;

	if (read_text(reader, value, &name))
		system->focus_node = value;
}

static void read_quiet(struct reader *reader, const struct node *value, void *object)
{
	struct system *system = object;

	read_yes_no(reader, value, &system->quiet);
}

static const struct key console_keys[] = {
	{"show", read_show, "focus or all", "focus",
	 "whose output the serial line shows: the VM in focus, or every VM with its name before "
	 "each "
	 "line"},
	{"focus", read_focus, "name of a VM", "the first VM", "which VM has the keyboard first"},
	{"quiet", read_quiet, "yes or no", "no",
	 "no banner and no start and end lines, only faults"},
};
const struct key_table keys_console = KEY_TABLE("console", "the console", console_keys, NULL);

static void read_console(struct reader *reader, const struct node *value, void *object)
{
	keys_read(reader, value, &keys_console, object);
}

static void read_vms(struct reader *reader, const struct node *value, void *object)
{
	struct system *system = object;

	if (value->kind != NODE_MAP || !value->count) {
		diag_error(reader->diag, value->at,
			   "'vms' must be a map of VM names; write such as {first: {image: ..., "
			   "memory: ...}}");
		return;
	}
	system->vms = mem_zero(value->count * sizeof(*system->vms));
	for (const struct node *child = value->first; child; child = child->next) {
		struct sys_vm *vm = &system->vms[system->vm_count];

		if (system->vm_count == TABLE_MAX_VMS) {
			diag_error(reader->diag, child->key->at,
				   "more than %u VMs; a system has at most that many",
				   TABLE_MAX_VMS);
			return;
		}
		if (!name_is_good(child->key->text))
			diag_error(reader->diag, child->key->at,
				   "'%s' is not a name for a VM; use up to %u small letters, "
				   "digits and "
				   "dashes, a letter first",
				   child->key->text, TABLE_NAME_BYTES - 1);
		vm->name = child->key->text;
		vm->node = child;
		vm->index = system->vm_count++;
		vm_read(reader, child, vm);
	}
}

static const struct key system_keys[] = {
	{"partita", read_version, "1", NULL, "version of this format"},
	{"board", read_board, "qemu-virt-riscv64", NULL, "the board: its memory, CPUs and devices"},
	{"ram", read_ram, "size, 16M to 8G", "1G", "memory that the board is equipped with"},
	{"cpus", read_cpus, "map of CPU numbers", "the CPUs that vCPUs name; else CPU 0",
	 "CPUs (harts) of the board, 0 to 7"},
	{"overhead", read_overhead, "time, 0ns to 100us", "2us",
	 "what admission adds to every capacity for the hypervisor's own work"},
	{"trace", read_trace, "map", "none: no trace", "what the CPUs do is recorded in memory"},
	{"console", read_console, "map", "{show: focus}", "the serial line"},
	{"vms", read_vms, "map of VM names", NULL, "the virtual machines"},
};
static const char *const system_later[] = {"links", "shared-memory", NULL};
const struct key_table keys_system =
	KEY_TABLE("the system file", "a system", system_keys, system_later);

/* Other keys are judged against the board wherever they stand in the file. */
static const struct board *board_choose(const struct node *root)
{
	for (const struct node *child = root->first; child; child = child->next)
		if (child->key && !strcmp(child->key->text, "board") && child->kind == NODE_TEXT &&
		    board_find(child->text))
			return board_find(child->text);
	return board_default();
}

static void console_finish(struct system *system)
{
	if (!system->focus_node)
		return;
	for (uint32_t i = 0; i < system->vm_count; i++)
		if (!strcmp(system->vms[i].name, system->focus_node->text)) {
			system->console_focus = i;
			return;
		}
	diag_error(&system->diag, system->focus_node->at,
		   "'focus': there is no VM '%s'; write the name of one under vms",
		   system->focus_node->text);
}

static void read_root(struct system *system, const struct node *root)
{
	struct reader reader = {.system = system, .diag = &system->diag};

	system->board = board_choose(root);
	system->ram_bytes = system->board->ram_default_bytes;
	system->overhead_ns = OVERHEAD_DEFAULT_NS;
	for (size_t i = 0; i < TABLE_MAX_CPUS; i++) {
		system->cpus[i].policy = POLICY_EDF;
		system->cpus[i].quantum_ns = QUANTUM_DEFAULT_NS;
	}
	keys_read(&reader, root, &keys_system, system);
	for (uint32_t i = 0; i < system->vm_count; i++)
		vm_finish(&reader, &system->vms[i]);
	console_finish(system);
	plans_check(system);
	rules_check(system);
	cpus_allow(system);
	policies_check(system);
	cpus_place(system);
	cpus_pin(system);
	devices_check(system);
	for (uint32_t i = 0; i < system->vm_count; i++)
		memory_check(system, &system->vms[i]);
}

bool system_read_any(struct system *system, const char *path)
{
	struct node *root;
	const uint8_t *text;
	size_t bytes;

	*system = (struct system){.path = path, .dir = path_dir(path), .name = path_stem(path)};
	system->diag.file = path;
	text = file_read(path, &bytes);
	if (!text) {
		fprintf(stderr, "partita: cannot read '%s': %s\n", path, strerror(errno));
		return false;
	}
	root = yaml_read(&system->diag, (const char *)text, bytes);
	if (root)
		read_root(system, root);
	return true;
}

bool system_read(struct system *system, const char *path)
{
	if (!system_read_any(system, path))
		return false;
	if (system->board)
		cpus_admit(system);
	return true;
}
