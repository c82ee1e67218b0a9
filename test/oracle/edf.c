/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EDF from its definition: in each tick the job with the earliest deadline runs. All are released
 * at 0, which is the worst case; after a hyperperiod without a miss and with the sum of shares at
 * most 1 everything repeats.
 */
#include "oracle.h"

bool fits_share(const struct set *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->n; i++)
		sum += (uint64_t)s->task[i].c * (s->hyper / s->task[i].p);
	return sum * 1000000 + (uint64_t)s->hyper * s->best_effort_ppm <=
	       (uint64_t)s->hyper * 1000000;
}

bool edf_misses(const struct set *s)
{
	unsigned left[MOST_TASKS] = {0}, due[MOST_TASKS] = {0};

	for (unsigned now = 0; now <= s->hyper; now++) {
		unsigned best = NOBODY;

		for (unsigned i = 0; i < s->n; i++) {
			if (left[i] && now >= due[i])
				return true;
			if (now % s->task[i].p == 0) {
				if (left[i])
					return true;
				left[i] = s->task[i].c;
				due[i] = now + s->task[i].d;
			}
			if (left[i] && (best == NOBODY || due[i] < due[best]))
				best = i;
		}
		if (best != NOBODY)
			left[best]--;
	}
	return false;
}
