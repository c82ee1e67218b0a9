/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "plan.h"
#include "summary.h"

static int check(const struct arguments *arguments)
{
	struct system system;
	struct plan plan = {0};

	if (!system_read(&system, arguments->subject))
		return EXIT_USAGE;
	if (system.board) {
		if (!hv_link(&plan.hv, &system, NULL, false))
			hv_estimate(&plan.hv, system.board, plan.hv.why);
		plan_make(&plan, &system);
	}
	if (system.diag.errors) {
		diag_print(&system.diag, stderr);
		return EXIT_ERRORS;
	}
	summary_print(&plan, &system, stdout);
	return EXIT_GOOD;
}

const struct command command_check = {
	.name = "check",
	.synopsis = "SYSTEM.yaml",
	.about =
		"Reports every mistake of a system file and of what it names. Without mistakes it\n"
		"shows what the system will be. Exit code 1 if there are mistakes.",
	.examples = "  partita check systems/demo.yaml\n"
		    "  NO_COLOR=1 partita check systems/demo.yaml\n",
	.run = check,
};
