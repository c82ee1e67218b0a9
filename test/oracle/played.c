/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor's own scheduler (hv/sched) plays a set that admission has accepted: some are busy
 * all the time and must get their c within d of each release; the others sleep and wake as they
 * like, to the nanosecond, and some of those try to run just until shortly before their budget
 * ends.
 */
#include "oracle.h"
#include "sched/sched.h"

#include <stdio.h>
#include <string.h>

#define TICK  1000u /* ns */
#define LOOKS 4000000u

struct actor {
	struct sched_entity e;
	struct sched_refills refills;
	bool busy;
	ns_t until;      /* sleeper: it runs until it has run so long, ns */
	ns_t from, due;  /* busy: the period that is looked at */
	ns_t ran_before; /* busy: at its start */
	bool judged;
	ns_t earlier; /* ran before it was started again */
};

static struct actor actors[MOST_TASKS];
static struct sched_cpu cpu;
static struct sched_shared shared;
static struct sched_busy stretches;
static struct heap_slot slots[SCHED_SLOTS(MOST_TASKS)];
static ns_t now;

static void notify(struct sched_cpu *c)
{
	(void)c;
}

static void plan_work(const struct set *s, unsigned i)
{
	const struct task *t = &s->task[i];
	struct actor *a = &actors[i];

	/* A little, or nearly all. */
	a->until =
		a->e.ran + (one_in(3) ? t->c * TICK - 1 - dice(TICK) : 1 + (ns_t)dice(t->c * TICK));
}

static void set_up(const struct set *s, bool calm)
{
	unsigned victim = dice(s->n);

	memset(actors, 0, sizeof(actors));
	memset(&shared, 0, sizeof(shared));
	memset(&stretches, 0, sizeof(stretches));
	shared.notify = notify;
	sched_init(&cpu, &shared, 0, slots, MOST_TASKS, 1);
	cpu.policy = s->fixed_priority ? &sched_fixed_priority : &sched_edf;
	cpu.busy = &stretches;
	/* All are released together for the first time. */
	now = (ns_t)s->hyper * TICK - 1;
	for (unsigned i = 0; i < s->n; i++) {
		const struct task *t = &s->task[i];
		struct actor *a = &actors[i];

		a->busy = calm || i == victim || one_in(3);
		a->e.queue = SCHED_RT;
		a->e.capacity = (ns_t)t->c * TICK;
		a->e.period = (ns_t)t->p * TICK;
		a->e.deadline = (ns_t)t->d * TICK;
		if (s->fixed_priority) {
			a->e.priority = t->priority;
			a->e.server = (enum sched_server)t->kind;
			a->e.refills = &a->refills;
		}
		sched_start(&cpu, &a->e, now);
		plan_work(s, i);
		a->from = now + 1;
		a->due = a->from + a->e.deadline;
	}
}

static ns_t ran(const struct actor *a)
{
	return a->e.ran + (cpu.current == &a->e ? now - cpu.since : 0);
}

/* Whether a, busy, has been given less than it was promised by now. */
static bool is_let_down(struct actor *a)
{
	if (now == a->due && !a->judged) {
		a->judged = true;
		if (ran(a) - a->ran_before < a->e.capacity)
			return true;
	}
	if (now == a->from + a->e.period || now == a->from) {
		a->from = now;
		a->due = now + a->e.deadline;
		a->ran_before = ran(a);
		a->judged = false;
	}
	return false;
}

/* Nobody has ever more than one capacity a period, and two besides. */
static bool takes_too_much(const struct set *s, const struct actor *a)
{
	ns_t periods = (now - (ns_t)s->hyper * TICK + TICK) / a->e.period + 2;

	return a->earlier + ran(a) > periods * a->e.capacity;
}

/* A sleeper that runs has had enough: it sleeps for a while, waits for its next period, or is
 * stopped and started again. One that sleeps may be woken by somebody else. */
static void act(const struct set *s, unsigned i)
{
	struct actor *a = &actors[i];

	if (a->e.state == SCHED_BLOCKED && one_in(8)) {
		sched_wake(&cpu, &a->e, now);
		return;
	}
	if (cpu.current != &a->e || ran(a) < a->until)
		return;
	if (one_in(16)) {
		sched_stop(&cpu, &a->e, now);
		a->earlier += a->e.ran; /* starting counts from 0 again */
		sched_start(&cpu, &a->e, now);
	} else if (one_in(4)) {
		sched_wait_period(&cpu, &a->e, now);
	} else {
		sched_block(&cpu, &a->e,
			    now + 1 + dice(s->task[i].p * (one_in(2) ? TICK : TICK / 8)), now);
	}
	plan_work(s, i);
}

static ns_t next_time(const struct set *s)
{
	ns_t next = cpu.event;

	for (unsigned i = 0; i < s->n; i++) {
		const struct actor *a = &actors[i];

		if (a->busy) {
			next = sched_earlier(next, a->judged ? NS_NEVER : a->due);
			next = sched_earlier(next, now < a->from ? a->from : a->from + a->e.period);
		} else if (cpu.current == &a->e && a->e.state == SCHED_READY) {
			next = sched_earlier(next,
					     now + (a->until > ran(a) ? a->until - ran(a) : 0));
		}
	}
	return next;
}

bool scheduler_misses(const struct set *s, bool calm)
{
	ns_t end = (ns_t)s->hyper * TICK * 4;

	set_up(s, calm);
	for (unsigned looks = 0; now < end; looks++) {
		for (unsigned i = 0; i < s->n; i++) {
			struct actor *a = &actors[i];

			if (takes_too_much(s, a)) {
				printf("number %u takes too much by %llu ns\n", i,
				       (unsigned long long)now);
				return true;
			}
			if (a->busy && (is_let_down(a) || a->e.late)) {
				printf("number %u is let down at %llu ns (first release at %llu)\n",
				       i, (unsigned long long)now,
				       (unsigned long long)s->hyper * TICK);
				return true;
			}
			if (!a->busy)
				act(s, i);
		}
		sched_pick(&cpu, now);
		if (looks > LOOKS) {
			printf("the clock stands still\n");
			return true;
		}
		if (next_time(s) > now)
			now = next_time(s);
	}
	return false;
}
