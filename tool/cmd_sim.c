/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "plan.h"
#include "sim_report.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FOR_DEFAULT_NS 1000000000ull
#define FOR_MAX_NS     (1000000000ull * 3600 * 24)
#define WIDTH_DEFAULT  100u
#define WIDTH_LEAST    60u
#define WIDTH_MOST     160u

enum { OPT_FOR, OPT_FROM, OPT_DRAW, OPT_UNIT, OPT_RT_LOAD, OPT_TRACE, OPT_JSON, OPT_STATS };

static const struct option_def options[] = {
	[OPT_FOR] = {"for", 'f', "TIME", "how much virtual time passes; 1s if not given"},
	[OPT_FROM] = {"from", 0, "TIME", "draw from this time on; 0ms if not given"},
	[OPT_DRAW] = {"draw", 0, "TIME", "draw that much; else one screen line of it"},
	[OPT_UNIT] = {"unit", 'u', "TIME", "one column; else what shows the shortest capacity"},
	[OPT_RT_LOAD] = {"rt-load", 0, "full|spin",
			 "reservations run their capacity, then wait (full);\n"
			 "                          or never wait and are stopped (spin)"},
	[OPT_TRACE] = {"trace", 't', "FILE", "write trace records, for 'partita trace FILE'"},
	[OPT_JSON] = {"json", 0, NULL, "the result as JSON (docs/analysis.md)"},
	[OPT_STATS] = {"stats", 0, NULL, "how many scheduling decisions a second were made"},
};

struct request {
	ns_t duration, from, draw, unit;
	enum sim_load load;
	uint32_t width;
};

static bool take_time(const struct arguments *arguments, int option, ns_t *value)
{
	const char *wrong, *text = arguments->option[option];

	if (!text)
		return true;
	wrong = unit_time(text, value);
	if (!wrong)
		return true;
	fprintf(stderr, "partita sim: --%s: '%s' %s\n", options[option].name, text, wrong);
	return false;
}

static uint32_t screen_width(void)
{
	struct winsize size;
	uint32_t width = WIDTH_DEFAULT;

	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	if (width > WIDTH_MOST)
		return WIDTH_MOST;
	return width > WIDTH_LEAST ? width : WIDTH_LEAST;
}

static bool take_options(const struct arguments *arguments, struct request *request)
{
	const char *load = arguments->option[OPT_RT_LOAD];

	*request = (struct request){.duration = FOR_DEFAULT_NS, .width = screen_width()};
	if (!take_time(arguments, OPT_FOR, &request->duration) ||
	    !take_time(arguments, OPT_FROM, &request->from) ||
	    !take_time(arguments, OPT_DRAW, &request->draw) ||
	    !take_time(arguments, OPT_UNIT, &request->unit))
		return false;
	if (!request->duration || request->duration > FOR_MAX_NS) {
		fprintf(stderr, "partita sim: --for: from 1ns to 86400s, such as 10s\n");
		return false;
	}
	if (arguments->option[OPT_UNIT] && !request->unit) {
		fprintf(stderr, "partita sim: --unit: at least 1ns, such as 1ms\n");
		return false;
	}
	if (request->from >= request->duration) {
		fprintf(stderr, "partita sim: --from %s lies behind the end, --for %s\n",
			show_time(request->from), show_time(request->duration));
		return false;
	}
	if (load && strcmp(load, "full") && strcmp(load, "spin")) {
		fprintf(stderr, "partita sim: --rt-load is 'full' or 'spin', not '%s'\n", load);
		return false;
	}
	request->load = load && !strcmp(load, "spin") ? SIM_SPIN : SIM_FULL;
	return true;
}

/* How many columns of one unit are drawn: what was asked for, or what fits on one line. */
static bool choose_window(const struct sim *sim, struct request *request, uint32_t *columns)
{
	ns_t rest = request->duration - request->from, count;

	if (!request->unit)
		request->unit = timeline_unit(sim);
	if (request->draw && request->draw < rest)
		rest = request->draw;
	count = (rest + request->unit - 1) / request->unit;
	if (!request->draw && count > timeline_room(sim, request->width))
		count = timeline_room(sim, request->width);
	if (count > TIMELINE_COLUMNS_MAX) {
		fprintf(stderr,
			"partita sim: %s in columns of %s are more than %u; draw less or choose a "
			"larger --unit\n",
			show_time(rest), show_time(request->unit), TIMELINE_COLUMNS_MAX);
		return false;
	}
	*columns = (uint32_t)count;
	return true;
}

static int simulate(struct system *system, const struct request *asked,
		    const struct arguments *arguments)
{
	static struct sim sim;
	struct request request = *asked;
	struct timeline timeline;
	uint32_t columns;

	sim_prepare(&sim, system, request.load, request.duration);
	if (!choose_window(&sim, &request, &columns))
		return EXIT_USAGE;
	sim.keep_from = sim.base + request.from;
	sim.keep_to = sim.keep_from + columns * request.unit;
	if (arguments->option[OPT_TRACE] && !sim_log_start(&sim, system)) {
		diag_print(&system->diag, stderr);
		return EXIT_ERRORS;
	}
	sim_run(&sim);
	if (sim.stuck) {
		fprintf(stderr, "partita sim: %s; this is a mistake of Partita's\n", sim.stuck);
		return EXIT_MISSING;
	}
	if (arguments->option[OPT_TRACE] && !sim_log_write(&sim, arguments->option[OPT_TRACE]))
		return EXIT_MISSING;
	timeline_make(&timeline, &sim, request.from, request.unit, columns);
	if (arguments->option[OPT_JSON]) {
		sim_json(&sim, &timeline, arguments->option[OPT_STATS], stdout);
	} else {
		timeline_draw(&timeline, request.width, stdout);
		sim_print(&sim, stdout);
		if (arguments->option[OPT_STATS])
			sim_print_speed(&sim, stdout);
	}
	return sim_misses(&sim) ? EXIT_ERRORS : EXIT_GOOD;
}

static int run(const struct arguments *arguments)
{
	struct system system;
	struct request request;

	if (!take_options(arguments, &request) || !system_read_any(&system, arguments->subject))
		return EXIT_USAGE;
	if (system.diag.errors) {
		diag_print(&system.diag, stderr);
		return EXIT_ERRORS;
	}
	return simulate(&system, &request, arguments);
}

const struct command command_sim = {
	.name = "sim",
	.synopsis = "SYSTEM.yaml [--for TIME] [--from TIME] [--unit TIME] ...",
	.about =
		"Runs the hypervisor's own scheduler against the system in virtual time and draws\n"
		"who ran when. Reservations ask for all they may have, best effort for everything\n"
		"else; what runs inside a guest is not simulated. Works on systems that admission\n"
		"refuses, too. Exit code 1 if a deadline was missed.",
	.examples = "  partita sim systems/demo.yaml\n"
		    "  partita sim systems/demo.yaml --for 10s --from 5s --unit 100us\n"
		    "  partita sim systems/demo.yaml --for 60s --trace demo.trace --stats\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
