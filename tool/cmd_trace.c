/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "mem.h"
#include "suggest.h"
#include "trace_show.h"
#include "trace_text.h"
#include "units.h"

#include <stdio.h>
#include <string.h>

enum { CPU, VCPU, KIND, FROM, UNTIL, SUMMARY, LANES, JSON };
static const struct option_def options[] = {
	[CPU] = {"cpu", 0, "N", "only this CPU's records"},
	[VCPU] = {"vcpu", 0, "NAME", "only records about this vCPU, VM, 'idle' or 'work'"},
	[KIND] = {"kind", 0, "KIND,...", "only records of these kinds"},
	[FROM] = {"from", 0, "TIME", "only from this time on, such as 0.012 or 12ms"},
	[UNTIL] = {"until", 0, "TIME", "only before this time"},
	[SUMMARY] = {"summary", 0, NULL, "counts instead: kinds, CPU shares, misses"},
	[LANES] = {"lanes", 0, "UNIT", "who ran instead: a line a CPU, a character per UNIT"},
	[JSON] = {"json", 0, NULL, "a JSON object a record"},
};

struct filter {
	struct trace_window window;
	const char *vcpu;
	uint64_t vcpus; /* bits, if vcpu is a VM or a vCPU */
	uint32_t other; /* TRACE_NOBODY or TRACE_WORK, else 0 */
	uint32_t kinds; /* bits; 0: all */
};

static bool complain(const char *option, const char *text, const char *wrong)
{
	fprintf(stderr, "partita trace: --%s '%s' %s\n", option, text, wrong);
	return false;
}

static bool read_cpu(struct filter *filter, const struct trace *trace, const char *text)
{
	uint64_t number;

	filter->window.cpu = -1;
	if (!text)
		return true;
	if (!unit_count(text, &number))
		for (uint32_t i = 0; i < trace->table->cpus.count; i++)
			if (trace->harts[i] == number)
				filter->window.cpu = (int)i;
	return filter->window.cpu >= 0 ||
	       complain("cpu", text, "is no CPU of this trace; --summary names them");
}

/* "vm" means all vCPUs of the VM. */
static bool is_of(const char *name, const char *wanted)
{
	size_t length = strlen(wanted);

	return !strncmp(name, wanted, length) && (!name[length] || strchr("[.", name[length]));
}

static bool read_vcpu(struct filter *filter, const struct trace *trace, const char *text)
{
	const char *near;

	filter->vcpu = text;
	if (!text)
		return true;
	if (!strcmp(text, "idle") || !strcmp(text, "work")) {
		filter->other = text[0] == 'i' ? TRACE_NOBODY : TRACE_WORK;
		return true;
	}
	for (uint32_t i = 0; i < trace->table->vcpus.count; i++)
		if (is_of(trace->names[i], text))
			filter->vcpus |= 1ull << i;
	if (filter->vcpus)
		return true;
	near = suggest(text, trace->names, trace->table->vcpus.count, sizeof(trace->names[0]));
	return complain("vcpu", text,
			near ? mem_printf("is no vCPU of this trace; did you mean '%s'?", near)
			     : "is no vCPU of this trace; --summary names those that ran");
}

static const char *all_kinds(void)
{
	const char *text = trace_kind_text(1);

	for (unsigned int i = 2; trace_kind_text(i); i++)
		text = mem_printf("%s, %s", text, trace_kind_text(i));
	return text;
}

static bool read_kinds(struct filter *filter, const char *text)
{
	while (text && *text) {
		size_t length = strcspn(text, ",");
		const char *word = mem_copy_text(text, length);
		unsigned int kind;

		if (!trace_kind_find(word, &kind))
			return complain("kind", word,
					mem_printf("is no kind; there are %s", all_kinds()));
		filter->kinds |= 1u << kind;
		text += length + (text[length] == ',');
	}
	return true;
}

static bool read_times(struct filter *filter, const struct arguments *arguments)
{
	const char *from = arguments->option[FROM], *until = arguments->option[UNTIL], *wrong;

	filter->window.until = UINT64_MAX;
	wrong = from ? trace_read_time(from, &filter->window.from) : NULL;
	if (wrong)
		return complain("from", from, wrong);
	wrong = until ? trace_read_time(until, &filter->window.until) : NULL;
	if (wrong)
		return complain("until", until, wrong);
	return true;
}

