/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission of a new task: which CPU has room for it, or would have if one other task moved. Only
 * images in which services can be created have this.
 */
#include "sched/admit.h"

enum {
	SEARCH_FIRST_FIT, /* a CPU for the wanted one as things are */
	SEARCH_CANDIDATE, /* (no test) whom to move */
	SEARCH_ROOM,      /* whether the wanted one fits once the candidate has gone */
	SEARCH_NEW_HOME,  /* whether the candidate fits elsewhere */
};

/* The next CPU from r->home on that is in the mask and of the policy (0: any): NO if there is none.
 */
static enum admit_answer try_home(struct admit_run *r, uint32_t mask, uint32_t policy,
				  uint32_t with)
{
	const struct admit_system *s = r->system;

	for (; r->home < s->cpu_count; r->home++) {
		if (!(mask >> r->home & 1) || (policy && s->cpus[r->home].policy != policy))
			continue;
		admit_test_begin(r, r->home++, ADMIT_NOBODY, with);
		return ADMIT_MORE;
	}
	return ADMIT_NO;
}

static enum admit_answer next_candidate(struct admit_run *r)
{
	r->candidate++;
	r->search = SEARCH_CANDIDATE;
	r->refusal_is_other = true; /* the wanted one's has been noted */
	return ADMIT_MORE;
}

/* SEARCH_CANDIDATE: one at a time. */
static enum admit_answer look_at_candidate(struct admit_run *r)
{
	const struct admit_system *s = r->system;
	const struct admit_task *t = &s->tasks[r->candidate];

	if (r->candidate >= s->task_count)
		return ADMIT_NO;
	if (!t->movable || !t->period || !(r->wanted.cpus >> t->cpu & 1))
		return next_candidate(r);
	r->search = SEARCH_ROOM;
	admit_test_begin(r, t->cpu, r->candidate, s->task_count);
	return ADMIT_MORE;
}

static enum admit_answer new_home(struct admit_run *r)
{
	const struct admit_system *s = r->system;
	const struct admit_task *t = &s->tasks[r->candidate];

	return try_home(r, t->cpus & ~(1u << r->cpu), s->cpus[r->cpu].policy, r->candidate);
}

static enum admit_answer search_on(struct admit_run *r, bool fits)
{
	switch (r->search) {
	case SEARCH_FIRST_FIT:
		r->cpu = r->on;
		if (!fits && !try_home(r, r->wanted.cpus, 0, r->system->task_count))
			return ADMIT_MORE;
		if (fits)
			return ADMIT_YES;
		r->candidate = ADMIT_NOBODY;
		return next_candidate(r);
	case SEARCH_ROOM:
		r->cpu = r->on;
		r->home = 0;
		r->search = SEARCH_NEW_HOME;
		return fits && !new_home(r) ? ADMIT_MORE : next_candidate(r);
	default: /* SEARCH_NEW_HOME */
		r->move_task = r->candidate;
		r->move_to = r->on;
		if (fits)
			return ADMIT_YES;
		return new_home(r) ? next_candidate(r) : ADMIT_MORE;
	}
}

static enum admit_answer search_step(struct admit_run *r)
{
	enum admit_answer answer;

	if (r->search == SEARCH_CANDIDATE)
		return look_at_candidate(r);
	answer = admit_test_step(r);
	return answer == ADMIT_MORE ? answer : search_on(r, answer == ADMIT_YES);
}

void admit_begin_place(struct admit_run *r, const struct admit_system *s,
		       const struct admit_task *wanted)
{
	admit_begin(r, s);
	r->search_step = search_step;
	r->wanted = *wanted;
	r->search = SEARCH_FIRST_FIT;
	r->home = 0;
	if (try_home(r, wanted->cpus, 0, s->task_count))
		next_candidate(r);
}
