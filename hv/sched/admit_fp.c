/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission under fixed priority, by response-time analysis (Joseph and Pandya 1986; with release
 * jitter Tindell 1992; servers Bernat and Burns 1999). A server's worst response after the release
 * of its budget is the smallest w with
 *	w = C' + sum over all others of higher or equal priority: ceil((w + J) / P) * C'
 * and must be at most its D, which is at most its P, so that its own next release plays no part.
 *
 * What a server can do to lower ones: a periodic, polling or sporadic one is like a periodic task,
 *J = 0. A deferrable one keeps its budget to the end of its period and may then have two back to
 * back: J = P - C. Equal priorities are served first come, first served, which is no worse than
 * letting each other one go first.
 */
#include "sched/admit.h"

static enum admit_answer take_subject(struct admit_run *r, uint32_t i)
{
	const struct admit_task *t = admit_member(r, i);

	r->fp.subject = i;
	r->fp.priority = t->priority;
	r->fp.due = t->deadline;
	r->fp.cost = t->capacity + r->system->overhead;
	r->t = r->sum = r->fp.cost;
	return ADMIT_MORE;
}

static void begin(struct admit_run *r)
{
	take_subject(r, 0);
}

static void pass(struct admit_run *r, uint32_t first, uint32_t end)
{
	for (; first < end; first++) {
		const struct admit_task *t = admit_member(r, first);
		ns_t reach = r->t + t->period - 1;

		if (first == r->fp.subject || t->priority > r->fp.priority)
			continue;
		if (!t->period) /* gone since: the caller begins again */
			continue;
		if (t->server == ADMIT_DEFERRABLE)
			reach += t->period - t->capacity;
		r->sum += reach / t->period * (t->capacity + r->system->overhead);
	}
}

static enum admit_answer decide(struct admit_run *r)
{
	if (r->sum > r->fp.due)
		return admit_refuse(r, ADMIT_DEADLINE, r->sum);
	if (r->sum == r->t)
		return r->fp.subject + 1 < r->count ? take_subject(r, r->fp.subject + 1)
						    : ADMIT_YES;
	r->t = r->sum;
	r->sum = r->fp.cost;
	return ADMIT_MORE;
}

const struct admit_test admit_test_fp = {begin, pass, decide};
