/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle SETS [SEED]: asks admission about SETS random task sets and plays every one. What it
 * accepts must never miss, and of what can be kept under EDF, or under fixed priority with distinct
 * priorities and no deferrable server, it must refuse nothing.
 *
 * REQ: SCHED-4 SCHED-5 SCHED-6
 */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { EVERY_PHASE_UP_TO = 36, RANDOM_PLAYS = 3, MOST_SHOWN = 3 };

struct tally {
	const char *name;
	bool exact; /* nothing that can be kept may be refused */
	unsigned sets, kept, accepted, refused, missed, limits, points;
	unsigned played, broken; /* by the hypervisor's scheduler */
	clock_t time;
};

static struct tally tallies[] = {
	{"EDF, D = P", true},
	{"EDF, D <= P", true},
	{"fixed priority, periodic", true},
	{"fixed priority, polling", true},
	{"fixed priority, sporadic", true},
	{"fixed priority, mixed, none deferrable", true},
	{"fixed priority, equal priorities", false},
	{"fixed priority, deferrable", false},
	{"fixed priority, mixed with deferrable", false},
};

static bool misses(const struct set *s, bool accepted)
{
	if (!s->fixed_priority)
		return edf_misses(s);
	if (fixed_misses_in_step(s))
		return true;
	for (unsigned i = 0; accepted && i < RANDOM_PLAYS; i++)
		if (fixed_misses_at_random(s))
			return true;
	return false;
}

static struct tally *tally_of(const struct set *s, bool implicit)
{
	bool same = true, deferrable = false, equal = false;

	if (!s->fixed_priority)
		return &tallies[!implicit];
	for (unsigned i = 0; i < s->n; i++) {
		same &= s->task[i].kind == s->task[0].kind;
		deferrable |= s->task[i].kind == DEFERRABLE;
		for (unsigned j = 0; j < i; j++)
			equal |= s->task[i].priority == s->task[j].priority;
	}
	if (deferrable)
		return &tallies[same ? 7 : 8];
	if (equal)
		return &tallies[6];
	if (!same)
		return &tallies[5];
	return &tallies[s->task[0].kind == PERIODIC ? 2 : s->task[0].kind == POLLING ? 3 : 4];
}

/* The sets that were accepted, on the real scheduler. */
static void play_it(struct tally *y, const struct set *s, bool accepted)
{
	bool calm = one_in(3);

	if (!accepted || y->broken >= MOST_SHOWN)
		return;
	y->played++;
	if (!scheduler_misses(s, calm))
		return;
	y->broken++;
	printf("accepted, but the scheduler does not keep it (%s):\n",
	       calm ? "all busy" : "with sleepers");
	show(s);
}

static void judge(struct tally *y, const struct set *s)
{
	static const unsigned scales[] = {10000, 10007, 65536, 99991, 1000000};
	struct answer a = ask_cpu(s, scales[dice(5)], false);
	bool missed, kept;

	if (a.limit) {
		y->limits++;
		a = ask_cpu(s, 10000, true);
	}
	missed = misses(s, a.yes);
	kept = fits_share(s) && !missed;
	y->sets++;
	y->points = a.points > y->points ? a.points : y->points;
	y->accepted += a.yes;
	if (a.yes && !kept) {
		y->missed++;
		printf("accepted, but misses or leaves too little:\n");
		show(s);
	}
	play_it(y, s, a.yes);
	/* Whether a refused one with deferrable servers could be kept takes long to find out: of
	 * these, "can be kept" counts those with short hyperperiods only. */
	if (y >= &tallies[7])
		kept = kept && s->hyper <= EVERY_PHASE_UP_TO &&
		       (a.yes || !fixed_misses_somewhere(s));
	y->kept += kept;
	if (kept && !a.yes) {
		y->refused++;
		if (y->exact) {
			printf("refused, but could be kept:\n");
			show(s);
		}
	}
}

static bool report(const struct tally *y)
{
	bool bad = y->missed || y->broken || (y->exact && y->refused) || !y->accepted;

	printf("  %-40s %6u sets, %6u can be kept, %6u accepted, %u of them miss, %u refused "
	       "(%.2f %%), limit %u, most points %u; %u played by "
	       "the scheduler, %u not kept\n",
	       y->name, y->sets, y->kept, y->accepted, y->missed, y->refused,
	       y->kept ? 100.0 * y->refused / y->kept : 0, y->limits, y->points, y->played,
	       y->broken);
	return !bad;
}

static void event(bool good, const char *name, clock_t time)
{
	printf("@ %s oracle: %s %.1f\n", good ? "passed" : "failed", name,
	       (double)time / CLOCKS_PER_SEC);
}

int main(int argc, char **argv)
{
	unsigned sets = argc > 1 ? (unsigned)atoi(argv[1]) : 5000;
	unsigned direct = 0, moved = 0, refused = 0, wrong = 0;
	bool good, all = true;
	clock_t began;

	dice_state = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : 20261120;
	for (unsigned i = 0; i < sets; i++) {
		bool implicit = i % 4 == 0;
		struct set s = random_set(i % 4 >= 2, implicit);
		struct tally *y = tally_of(&s, implicit);
		clock_t start = clock();

		judge(y, &s);
		y->time += clock() - start;
	}
	for (unsigned i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++) {
		all &= good = report(&tallies[i]);
		event(good, tallies[i].name, tallies[i].time);
	}
	began = clock();
	for (unsigned i = 0; i < sets / 4; i++)
		wrong += !place_agrees(&direct, &moved, &refused);
	good = !wrong && direct && moved && refused;
	printf("  placement: %u with room, %u after a move, %u refused, %u wrong\n", direct, moved,
	       refused, wrong);
	event(good, "placement", clock() - began);
	return all && good ? 0 : 1;
}
