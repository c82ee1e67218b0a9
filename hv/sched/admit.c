/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission, what is common to all policies: the set of tasks under test and the sum of their
 * shares.
 *
 * The sum is compared with 1 exactly, without large numbers: all fractions are written in base 2^32
 * and summed digit by digit, which is long division. After k digits, room = 1 - (sum of the digits)
 * in units of 2^-32k, and what the n fractions have left is at least 0 and below n such units. So
 * room < 0 is too much and room >= n fits; in between the next digit decides. A sum that differs
 * from 1 differs by at least 1 / (product of the denominators), here above 2^-(30n - 3): after n
 * digits of n fractions (one of which is the best-effort share with 10^6, below 2^20) nothing but
 * equality is left. Nearly always the first digit decides; periods give themselves away in at most
 * 65.
 */
#include "sched/admit.h"

#define PPM 1000000u
/* Tasks in one step: of the first pass, of one for a later digit, and of the policy's. */
#define SLICE_FIRST  4u
#define SLICE_DIGIT  1u
#define SLICE_POLICY 5u

/* Of several CPUs, a deadline missed is nearer than no time left, and less too much is nearer. */
enum admit_answer admit_refuse(struct admit_run *r, enum admit_reason why, uint64_t figure)
{
	if (!r->refusal_is_other && (why > r->reason || (why == r->reason && figure < r->figure))) {
		r->reason = why;
		r->figure = figure;
	}
	return ADMIT_NO;
}

void admit_test_begin(struct admit_run *r, uint32_t on, uint32_t without, uint32_t with)
{
	r->on = on;
	r->without = without;
	r->with = with;
	r->next = 0;
	r->count = 0;
	r->digit = 0;
	r->summed = false;
	r->room = 1;
	r->sum = 0;
}

/* Digit k, from 0, of over / under in base 2^32: the remainder before it is over * 2^32k mod under.
 */
static uint64_t digit(uint64_t over, uint64_t under, uint32_t k)
{
	uint64_t base = (1ull << 32) % under;

	for (; k; k >>= 1) {
		if (k & 1)
			over = over * base % under;
		base = base * base % under;
	}
	return (over << 32) / under;
}

static const struct admit_test *test_of(const struct admit_run *r)
{
	static const struct admit_test *const tests[] = {NULL, &admit_test_edf, &admit_test_fp};
	uint32_t policy = r->system->cpus[r->on].policy;

	return policy < ARRAY_SIZE(tests) ? tests[policy] : NULL;
}

static enum admit_answer refuse_sum(struct admit_run *r, const struct admit_cpu *cpu)
{
	uint64_t ppm = ((r->share * PPM + (1u << 31)) >> 32) + cpu->best_effort_ppm;

	return admit_refuse(r, ADMIT_CPU, ppm > PPM ? ppm : PPM + 1);
}

static enum admit_answer sum_decide(struct admit_run *r)
{
	const struct admit_cpu *cpu = &r->system->cpus[r->on];
	const struct admit_test *test = test_of(r);

	if (cpu->policy == ADMIT_TIME_TABLE && r->with == ADMIT_NOBODY)
		return ADMIT_YES;
	if (!r->digit)
		r->share = r->sum;
	r->room = r->room * (1ll << 32) - (int64_t)r->sum -
		  (int64_t)digit(cpu->best_effort_ppm, PPM, r->digit);
	if (r->room < 0 || (r->count && !test))
		return refuse_sum(r, cpu);
	r->sum = 0;
	if (r->room <= r->count && r->digit < r->count) {
		r->digit++;
		return ADMIT_MORE;
	}
	if (!r->count)
		return ADMIT_YES;
	r->digit = 0;
	r->summed = true;
	test->begin(r);
	return ADMIT_MORE;
}

/* The first pass goes over all tasks, and finds out who is in the set. */
static bool is_member(const struct admit_run *r, uint32_t i)
{
	const struct admit_task *t = &r->system->tasks[i];

	if (i == r->system->task_count)
		return r->with != ADMIT_NOBODY;
	return t->period && t->cpu == r->on && i != r->without;
}

static void sum_pass(struct admit_run *r, uint32_t first, uint32_t end)
{
	for (; first < end; first++) {
		const struct admit_task *t;
		uint32_t i = first;

		if (!r->digit) {
			if (!is_member(r, first))
				continue;
			i = r->count++;
			r->members[i] = (uint8_t)(first < r->system->task_count ? first : r->with);
		}
		t = admit_member(r, i);
		if (t->period)
			r->sum += digit(t->capacity + r->system->overhead, t->period, r->digit);
	}
}

enum admit_answer admit_test_step(struct admit_run *r)
{
	const struct admit_test *test = test_of(r);
	uint32_t first = r->next, all = r->count, end = first + SLICE_POLICY;

	if (!r->summed)
		end = first + (r->digit ? SLICE_DIGIT : SLICE_FIRST);
	if (!r->summed && !r->digit)
		all = r->system->task_count + 1;
	end = end < all ? end : all;
	r->next = end;
	if (r->summed)
		test->pass(r, first, end);
	else
		sum_pass(r, first, end);
	if (end < all)
		return ADMIT_MORE;
	r->next = 0;
	r->points++;
	return r->summed ? test->decide(r) : sum_decide(r);
}

enum admit_answer admit_step(struct admit_run *r)
{
	enum admit_answer answer;

	if (r->points >= r->points_most) {
		r->reason = ADMIT_LIMIT;
		r->figure = r->points;
		return ADMIT_NO;
	}
	answer = r->search_step ? r->search_step(r) : admit_test_step(r);
	if (answer == ADMIT_YES)
		r->reason = ADMIT_FITS;
	return answer;
}

void admit_begin(struct admit_run *r, const struct admit_system *s)
{
	r->system = s;
	r->move_task = ADMIT_NOBODY;
	r->reason = ADMIT_FITS;
	r->figure = 0;
	r->points = 0;
	r->points_most = ADMIT_POINTS;
	r->refusal_is_other = false;
}

void admit_begin_cpu(struct admit_run *r, const struct admit_system *s, uint32_t cpu)
{
	admit_begin(r, s);
	r->cpu = cpu;
	r->search_step = NULL;
	admit_test_begin(r, cpu, ADMIT_NOBODY, ADMIT_NOBODY);
}

bool admit_finish(struct admit_run *r)
{
	enum admit_answer answer;

	do
		answer = admit_step(r);
	while (answer == ADMIT_MORE);
	return answer == ADMIT_YES;
}

bool admit_all(struct admit_run *r, const struct admit_system *s)
{
	bool fits = true;

	for (uint32_t i = 0; i < s->cpu_count && fits; i++) {
		admit_begin_cpu(r, s, i);
		fits = admit_finish(r);
	}
	return fits;
}
