/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline.h"
#include "mem.h"
#include "units.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_MAX 24u
#define TICK      10u /* columns between two times of the axis */

static uint64_t *ran_in(const struct timeline *t, uint32_t cpu, uint32_t vcpu)
{
	return &t->ran[((size_t)cpu * t->sim->vcpu_count + vcpu) * t->columns];
}

static uint32_t number_of(const struct timeline *t, const struct sim_vcpu *v)
{
	return (uint32_t)(v - t->sim->vcpus);
}

static void add_stretch(struct timeline *t, const struct sim_stretch *s)
{
	ns_t start = t->sim->base + t->from, end = start + t->unit * t->columns;
	ns_t from = s->from > start ? s->from : start, to = s->to < end ? s->to : end;

	if (!s->who)
		return;
	while (from < to) {
		uint32_t column = (uint32_t)((from - start) / t->unit);
		ns_t next = start + (ns_t)(column + 1) * t->unit;
		ns_t until = next < to ? next : to;

		if (s->cpu == SIM_PENDING)
			t->pending[(size_t)number_of(t, s->who) * t->columns + column] = 1;
		else
			ran_in(t, s->cpu, number_of(t, s->who))[column] += until - from;
		from = until;
	}
}

void timeline_make(struct timeline *t, const struct sim *sim, ns_t from, ns_t unit,
		   uint32_t columns)
{
	*t = (struct timeline){.sim = sim, .from = from, .unit = unit, .columns = columns};
	t->ran = mem_zero((size_t)sim->cpu_count * sim->vcpu_count * columns * sizeof(*t->ran));
	t->pending = mem_zero((size_t)sim->vcpu_count * columns);
	for (uint32_t i = 0; i < sim->stretch_count; i++)
		add_stretch(t, &sim->stretches[i]);
}

char timeline_symbol(uint32_t vcpu)
{
	static const char symbols[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@$";

	return symbols[vcpu % (sizeof(symbols) - 1)];
}

/* Who had most of a column on a CPU; vcpu_count: it was idle for longer. */
static uint32_t main_one(const struct timeline *t, uint32_t cpu, uint32_t column)
{
	uint32_t who = t->sim->vcpu_count;
	uint64_t most = 0, sum = 0;

	for (uint32_t i = 0; i < t->sim->vcpu_count; i++) {
		uint64_t ran = ran_in(t, cpu, i)[column];

		sum += ran;
		if (ran > most) {
			most = ran;
			who = i;
		}
	}
	return most < t->unit - sum ? t->sim->vcpu_count : who;
}

static uint64_t ran_anywhere(const struct timeline *t, uint32_t vcpu, uint32_t column)
{
	uint64_t sum = 0;

	for (uint32_t cpu = 0; cpu < t->sim->cpu_count; cpu++)
		sum += ran_in(t, cpu, vcpu)[column];
	return sum;
}

/* Numbers of the axis: in the largest unit of which `unit` is a whole number. */
static void axis_unit(ns_t unit, ns_t *factor, const char **name)
{
	static const struct {
		ns_t factor;
		const char *name;
	} units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};

	for (unsigned i = 0; i < 4; i++)
		if (unit % units[i].factor == 0) {
			*factor = units[i].factor;
			*name = units[i].name;
			return;
		}
}

/* Without spaces at its end. */
static void draw_row(const char *label, uint32_t label_width, char *row, uint32_t count, FILE *out)
{
	while (count && row[count - 1] == ' ')
		count--;
	row[count] = '\0';
	if (count || label[0])
		fprintf(out, "%-*.*s%s\n", (int)label_width, (int)label_width - 1, label, row);
}

static void draw_axis(const struct timeline *t, uint32_t first, uint32_t count, uint32_t label,
		      FILE *out)
{
	char *times = mem_zero(count + 1), *ticks = mem_zero(count + 1);
	const char *name = "";
	uint32_t step = TICK; /* between two numbers */
	ns_t factor = 1;

	axis_unit(t->unit, &factor, &name);
	while (strlen(mem_printf("%" PRIu64, (t->from + t->columns * t->unit) / factor)) >= step)
		step += TICK;
	for (uint32_t c = 0; c < count; c++) {
		uint64_t at = t->from + (first + c - c % step) * t->unit;
		const char *text = mem_printf("%-*" PRIu64, (int)step, at / factor);

		ticks[c] = c % TICK ? c % TICK == TICK / 2 ? '\'' : ' ' : '|';
		times[c] = text[c % step];
	}
	draw_row(mem_printf("time, %s", name), label, times, count, out);
	draw_row(" ", label, ticks, count, out);
}

static void draw_cpu(const struct timeline *t, uint32_t cpu, uint32_t first, uint32_t count,
		     uint32_t label, FILE *out)
{
	char *row = mem_zero(count + 1);

	for (uint32_t c = 0; c < count; c++) {
		uint32_t who = main_one(t, cpu, first + c);

		row[c] = who < t->sim->vcpu_count ? timeline_symbol(who) : '-';
	}
	draw_row(mem_printf("CPU %u", t->sim->cpus[cpu].hart), label, row, count, out);
}

