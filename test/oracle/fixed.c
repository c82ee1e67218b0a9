/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed priority with servers, tick by tick:
 *  periodic    budget c at the start of each period, goes by while it would be served, work or not
 *  polling     budget c at the start of each period if there is work, lost as soon as there is none
 *  deferrable  budget c at the start of each period, kept to its end
 *  sporadic    budget c at first; each part of it comes back a period after it was there and the
 *		server wanted to run
 * Those of equal priority are served in the order in which they became ready.
 * The promise: who has work all the time gets c within d of the start of each of its periods.
 */
#include "oracle.h"

#include <string.h>

#define LONGEST 360u /* period */

struct server {
	unsigned start;     /* a period starts at start + k*p */
	unsigned work_from; /* always busy from then on; NOBODY: sleeps and wakes */
	unsigned work;      /* of a sleeper: what it has to do */
	unsigned budget;
	unsigned got;           /* in this period */
	unsigned since;         /* ready since; NOBODY: is not */
	unsigned unit[LONGEST]; /* sporadic: when each tick of the budget is there (again) */
};

static struct server servers[MOST_TASKS];

static bool has_work(const struct server *v, unsigned now)
{
	return v->work || now >= v->work_from;
}

static unsigned units_there(const struct task *t, const struct server *v, unsigned now)
{
	unsigned count = 0;

	for (unsigned i = 0; i < t->c; i++)
		count += v->unit[i] <= now;
	return count;
}

/* The oldest. */
static void use_unit(const struct task *t, struct server *v)
{
	unsigned first = 0;

	for (unsigned i = 0; i < t->c; i++)
		if (v->unit[i] < v->unit[first])
			first = i;
	v->unit[first] = (v->since > v->unit[first] ? v->since : v->unit[first]) + t->p;
}

static void begin_tick(const struct task *t, struct server *v, unsigned now)
{
	bool starts = now >= v->start && (now - v->start) % t->p == 0;

	if (v->work_from == NOBODY && one_in(6))
		v->work += 1 + dice(2 * t->c);
	if (starts)
		v->got = 0;
	if (t->kind == SPORADIC)
		v->budget = units_there(t, v, now);
	else if (starts)
		v->budget = t->kind == POLLING && !has_work(v, now) ? 0 : t->c;
}

static void end_tick(const struct task *t, struct server *v, unsigned now)
{
	v->budget--;
	v->got++;
	if (t->kind == SPORADIC)
		use_unit(t, v);
	if (v->work)
		v->work--;
	if (t->kind == POLLING && !has_work(v, now + 1))
		v->budget = 0;
}

static bool before(const struct set *s, unsigned a, unsigned b)
{
	const struct task *x = &s->task[a], *y = &s->task[b];

	if (x->priority != y->priority)
		return x->priority < y->priority;
	return servers[a].since < servers[b].since;
}

/* Whether someone who is busy all the time misses before `end`. */
static bool play(const struct set *s, unsigned end)
{
	for (unsigned now = 0; now < end; now++) {
		unsigned best = NOBODY;

		for (unsigned i = 0; i < s->n; i++) {
			const struct task *t = &s->task[i];
			struct server *v = &servers[i];

			if (now >= v->start + t->d && (now - v->start - t->d) % t->p == 0 &&
			    v->work_from <= v->start && v->got < t->c)
				return true;
			begin_tick(t, v, now);
			if (!v->budget || !(has_work(v, now) || t->kind == PERIODIC))
				v->since = NOBODY;
			else if (v->since == NOBODY)
				v->since = now;
			if (v->since != NOBODY && (best == NOBODY || before(s, i, best)))
				best = i;
		}
		if (best != NOBODY)
			end_tick(&s->task[best], &servers[best], now);
	}
	return false;
}

static void reset(const struct set *s)
{
	memset(servers, 0, sizeof(servers));
	for (unsigned i = 0; i < s->n; i++) {
		servers[i].since = NOBODY;
		if (s->task[i].kind == DEFERRABLE)
			servers[i].budget = s->task[i].c;
	}
}

bool fixed_misses_in_step(const struct set *s)
{
	reset(s);
	return play(s, s->hyper + 1);
}

bool fixed_misses_at_random(const struct set *s)
{
	unsigned busy = dice(s->n), calm = dice(4);

	reset(s);
	for (unsigned i = 0; i < s->n; i++) {
		struct server *v = &servers[i];

		if (s->task[i].kind == DEFERRABLE && one_in(2)) {
			/* A budget not touched before its period's end, then all at once. */
			v->start = s->task[i].c;
			continue;
		}
		if (s->task[i].kind != SPORADIC && one_in(2))
			v->start = dice(s->task[i].p);
		if (i == busy || dice(4) >= calm)
			v->work_from = v->start;
		else
			v->work_from = NOBODY;
	}
	return play(s, s->hyper * 2);
}

static bool every_phase(const struct set *s, const unsigned *who, unsigned count, unsigned *phase)
{
	for (phase[0] = 0; phase[0] < s->task[who[0]].p; phase[0]++)
		for (phase[1] = 0; phase[1] < (count > 1 ? s->task[who[1]].p : 1); phase[1]++) {
			reset(s);
			for (unsigned i = 0; i < count; i++)
				servers[who[i]].start = phase[i];
			if (play(s, s->hyper + s->hyper / 2))
				return true;
		}
	return false;
}

bool fixed_misses_somewhere(const struct set *s)
{
	unsigned who[MOST_TASKS], phase[2], count = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (s->task[i].kind == DEFERRABLE)
			who[count++] = i;
	if (!count || fixed_misses_in_step(s))
		return fixed_misses_in_step(s);
	return every_phase(s, who, count < 2 ? count : 2, phase);
}
