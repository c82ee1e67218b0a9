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
 *
 * The tasks are the subjects of the analysis by rising index; a pass for one finds the following
 * one.
 */
#include "sched/admit.h"

static void begin(struct admit_run *r)
{
	r->fp.from = 0;
	r->fp.following = ADMIT_NOBODY;
}

static void add(struct admit_run *r, uint32_t i, const struct admit_task *t, ns_t cost)
{
	ns_t reach = r->t + t->period - 1;

	if (i >= r->fp.from && i < r->fp.following)
		r->fp.following = i;
	if (!r->fp.from || i == r->fp.from - 1 || t->priority > r->fp.priority)
		return;
	if (t->server == ADMIT_DEFERRABLE)
		reach += t->period - t->capacity;
	r->sum += reach / t->period * cost;
}

static enum admit_answer decide(struct admit_run *r)
{
	const struct admit_task *t;

	if (r->fp.from) {
		if (r->sum > r->fp.due)
			return admit_refuse(r, ADMIT_DEADLINE, r->sum);
		if (r->sum != r->t) {
			r->t = r->sum;
			r->sum = r->fp.cost;
			return ADMIT_MORE;
		}
	}
	if (r->fp.following == ADMIT_NOBODY)
		return ADMIT_YES;
	t = admit_member(r, r->fp.following);
	if (!t) /* gone since: the caller begins again */
		return ADMIT_YES;
	r->fp.from = r->fp.following + 1;
	r->fp.following = ADMIT_NOBODY;
	r->fp.priority = t->priority;
	r->fp.due = t->deadline;
	r->fp.cost = t->capacity + r->system->overhead;
	r->t = r->sum = r->fp.cost;
	return ADMIT_MORE;
}

const struct admit_test admit_test_fp = {begin, add, decide};
