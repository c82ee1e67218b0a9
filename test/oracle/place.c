/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement against brute force: every CPU, then every move of one task, is played. Under fixed
 * priority only servers that are like periodic tasks and distinct priorities occur, so that playing
 * the release of all at once is the exact answer.
 */
#include "oracle.h"

#include <stdio.h>

/* Whether CPU `on` holds its tasks except `without`, and `with` besides. */
static bool holds(const struct computer *m, unsigned on, unsigned without, const struct task *with)
{
	struct set s = m->cpu[on];

	s.n = 0;
	s.hyper = m->all.hyper;
	s.overhead = m->all.overhead;
	for (unsigned i = 0; i < m->all.n; i++)
		if (m->all.task[i].cpu == on && i != without)
			s.task[s.n++] = m->all.task[i];
	if (with)
		s.task[s.n++] = *with;
	if (!fits_share(&s))
		return false;
	return !(s.fixed_priority ? fixed_misses_in_step(&s) : edf_misses(&s));
}

/* Whether moving task i to CPU `to` makes room for `wanted` where i was. */
static bool move_helps(const struct computer *m, const struct task *wanted, unsigned i, unsigned to)
{
	const struct task *t = &m->all.task[i];

	return t->movable && (wanted->cpus >> t->cpu & 1) && (t->cpus >> to & 1) && to != t->cpu &&
	       m->cpu[to].fixed_priority == m->cpu[t->cpu].fixed_priority &&
	       holds(m, t->cpu, i, wanted) && holds(m, to, NOBODY, t);
}

static struct task place_task(struct computer *m, unsigned priority)
{
	struct task t = random_task(m->all.hyper, 10 + dice(50));

	t.c += m->all.overhead;
	t.priority = priority;
	t.kind = t.kind == DEFERRABLE ? PERIODIC : t.kind;
	t.cpus = 1 + dice((1u << m->cpus) - 1);
	t.movable = !one_in(4);
	return t;
}

static struct computer random_computer(void)
{
	struct computer m = {.cpus = 1 + dice(MOST_CPUS)};
	bool mixed = one_in(3), fixed = one_in(2);

	m.all.hyper = (unsigned[]){12, 24, 30, 60}[dice(4)];
	m.all.overhead = dice(2);
	for (unsigned i = 0; i < m.cpus; i++) {
		m.cpu[i].fixed_priority = mixed ? one_in(2) : fixed;
		m.cpu[i].best_effort_ppm = one_in(2) ? 0 : 100000;
	}
	for (unsigned i = 0; i < MOST_TASKS - 1; i++) {
		struct task t = place_task(&m, 1 + (i * 5 + 3) % 8);

		do
			t.cpu = dice(m.cpus);
		while (!(t.cpus >> t.cpu & 1));
		if (holds(&m, t.cpu, NOBODY, &t))
			m.all.task[m.all.n++] = t;
	}
	return m;
}

static bool right(const struct computer *m, const struct task *wanted, const struct answer *a,
		  unsigned *direct, unsigned *moved, unsigned *refused)
{
	for (unsigned cpu = 0; cpu < m->cpus; cpu++)
		if ((wanted->cpus >> cpu & 1) && holds(m, cpu, NOBODY, wanted)) {
			++*direct;
			return a->yes && a->move_task == NOBODY && a->cpu == cpu;
		}
	if (a->yes) {
		++*moved;
		return a->move_task < m->all.n && a->cpu == m->all.task[a->move_task].cpu &&
		       move_helps(m, wanted, a->move_task, a->move_to);
	}
	++*refused;
	for (unsigned i = 0; i < m->all.n; i++)
		for (unsigned to = 0; to < m->cpus; to++)
			if (move_helps(m, wanted, i, to))
				return false;
	return !a->limit;
}

bool place_agrees(unsigned *direct, unsigned *moved, unsigned *refused)
{
	struct computer m = random_computer();
	struct task wanted = place_task(&m, 1 + (7 * 5 + 3) % 8);
	struct answer a = ask_place(&m, &wanted, 10000 + dice(1000));

	if (right(&m, &wanted, &a, direct, moved, refused))
		return true;
	printf("wrong: %s cpu %u move %u to %u\n", a.yes ? "yes" : "no", a.cpu, a.move_task,
	       a.move_to);
	for (unsigned i = 0; i < m.cpus; i++)
		show(&m.cpu[i]);
	m.all.task[m.all.n++] = wanted;
	show(&m.all);
	return false;
}
