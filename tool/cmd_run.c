/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"
#include "command.h"
#include "file.h"
#include "machine.h"
#include "mem.h"
#include "table_write.h"
#include "trace_file.h"
#include "trace_take.h"
#include "units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ICOUNT, NO_ICOUNT, IDLE, HEADLESS, TIMEOUT, TRACE, FOR, VERBOSE };
static const struct option_def options[] = {
	[ICOUNT] = {"icount", 0, "SHIFT",
		    "an instruction takes 2^SHIFT ns of the machine's time (default 1)"},
	[NO_ICOUNT] = {"no-icount", 0, NULL, "the machine's time follows the host's instead"},
	[IDLE] = {"idle", 0, "skip|wait", "idle time is skipped or waited for (see above)"},
	[HEADLESS] = {"headless", 0, NULL, "for scripts: the same as --idle skip"},
	[TIMEOUT] = {"timeout", 0, "S", "end the machine after S seconds, with exit code 124"},
	[TRACE] = {"trace", 0, "FILE",
		   "write what the hypervisor recorded, however the machine ends"},
	[FOR] = {"for", 0, "TIME", "with --trace: end soon after this time of the machine's"},
	[VERBOSE] = {"verbose", 'v', NULL, "show QEMU's command line"},
};

/* A new folder beside this program, or if that is read-only a temporary one; NULL if neither. */
static const char *make_folder(const char *stem)
{
	const char *dir = mem_printf("%s/run", path_program_dir()), *temporary = getenv("TMPDIR");
	char *name;

	if (!path_make_dir(dir) || access(dir, W_OK))
		dir = temporary && *temporary ? temporary : "/tmp";
	name = mem_printf("%s/%s.XXXXXX", dir, stem);
	return mkdtemp(name);
}

static void remove_folder(const char *folder, const char *image)
{
	unlink(image);
	unlink(mem_printf("%s.elf", image));
	rmdir(folder);
}

/*
 * How many harts, how much memory, and whether idle time can be waited for: QEMU then adds the
 * host's delays to the machine's time, and reservations would seem to be late.
 */
static int machine_from_image(struct machine *machine, const struct table_header *header)
{
	const struct table_vcpu *vcpus;
	const struct table_cpu *cpus;

	if (!header || trace_table_check(header, header->bytes)) {
		fprintf(stderr,
			"partita: '%s' holds no intact system table of version %u; build it "
			"anew with 'partita build'\n",
			machine->image, TABLE_VERSION);
		return EXIT_MISSING;
	}
	cpus = (const void *)((const uint8_t *)header + header->cpus.offset);
	vcpus = (const void *)((const uint8_t *)header + header->vcpus.offset);
	machine->ram_mib = header->ram_mib;
	for (uint32_t i = 0; i < header->cpus.count; i++)
		if (cpus[i].hart_id >= machine->harts)
			machine->harts = cpus[i].hart_id + 1;
	for (uint32_t i = 0; i < header->vcpus.count; i++)
		machine->skip_idle |= vcpus[i].capacity_ns != 0;
	return EXIT_GOOD;
}

static bool read_for(const struct arguments *arguments)
{
	const char *limit = arguments->option[FOR], *wrong;
	uint64_t ns = 0;

	if (!limit)
		return true;
	wrong = unit_time(limit, &ns);
	if (!wrong && !ns)
		wrong = "is no time; write more than 0";
	if (wrong) {
		fprintf(stderr, "partita run: --for '%s' %s\n", limit, wrong);
		return false;
	}
	if (arguments->option[TRACE])
		return true;
	fprintf(stderr, "partita run: --for needs --trace FILE, whose records tell the machine's "
			"time; or write --timeout S\n");
	return false;
}

static bool read_options(const struct arguments *arguments, struct machine *machine)
{
	uint64_t shift = 1, seconds = 0;

	if (arguments->option[ICOUNT] &&
	    (unit_count(arguments->option[ICOUNT], &shift) || shift > 10)) {
		fprintf(stderr, "partita run: --icount '%s' is no shift; write 0 to 10\n",
			arguments->option[ICOUNT]);
		return false;
	}
	if (arguments->option[TIMEOUT] &&
	    (unit_count(arguments->option[TIMEOUT], &seconds) || !seconds || seconds > 86400)) {
		fprintf(stderr,
			"partita run: --timeout '%s' is no time; write seconds, 1 to 86400\n",
			arguments->option[TIMEOUT]);
		return false;
	}
	if (arguments->option[ICOUNT] && arguments->option[NO_ICOUNT]) {
		fprintf(stderr, "partita run: --icount and --no-icount exclude each other\n");
		return false;
	}
	if (arguments->option[IDLE] && strcmp(arguments->option[IDLE], "skip") &&
	    strcmp(arguments->option[IDLE], "wait")) {
		fprintf(stderr, "partita run: --idle '%s' is unknown; write skip or wait\n",
			arguments->option[IDLE]);
		return false;
	}
	if (!read_for(arguments))
		return false;
	machine->icount = !arguments->option[NO_ICOUNT];
	machine->shift = (unsigned int)shift;
	machine->timeout_s = (unsigned int)seconds;
	machine->verbose = arguments->option[VERBOSE] != NULL;
	machine->more = arguments->rest;
	return true;
}

