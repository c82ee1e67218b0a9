/* SPDX-License-Identifier: Apache-2.0 */
/* Random task sets, many of them near what can just be kept. */
#include "oracle.h"

#include <stdio.h>

uint64_t dice_state = 1;

/* xorshift64* */
unsigned dice(unsigned below)
{
	dice_state ^= dice_state >> 12;
	dice_state ^= dice_state << 25;
	dice_state ^= dice_state >> 27;
	return (unsigned)((dice_state * 0x2545f4914f6cdd1dull >> 33) % below);
}

static unsigned random_period(unsigned hyper)
{
	unsigned p;

	do
		p = 2 + dice(hyper - 1);
	while (hyper % p);
	return p;
}

struct task random_task(unsigned hyper, unsigned percent)
{
	struct task t = {.p = random_period(hyper), .kind = (enum kind)dice(4)};

	t.c = (t.p * percent + dice(100)) / 100;
	t.c = t.c ? t.c : 1;
	t.c = t.c < t.p ? t.c : t.p;
	switch (dice(3)) {
	case 0:
		t.d = t.p;
		break;
	case 1:
		t.d = t.c + dice(t.p - t.c + 1);
		break;
	default:
		t.d = t.p - dice((t.p - t.c) / 3 + 1);
	}
	return t;
}

static void give_priorities(struct set *s)
{
	bool equals = one_in(5);

	for (unsigned i = 0; i < s->n; i++) {
		s->task[i].priority = 1 + dice(32);
		for (unsigned j = 0; j < i; j++)
			if (s->task[j].priority == s->task[i].priority) {
				s->task[i].priority = 1 + dice(32);
				j = ~0u;
			}
	}
	/* By rising deadline, mostly: otherwise hardly anything can be kept. */
	if (one_in(4))
		return;
	for (unsigned i = 0; i < s->n; i++)
		for (unsigned j = 0; j < s->n; j++)
			if (s->task[i].d < s->task[j].d &&
			    s->task[i].priority > s->task[j].priority) {
				unsigned other = s->task[i].priority;

				s->task[i].priority = s->task[j].priority;
				s->task[j].priority = other;
			}
	for (unsigned i = 0; equals && i < s->n; i++)
		s->task[i].priority = (s->task[i].priority + 9) / 10;
}

struct set random_set(bool fixed_priority, bool implicit_deadlines)
{
	static const unsigned hypers[] = {12, 24, 30, 36, 60, 72, 120, 180, 240, 360};
	struct set s = {.fixed_priority = fixed_priority};
	unsigned total = fixed_priority ? 40 + dice(50) : 50 + dice(50);
	bool one_kind = one_in(2);

	s.hyper = hypers[dice(10)];
	s.n = 1 + dice(MOST_TASKS);
	if (!fixed_priority && one_in(4))
		total = 100;
	s.overhead = one_in(2) ? dice(2) : 0;
	s.best_effort_ppm = one_in(2) ? 0 : (unsigned[]){50000, 100000, 250000, 333333}[dice(4)];
	for (unsigned i = 0; i < s.n; i++) {
		unsigned left = s.n - i, percent = left == 1 ? total : dice(2 * total / left + 1);
		struct task *t = &s.task[i];

		*t = random_task(s.hyper, percent);
		total -= percent < total ? percent : total;
		/* What was promised is at least one tick. */
		if (t->c <= s.overhead)
			t->c = s.overhead + 1;
		if (t->d < t->c - s.overhead)
			t->d = t->c - s.overhead;
		if (t->c - s.overhead > t->p)
			t->c = t->p;
		if (implicit_deadlines)
			t->d = t->p;
		if (one_kind)
			t->kind = s.task[0].kind;
	}
	give_priorities(&s);
	return s;
}

void show(const struct set *s)
{
	printf("  %s, overhead %u, best effort %u ppm, hyperperiod %u\n",
	       s->fixed_priority ? "fixed priority" : "EDF", s->overhead, s->best_effort_ppm,
	       s->hyper);
	for (unsigned i = 0; i < s->n; i++)
		printf("    c %u d %u p %u priority %u kind %u cpu %u cpus %x%s\n", s->task[i].c,
		       s->task[i].d, s->task[i].p, s->task[i].priority, s->task[i].kind,
		       s->task[i].cpu, s->task[i].cpus, s->task[i].movable ? " movable" : "");
}
