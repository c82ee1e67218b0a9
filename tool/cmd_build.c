/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"
#include "command.h"
#include "file.h"
#include "image.h"
#include "mem.h"
#include "summary.h"

#include <errno.h>
#include <string.h>

int build_image(struct plan *plan, struct system *system, const char *path, const char *image,
		bool verbose)
{
	const char *elf = mem_printf("%s.elf", image);
	bool linked = false;

	*plan = (struct plan){0};
	if (!system_read(system, path))
		return EXIT_USAGE;
	if (!system->diag.errors && !path_make_dir(path_dir(image))) {
		fprintf(stderr, "partita: cannot make the folder '%s': %s\n", path_dir(image),
			strerror(errno));
		return EXIT_MISSING;
	}
	if (system->board)
		linked = hv_link(&plan->hv, system, system->diag.errors ? NULL : elf, verbose);
	if (!linked && system->board)
		hv_estimate(&plan->hv, system->board, plan->hv.why);
	if (system->board)
		plan_make(plan, system);
	if (system->diag.errors) {
		diag_print(&system->diag, stderr);
		return EXIT_ERRORS;
	}
	if (!linked) {
		fprintf(stderr, "partita: %s\n", plan->hv.why);
		return EXIT_MISSING;
	}
	return image_write(plan, system, image) ? EXIT_GOOD : EXIT_MISSING;
}

enum { OUTPUT, VERBOSE };
static const struct option_def options[] = {
	[OUTPUT] = {"output", 'o', "IMAGE", "the boot image (default: SYSTEM.img in this folder)"},
	[VERBOSE] = {"verbose", 'v', NULL, "show the memory map and the linker's command"},
};

static int build(const struct arguments *arguments)
{
	const char *image = arguments->option[OUTPUT];
	struct system system;
	struct plan plan;
	int code;

	if (!image)
		image = mem_printf("%s.img", path_stem(arguments->subject));
	code = build_image(&plan, &system, arguments->subject, image,
			   arguments->option[VERBOSE] != NULL);
	if (code == EXIT_GOOD && arguments->option[VERBOSE])
		summary_print(&plan, &system, stdout);
	return code;
}

const struct command command_build = {
	.name = "build",
	.synopsis = "SYSTEM.yaml [-o IMAGE] [--verbose]",
	.about = "Checks a system file and makes one boot image of it: hypervisor, system table, "
		 "guests,\n"
		 "device trees. The image has the header of a RISC-V Linux kernel: QEMU's -kernel "
		 "and\n"
		 "U-Boot's booti take it. The hypervisor's ELF file for debuggers is put beside it "
		 "as\n"
		 "IMAGE.elf. The same input makes the same image, byte for byte.\n\n"
		 "PARTITA_HV names the folder of the hypervisor's objects (default: hv/riscv64 "
		 "beside\n"
		 "this program), PARTITA_LD the linker (default: riscv64-linux-gnu-ld).",
	.examples = "  partita build systems/demo.yaml -o demo.img\n"
		    "  partita build systems/demo.yaml -o demo.img --verbose\n",
	.options = options,
	.option_count = 2,
	.run = build,
};