static int run_machine(struct machine *machine, const struct arguments *arguments,
		       const struct table_header *table)
{
	struct trace_take take = {
		.subject = arguments->subject, .path = arguments->option[TRACE], .table = table};
	int code, taken;

	if (!arguments->option[TRACE])
		return machine_run(machine);
	if (arguments->option[FOR])
		unit_time(arguments->option[FOR], &take.for_ns);
	code = trace_take_prepare(&take, machine);
	if (code)
		return code;
	code = machine_run(machine);
	taken = trace_take_write(&take);
	return code ? code : taken;
}

static int run_image(struct machine *machine, const struct arguments *arguments)
{
	const struct table_header *table;
	size_t bytes;
	const uint8_t *data = file_read(machine->image, &bytes);
	int code;

	if (!data) {
		fprintf(stderr, "partita: cannot read '%s': %s\n", machine->image, strerror(errno));
		return EXIT_USAGE;
	}
	table = table_find(data, bytes);
	code = machine_from_image(machine, table);
	if (arguments->option[IDLE])
		machine->skip_idle = !strcmp(arguments->option[IDLE], "skip");
	else
		machine->skip_idle |= arguments->option[HEADLESS] != NULL;
	return code ? code : run_machine(machine, arguments, table);
}

/* Builds into a folder of its own: several runs at once do not meet. */
static int run_system(struct machine *machine, const struct arguments *arguments)
{
	const char *stem = path_stem(arguments->subject), *folder = make_folder(stem);
	struct system system;
	struct plan plan;
	int code;

	if (!folder) {
		fprintf(stderr, "partita: cannot make a folder for the image: %s\n",
			strerror(errno));
		return EXIT_MISSING;
	}
	machine->image = mem_printf("%s/%s.img", folder, stem);
	code = build_image(&plan, &system, arguments->subject, machine->image, false);
	if (!code)
		code = run_image(machine, arguments);
	remove_folder(folder, machine->image);
	return code;
}

static bool is_image(const char *path)
{
	uint8_t head[64] = {0};
	FILE *file = fopen(path, "rb");
	bool yes;

	if (!file)
		return true; /* its reader says what is wrong */
	yes = fread(head, 1, sizeof(head), file) == sizeof(head) && !memcmp(head + 56, "RSC\5", 4);
	fclose(file);
	return yes;
}

static int run(const struct arguments *arguments)
{
	struct machine machine = {.image = arguments->subject};

	if (!read_options(arguments, &machine))
		return EXIT_USAGE;
	return is_image(machine.image) ? run_image(&machine, arguments)
				       : run_system(&machine, arguments);
}

const struct command command_run = {
	.name = "run",
	.synopsis = "IMAGE|SYSTEM.yaml [OPTIONS] [-- QEMU OPTIONS]",
	.about = "Boots an image in QEMU; a system file is built first. The terminal becomes the\n"
		 "board's serial line: Ctrl-a ? lists the keys of the hypervisor's console, Ctrl-a "
		 "x\n"
		 "leaves.\n\n"
		 "Each instruction takes 2 ns of the machine's time, whatever the host does\n"
		 "meanwhile. Idle time is skipped if a VM has a reservation, so that the host's\n"
		 "delays do not look like broken promises (the machine's clock then runs ahead of\n"
		 "yours); without reservations it is waited for.\n\n"
		 "With --trace the machine's memory is shared with this program, which takes the\n"
		 "records out of it when the machine has ended (see 'partita trace --help'); the\n"
		 "system file must have the key 'trace:'. The machine notices nothing.\n\n"
		 "Exit codes: 0 the machine ended well, 1 errors in the system file, 2 wrong "
		 "usage,\n"
		 "3 something is missing, 4 the machine ended with a failure, 124 timeout.",
	.examples = "  partita run systems/demo.yaml\n"
		    "  partita run demo.img --headless --icount 0 --timeout 60\n"
		    "  partita run demo.yaml --trace demo.trace && partita trace demo.trace\n"
		    "  partita run demo.img -- -s -S        # wait for a debugger on port 1234\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.takes_rest = true,
	.run = run,
};
