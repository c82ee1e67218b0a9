/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse.h"
#include "command.h"

enum { OPT_JSON };

static const struct option_def options[] = {
	[OPT_JSON] = {"json", 0, NULL, "the result as JSON (docs/analysis.md)"},
};

static int run(const struct arguments *arguments)
{
	static struct analysis analysis;
	struct system system;

	if (!system_read_any(&system, arguments->subject))
		return EXIT_USAGE;
	if (system.diag.errors) {
		diag_print(&system.diag, stderr);
		return EXIT_ERRORS;
	}
	analyse(&analysis, &system);
	if (arguments->option[OPT_JSON])
		analyse_report_json(&analysis, stdout);
	else
		analyse_print(&analysis, stdout);
	return analysis.holds ? EXIT_GOOD : EXIT_ERRORS;
}

const struct command command_analyse = {
	.name = "analyse",
	.synopsis = "SYSTEM.yaml [--json]",
	.about = "Tells for each CPU whether its reservations can all be kept, how late each may "
		 "be\n"
		 "at worst and what is left; and for each VM with 'tasks' whether they hold in "
		 "what\n"
		 "the VM gets, and the smallest reservation in which they would. Exit code 1 if\n"
		 "something does not hold.",
	.examples = "  partita analyse systems/demo.yaml\n"
		    "  partita analyse systems/demo.yaml --json\n",
	.options = options,
	.option_count = 1,
	.run = run,
};
