/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_show.h"
#include "mem.h"
#include "trace_text.h"
#include "units.h"

#include <inttypes.h>
#include <string.h>

#define CELLS_MAX 100000u
/* Who can have a CPU: vCPUs by index, then these. */
#define IDLE    TABLE_MAX_VCPUS
#define WORK    (TABLE_MAX_VCPUS + 1)
#define UNKNOWN (TABLE_MAX_VCPUS + 2)
#define WHO_MAX (TABLE_MAX_VCPUS + 3)

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@#.- ";

static uint32_t who(uint32_t vcpu)
{
	if (vcpu < TABLE_MAX_VCPUS)
		return vcpu;
	return vcpu == TRACE_NOBODY ? IDLE : vcpu == TRACE_WORK ? WORK : UNKNOWN;
}

static char letter_of(uint32_t someone)
{
	_Static_assert(sizeof(letters) == WHO_MAX + 1, "a letter for each");
	return letters[someone];
}

static const char *name_of(const struct trace *trace, uint32_t someone)
{
	if (someone < TABLE_MAX_VCPUS)
		return trace_who(trace, someone);
	return someone == IDLE ? "idle" : someone == WORK ? "work" : "not recorded";
}

void trace_walk_begin(struct trace_walk *walk, const struct trace_lane *lane, uint64_t end)
{
	*walk = (struct trace_walk){.lane = lane, .end = end, .running = TRACE_UNKNOWN};
	if (!lane->count)
		return;
	walk->at = trace_at(lane, 0)->time_ns;
	for (uint64_t i = 0; i < lane->count; i++)
		if (trace_at(lane, i)->kind == TRACE_SWITCH) {
			walk->running = trace_at(lane, i)->detail;
			return;
		}
}

bool trace_walk_next(struct trace_walk *walk, struct trace_stretch *stretch)
{
	uint32_t running = walk->running;
	uint64_t from = walk->at;

	while (walk->next < walk->lane->count) {
		const struct trace_record *r = trace_at(walk->lane, walk->next++);

		if (r->kind != TRACE_SWITCH)
			continue;
		walk->running = r->vcpu;
		if (r->time_ns <= from) { /* never back, whatever a damaged file says */
			running = r->vcpu;
			continue;
		}
		walk->at = r->time_ns;
		*stretch = (struct trace_stretch){running, from, r->time_ns};
		return true;
	}
	if (!walk->lane->count || from >= walk->end)
		return false;
	walk->at = walk->end;
	*stretch = (struct trace_stretch){running, from, walk->end};
	return true;
}

/* The part of a stretch that lies inside the window; false: none. */
static bool clip(struct trace_stretch *stretch, const struct trace_window *window)
{
	if (stretch->from < window->from)
		stretch->from = window->from;
	if (stretch->until > window->until)
		stretch->until = window->until;
	return stretch->from < stretch->until;
}

/* Cells of one CPU: for each, how long everybody had it. */
struct lanes {
	uint64_t first, unit; /* of the first cell; in ns */
	uint32_t cells;
	uint64_t *time; /* WHO_MAX for one cell: the present one */
	uint64_t cell;
	char *line;
	bool *seen; /* by who */
};

static void close_cell(struct lanes *lanes)
{
	uint32_t best = UNKNOWN;

	for (uint32_t i = 0; i < WHO_MAX; i++)
		if (lanes->time[i] > lanes->time[best])
			best = i;
	lanes->line[lanes->cell] = letter_of(best);
	lanes->seen[best] |= lanes->time[best] != 0;
	memset(lanes->time, 0, WHO_MAX * sizeof(lanes->time[0]));
	lanes->cell++;
}

static void add_stretch(struct lanes *lanes, const struct trace_stretch *s)
{
	uint64_t from = s->from;

	while (from < s->until) {
		uint64_t cell = (from - lanes->first) / lanes->unit, end;

		while (lanes->cell < cell)
			close_cell(lanes);
		end = lanes->first + (cell + 1) * lanes->unit;
		if (end > s->until)
			end = s->until;
		lanes->time[who(s->vcpu)] += end - from;
		from = end;
	}
}

static void show_lane(const struct trace *trace, const struct trace_lane *lane, struct lanes *lanes,
		      const struct trace_window *window, FILE *out)
{
	struct trace_stretch stretch;
	struct trace_walk walk;

	lanes->cell = 0;
	memset(lanes->time, 0, WHO_MAX * sizeof(lanes->time[0]));
	trace_walk_begin(&walk, lane, window->until);
	while (trace_walk_next(&walk, &stretch))
		if (clip(&stretch, window))
			add_stretch(lanes, &stretch);
	while (lanes->cell < lanes->cells)
		close_cell(lanes);
	lanes->line[lanes->cells] = 0;
	fprintf(out, "cpu %" PRIu32 " |%s|\n", trace_cpu(trace, lane->cpu), lanes->line);
}

/* What of the window has records. */
static bool narrow(const struct trace *trace, struct trace_window *window)
{
	uint64_t first, last;

	if (!trace_span(trace, &first, &last))
		return false;
	if (window->from < first)
		window->from = first;
	if (window->until > last)
		window->until = last;
	return window->from < window->until;
}

static bool wanted(const struct trace_lane *lane, const struct trace_window *window)
{
	return window->cpu < 0 || (uint32_t)window->cpu == lane->cpu;
}

static void show_legend(const struct trace *trace, const struct lanes *lanes, FILE *out)
{
	for (uint32_t i = 0; i < WHO_MAX; i++)
		if (lanes->seen[i])
			fprintf(out, "      %c %s\n", letter_of(i), name_of(trace, i));
}