/* A later kind goes before an earlier one; two different ones of the same period share a column. */
static char mark_letter(char there, enum sim_mark_kind kind, bool implicit)
{
	if (kind == SIM_MISS || there == '!')
		return '!';
	if (kind == SIM_RELEASE)
		return there == 'v' ? '|' : '^';
	if (implicit) /* deadline = period: the next release is drawn there */
		return there;
	return there == '^' || there == '|' ? '|' : 'v';
}

static void draw_marks(const struct timeline *t, const struct sim_vcpu *v, uint32_t first,
		       uint32_t count, uint32_t label, FILE *out)
{
	char *row = mem_zero(count + 1);
	ns_t start = t->sim->base + t->from + first * t->unit;

	memset(row, ' ', count);
	for (uint32_t i = 0; i < t->sim->mark_count; i++) {
		const struct sim_mark *mark = &t->sim->marks[i];
		uint64_t column = (mark->at - start) / t->unit;

		if (mark->who == v && mark->at >= start && column < count)
			row[column] =
				mark_letter(row[column], mark->kind, v->e.deadline == v->e.period);
	}
	draw_row("", label, row, count, out);
}

static void draw_vcpu(const struct timeline *t, uint32_t vcpu, uint32_t first, uint32_t count,
		      uint32_t label, FILE *out)
{
	const struct sim_vcpu *v = &t->sim->vcpus[vcpu];
	char *row = mem_zero(count + 1);

	for (uint32_t c = 0; c < count; c++) {
		uint64_t ran = ran_anywhere(t, vcpu, first + c);
		bool pending = t->pending[(size_t)vcpu * t->columns + first + c];

		row[c] = !ran ? pending ? '.' : ' ' : ran < t->unit ? '+' : '#';
	}
	draw_row(mem_printf("%c %s", timeline_symbol(vcpu), v->entry.name), label, row, count, out);
	if (v->has_jobs)
		draw_marks(t, v, first, count, label, out);
}

static uint32_t label_width(const struct sim *sim)
{
	size_t width = 10;

	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		size_t length = strlen(sim->vcpus[i].entry.name) + 3;

		width = length > width ? length : width;
	}
	return width < LABEL_MAX ? (uint32_t)width : LABEL_MAX;
}

uint32_t timeline_room(const struct sim *sim, uint32_t width)
{
	return width - label_width(sim);
}

void timeline_draw(const struct timeline *t, uint32_t width, FILE *out)
{
	uint32_t label = label_width(t->sim), room = timeline_room(t->sim, width);

	for (uint32_t first = 0; first < t->columns; first += room) {
		uint32_t count = t->columns - first < room ? t->columns - first : room;

		fputc('\n', out);
		draw_axis(t, first, count, label, out);
		for (uint32_t i = 0; i < t->sim->cpu_count; i++)
			draw_cpu(t, i, first, count, label, out);
		for (uint32_t i = 0; i < t->sim->vcpu_count; i++)
			draw_vcpu(t, i, first, count, label, out);
	}
	fprintf(out,
		"\nCPU: who had most of the %s, - nobody.  vCPU: # ran, + a part of it, . waited "
		"with "
		"work.\n^ release, v deadline (not drawn if it is the next release), ! deadline "
		"missed.\n",
		show_time(t->unit));
}

static void json_cpu(const struct timeline *t, uint32_t cpu, struct json *json)
{
	json_row(json, mem_printf("%u", t->sim->cpus[cpu].hart));
	for (uint32_t c = 0; c < t->columns; c++) {
		uint32_t who = main_one(t, cpu, c);

		json_text(json, NULL,
			  who < t->sim->vcpu_count ? t->sim->vcpus[who].entry.name : NULL);
	}
	json_end(json, true);
}

void timeline_json(const struct timeline *t, struct json *json)
{
	json_object(json, "timeline");
	json_time(json, "from_ns", t->from);
	json_time(json, "unit_ns", t->unit);
	json_object(json, "cpus");
	for (uint32_t i = 0; i < t->sim->cpu_count; i++)
		json_cpu(t, i, json);
	json_end(json, false);
	json_object(json, "ran_ns");
	for (uint32_t v = 0; v < t->sim->vcpu_count; v++) {
		json_row(json, t->sim->vcpus[v].entry.name);
		for (uint32_t c = 0; c < t->columns; c++)
			json_number(json, NULL, ran_anywhere(t, v, c));
		json_end(json, true);
	}
	json_end(json, false);
	json_end(json, false);
}

ns_t timeline_unit(const struct sim *sim)
{
	static const ns_t steps[] = {1, 2, 5};
	ns_t least = NS_NEVER, unit = 1000;

	for (uint32_t i = 0; i < sim->vcpu_count; i++) {
		const struct sched_entity *e = &sim->vcpus[i].e;
		ns_t length = sched_is_rt(e) ? e->capacity : e->slice;

		if (length && length < least)
			least = length;
	}
	for (ns_t scale = 1000; scale <= 1000000000; scale *= 10)
		for (unsigned i = 0; i < 3; i++)
			if (steps[i] * scale <= least)
				unit = steps[i] * scale;
	return unit;
}
