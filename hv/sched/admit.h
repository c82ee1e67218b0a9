/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: whether the reservations of a CPU can all be kept, and on which CPU a new one has
 * room. The same source serves `partita check`, the start of the hypervisor, and
 * HCALL_SERVICE_CREATE. No allocation, no recursion; long tests are cut into steps. Every rounding
 * is against the requester.
 *
 * Every capacity is charged with the overhead of its release: C' = C + overhead. A CPU's
 * reservations fit when
 *  - the sum of C'/P and the share of best effort is at most 1, compared exactly (admit.c), and
 *  - EDF: the demand h(t) of deadlines up to t is at most t for all t (admit_edf.c), or
 *  - fixed priority: each one's worst response is at most its D (admit_fp.c).
 * Both are for arbitrary phases, that is for the synchronous release of all.
 *
 * Preconditions: C' and P are below 2^30 + 2^20 ns, 10 us <= P, D <= P, at most 64 tasks, and tasks
 * change only between steps, after which the answer is about no moment in particular; the caller
 * starts again then. Whatever the tasks are, a run ends and touches only its own memory.
 */
#ifndef HV_SCHED_ADMIT_H
#define HV_SCHED_ADMIT_H

#include "lib/types.h"

#define ADMIT_MAX_CPUS  8u
#define ADMIT_MAX_TASKS 64u
#define ADMIT_POINTS    4096u /* passes over the tasks in one request; then ADMIT_LIMIT */
#define ADMIT_NOBODY    UINT32_MAX

/* Numbers of abi/table.h. */
#define ADMIT_EDF            1u
#define ADMIT_FIXED_PRIORITY 2u
#define ADMIT_TIME_TABLE     3u /* right by construction: nothing can be added */
#define ADMIT_DEFERRABLE     2u

struct admit_cpu {
	uint32_t policy;
	uint32_t best_effort_ppm; /* share kept for best effort */
};

struct admit_task {
	ns_t capacity, period, deadline; /* period 0: nobody */
	uint32_t priority, server;       /* fixed priority */
	uint32_t cpu;
	bool movable;  /* may be re-placed on another CPU of the same policy */
	uint32_t cpus; /* bit a CPU: where it may be */
};

struct admit_system {
	const struct admit_cpu *cpus;
	const struct admit_task *tasks;
	uint32_t cpu_count, task_count;
	ns_t overhead; /* added to every capacity: what the hypervisor itself takes per release */
};

enum admit_answer { ADMIT_MORE, ADMIT_YES, ADMIT_NO };

/* Numbers of HCALL_REFUSED_* (abi/hypercall.h). */
enum admit_reason { ADMIT_FITS = 0, ADMIT_CPU = 5, ADMIT_DEADLINE = 6, ADMIT_LIMIT = 7 };

struct admit_run;

/* What a policy asks beyond the sum: passes over the tasks, each followed by a decision. */
struct admit_test {
	void (*begin)(struct admit_run *r);
	/* Adds members [first, end) to r->sum. */
	void (*pass)(struct admit_run *r, uint32_t first, uint32_t end);
	/* The pass is over: MORE (another one), YES, or NO with reason and figure. */
	enum admit_answer (*decide)(struct admit_run *r);
};

/* Each is there if its policy is linked; a CPU whose policy is not has no room. */
extern const struct admit_test admit_test_edf __attribute__((weak));
extern const struct admit_test admit_test_fp __attribute__((weak));

/* One request. May be copied between steps. */
struct admit_run {
	/* Results. After YES of a placement: `cpu` has room, after move_task (index into tasks;
	 * ADMIT_NOBODY: nobody has to) has gone to move_to. After NO: why, of the CPU that came
	 * nearest. */
	uint32_t cpu, move_task, move_to;
	enum admit_reason reason;
	/* ADMIT_CPU: sum of shares, ppm; ADMIT_DEADLINE: EDF: interval with more demand than time,
	 * fixed priority: response, ns; ADMIT_LIMIT: points. */
	uint64_t figure;
	uint32_t points;      /* passes so far */
	uint32_t points_most; /* ADMIT_POINTS; whoever wants more says so after beginning */

	/* The rest is of admit*.c. */
	const struct admit_system *system;
	struct admit_task wanted;
	/* Search for a place (admit_place.c); NULL: one CPU is tested. */
	enum admit_answer (*search_step)(struct admit_run *r);
	uint8_t search;           /* what the test now running is for */
	bool refusal_is_other;    /* a refusal now is not the wanted one's */
	uint8_t phase;            /* of the policy's test */
	bool summed;              /* the sum of shares fits: the policy's test goes on */
	uint32_t candidate, home; /* who might move; the CPU to try next */
	/* The set under test: who is on CPU `on`, except `without`, and `with` (an index;
	 * task_count: the wanted one). `members` are their indices, `count` so many. */
	uint32_t on, without, with;
	uint32_t count;
	uint8_t members[ADMIT_MAX_TASKS + 1];
	uint32_t next;  /* of the pass: index, in later ones member */
	uint32_t digit; /* of the sum of shares */
	int64_t room;   /* 1 - sum of shares, in the last digit's unit */
	uint64_t share; /* sum of C'/P, in 2^-32, each rounded down */
	uint64_t sum;   /* of this pass */
	ns_t t;         /* where the pass looks */
	union {
		struct {
			ns_t bound, first;
			int64_t before;
		} edf;
		struct {
			ns_t cost, due;
			uint32_t priority, subject;
		} fp;
	};
};

/* Do all tasks with task.cpu == cpu fit? */
void admit_begin_cpu(struct admit_run *r, const struct admit_system *s, uint32_t cpu);
/*
 * Where does `wanted` have room? The first CPU of wanted->cpus that has; otherwise the first
 * movable task whose move to another CPU of its mask, of the same policy, makes room on one of
 * wanted->cpus.
 */
void admit_begin_place(struct admit_run *r, const struct admit_system *s,
		       const struct admit_task *wanted);
/* At most about 250 instructions. After YES or NO the run is over. */
enum admit_answer admit_step(struct admit_run *r);

/* For the policies' tests. */
static inline const struct admit_task *admit_member(const struct admit_run *r, uint32_t i)
{
	uint32_t index = r->members[i];

	return index < r->system->task_count ? &r->system->tasks[index] : &r->wanted;
}
/* Notes why this CPU has no room; NO. */
enum admit_answer admit_refuse(struct admit_run *r, enum admit_reason why, uint64_t figure);
/* Between admit.c and admit_place.c. */
void admit_begin(struct admit_run *r, const struct admit_system *s);
void admit_test_begin(struct admit_run *r, uint32_t on, uint32_t without, uint32_t with);
enum admit_answer admit_test_step(struct admit_run *r);

/* Steps until the answer. */
bool admit_finish(struct admit_run *r);
/* All CPUs, to the end. False: r->cpu is the first that does not fit. */
bool admit_all(struct admit_run *r, const struct admit_system *s);

#endif