const char *trace_show_lanes(const struct trace *trace, const struct trace_window *window,
			     uint64_t unit, FILE *out)
{
	struct trace_window w = *window;
	struct lanes lanes = {.unit = unit};
	uint64_t cells;

	if (!unit)
		return "is no time; write more than 0";
	if (!narrow(trace, &w)) {
		fprintf(out, "no records\n");
		return NULL;
	}
	lanes.first = w.from / unit * unit;
	cells = (w.until - lanes.first - 1) / unit + 1;
	if (cells > CELLS_MAX)
		return mem_printf("makes lines of %" PRIu64 " characters, and at most %u are "
				  "shown; write a longer unit, or --from and --until",
				  cells, CELLS_MAX);
	lanes.cells = (uint32_t)cells;
	lanes.time = mem_zero(WHO_MAX * sizeof(lanes.time[0]));
	lanes.seen = mem_zero(WHO_MAX * sizeof(lanes.seen[0]));
	lanes.line = mem_zero(lanes.cells + 1);
	fprintf(out, "from ");
	trace_print_time(lanes.first, out);
	fprintf(out, ", %s a character\n", show_time(unit));
	for (uint32_t i = 0; i < trace->lanes; i++)
		if (wanted(&trace->lane[i], &w))
			show_lane(trace, &trace->lane[i], &lanes, &w, out);
	show_legend(trace, &lanes, out);
	return NULL;
}

struct counts {
	uint64_t kinds[TRACE_KIND_COUNT + 1]; /* the last: unknown ones */
	uint64_t of[WHO_MAX][TRACE_KIND_COUNT + 1];
};

static void count_lane(const struct trace_lane *lane, const struct trace_window *window,
		       struct counts *counts)
{
	for (uint64_t i = 0; i < lane->count; i++) {
		const struct trace_record *r = trace_at(lane, i);
		unsigned int kind = r->kind < TRACE_KIND_COUNT ? r->kind : TRACE_KIND_COUNT;

		if (r->time_ns < window->from || r->time_ns > window->until)
			continue;
		counts->kinds[kind]++;
		counts->of[who(r->vcpu)][kind]++;
	}
}

static void show_kinds(const struct counts *counts, FILE *out)
{
	for (unsigned int i = 0; i <= TRACE_KIND_COUNT; i++)
		if (counts->kinds[i])
			fprintf(out, "  %-12s %10" PRIu64 "\n",
				i < TRACE_KIND_COUNT ? trace_kind_text(i) : "unknown",
				counts->kinds[i]);
}

static void put_share(uint64_t part, uint64_t whole, FILE *out)
{
	unsigned __int128 tenths = whole ? (unsigned __int128)part * 100000 / whole : 0;

	fprintf(out, "%4u.%03u %%", (unsigned int)(tenths / 1000), (unsigned int)(tenths % 1000));
}

static void show_cpu(const struct trace *trace, const struct trace_lane *lane,
		     const struct trace_window *window, FILE *out)
{
	struct counts *counts = mem_zero(sizeof(*counts));
	uint64_t ran[WHO_MAX] = {0}, whole = 0;
	struct trace_stretch stretch;
	struct trace_walk walk;

	count_lane(lane, window, counts);
	trace_walk_begin(&walk, lane, window->until);
	while (trace_walk_next(&walk, &stretch))
		if (clip(&stretch, window)) {
			ran[who(stretch.vcpu)] += stretch.until - stretch.from;
			whole += stretch.until - stretch.from;
		}
	fprintf(out, "cpu %" PRIu32 ": %" PRIu64 " records of %" PRIu64 "%s\n",
		trace_cpu(trace, lane->cpu), lane->count, lane->written,
		lane->mode == TRACE_MODE_FIRST && lane->count == lane->mask + 1
			? " (full: recording ended here)"
		: lane->count < lane->written ? " (the oldest were overwritten)"
					      : "");
	fprintf(out, "  %-20s %10s %9s %9s %9s %9s %9s\n", "", "CPU", "switches", "releases",
		"budgets", "misses", "exits");
	for (uint32_t i = 0; i < WHO_MAX; i++) {
		const uint64_t *n = counts->of[i];

		if (!ran[i] && !n[TRACE_SWITCH] && !n[TRACE_RELEASE] && !n[TRACE_MISS])
			continue;
		fprintf(out, "  %-20s ", name_of(trace, i));
		put_share(ran[i], whole, out);
		fprintf(out, " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
			n[TRACE_SWITCH], n[TRACE_RELEASE], n[TRACE_BUDGET], n[TRACE_MISS],
			n[TRACE_EXIT] + n[TRACE_HYPERCALL]);
	}
}

void trace_show_summary(const struct trace *trace, const struct trace_window *window, FILE *out)
{
	struct counts *counts = mem_zero(sizeof(*counts));
	struct trace_window w = *window;

	if (!narrow(trace, &w)) {
		fprintf(out, "no records\n");
		return;
	}
	for (uint32_t i = 0; i < trace->lanes; i++)
		if (wanted(&trace->lane[i], &w))
			count_lane(&trace->lane[i], &w, counts);
	fprintf(out, "from ");
	trace_print_time(w.from, out);
	fprintf(out, " to ");
	trace_print_time(w.until, out);
	fprintf(out, "\n");
	show_kinds(counts, out);
	for (uint32_t i = 0; i < trace->lanes; i++)
		if (wanted(&trace->lane[i], &w))
			show_cpu(trace, &trace->lane[i], &w, out);
}