static bool passes(const struct filter *filter, const struct trace_record *r)
{
	if (r->time_ns < filter->window.from || r->time_ns >= filter->window.until)
		return false;
	if (filter->window.cpu >= 0 && r->cpu != filter->window.cpu)
		return false;
	if (filter->kinds && (r->kind >= 32 || !(filter->kinds >> r->kind & 1)))
		return false;
	if (!filter->vcpu)
		return true;
	return filter->other ? r->vcpu == filter->other
			     : r->vcpu < TABLE_MAX_VCPUS && filter->vcpus >> r->vcpu & 1;
}

/* Where the beginning is not there, a reader must know. */
static void note_losses(const struct trace *trace)
{
	for (uint32_t i = 0; i < trace->lanes; i++) {
		const struct trace_lane *lane = &trace->lane[i];

		if (lane->count < lane->written)
			fprintf(stderr,
				"partita trace: cpu %u: the oldest %llu of %llu records were "
				"overwritten; 'trace: {records: ..}' sets how many are kept\n",
				trace_cpu(trace, lane->cpu),
				(unsigned long long)(lane->written - lane->count),
				(unsigned long long)lane->written);
		else if (lane->mode == TRACE_MODE_FIRST && lane->count == lane->mask + 1)
			fprintf(stderr,
				"partita trace: cpu %u: its room was full after %llu records, and "
				"recording ended\n",
				trace_cpu(trace, lane->cpu), (unsigned long long)lane->count);
	}
}

static int show_records(const struct trace *trace, const struct filter *filter, bool json)
{
	struct trace_cursor cursor = {0};
	const struct trace_record *r;

	if (!json)
		printf("%14s  cpu  %-20s what\n", "time", "vcpu");
	while ((r = trace_next(trace, &cursor)) && !ferror(stdout)) {
		if (!passes(filter, r))
			continue;
		if (json)
			trace_print_json(trace, r, stdout);
		else
			trace_print_text(trace, r, stdout);
	}
	return EXIT_GOOD;
}

static int show_lanes(const struct trace *trace, const struct filter *filter, const char *text)
{
	uint64_t unit = 0;
	const char *wrong = unit_time(text, &unit);

	if (!wrong)
		wrong = trace_show_lanes(trace, &filter->window, unit, stdout);
	if (!wrong)
		return EXIT_GOOD;
	complain("lanes", text, wrong);
	return EXIT_USAGE;
}

static int run(const struct arguments *arguments)
{
	struct filter filter = {0};
	struct trace *trace = mem_zero(sizeof(*trace));
	const char *wrong = trace_open(trace, arguments->subject);

	if (wrong) {
		fprintf(stderr, "partita trace: '%s' %s\n", arguments->subject, wrong);
		return EXIT_MISSING;
	}
	if (!read_cpu(&filter, trace, arguments->option[CPU]) ||
	    !read_vcpu(&filter, trace, arguments->option[VCPU]) ||
	    !read_kinds(&filter, arguments->option[KIND]) || !read_times(&filter, arguments))
		return EXIT_USAGE;
	note_losses(trace);
	if (arguments->option[LANES])
		return show_lanes(trace, &filter, arguments->option[LANES]);
	if (arguments->option[SUMMARY]) {
		trace_show_summary(trace, &filter.window, stdout);
		return EXIT_GOOD;
	}
	return show_records(trace, &filter, arguments->option[JSON] != NULL);
}

const struct command command_trace = {
	.name = "trace",
	.synopsis = "FILE [OPTIONS]",
	.about = "Shows what the hypervisor recorded: a line a record, all CPUs by time. FILE is\n"
		 "written by 'partita run --trace FILE SYSTEM.yaml', for a system file with the\n"
		 "key 'trace:', or by 'partita sim --trace FILE'. docs/tracing.md explains the\n"
		 "records.\n\n"
		 "Exit codes: 0 good, 2 wrong usage, 3 the file cannot be read or is damaged.",
	.examples = "  partita run demo.yaml --trace demo.trace\n"
		    "  partita trace demo.trace --summary\n"
		    "  partita trace demo.trace --vcpu control --kind release,switch\n"
		    "  partita trace demo.trace --lanes 1ms --from 1.0 --until 1.1\n",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
