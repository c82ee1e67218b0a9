/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the oracle's sets to the code under test. */
#include "oracle.h"
#include "sched/admit.h"

static struct admit_task translate(const struct task *t, unsigned overhead, unsigned ns)
{
	return (struct admit_task){
		.capacity = (ns_t)(t->c - overhead) * ns,
		.period = (ns_t)t->p * ns,
		.deadline = (ns_t)t->d * ns,
		.priority = t->priority,
		.server = t->kind,
		.cpu = t->cpu,
		.cpus = t->cpus,
		.movable = t->movable,
	};
}

static struct admit_cpu translate_cpu(const struct set *s)
{
	return (struct admit_cpu){s->fixed_priority ? ADMIT_FIXED_PRIORITY : ADMIT_EDF,
				  s->best_effort_ppm};
}

static struct answer run(struct admit_run *r)
{
	struct answer a = {0};
	enum admit_answer answer;

	do {
		struct admit_run copy = *r; /* may be moved between steps */

		answer = admit_step(&copy);
		*r = copy;
		a.most_steps++;
	} while (answer == ADMIT_MORE);
	a.yes = answer == ADMIT_YES;
	a.limit = r->reason == ADMIT_LIMIT;
	a.cpu = r->cpu;
	a.move_task = r->move_task;
	a.move_to = r->move_to;
	a.points = r->points;
	return a;
}

struct answer ask_cpu(const struct set *s, unsigned ns, bool unlimited)
{
	struct admit_task tasks[MOST_TASKS];
	struct admit_cpu cpu = translate_cpu(s);
	struct admit_system system = {
		&cpu, tasks, 1, s->n, (ns_t)s->overhead * ns,
	};
	struct admit_run r;

	for (unsigned i = 0; i < s->n; i++)
		tasks[i] = translate(&s->task[i], s->overhead, ns);
	admit_begin_cpu(&r, &system, 0);
	if (unlimited)
		r.points_most = UINT32_MAX;
	return run(&r);
}

struct answer ask_place(const struct computer *m, const struct task *wanted, unsigned ns)
{
	struct admit_task tasks[MOST_TASKS], want = translate(wanted, m->all.overhead, ns);
	struct admit_cpu cpus[MOST_CPUS];
	struct admit_system system = {cpus, tasks, m->cpus, m->all.n, (ns_t)m->all.overhead * ns};
	struct admit_run r;

	for (unsigned i = 0; i < m->all.n; i++)
		tasks[i] = translate(&m->all.task[i], m->all.overhead, ns);
	for (unsigned i = 0; i < m->cpus; i++)
		cpus[i] = translate_cpu(&m->cpu[i]);
	admit_begin_place(&r, &system, &want);
	return run(&r);
}
