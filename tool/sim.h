/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor's scheduler (hv/sched, the same source) for all CPUs of a system, in virtual time.
 *
 * Load: best effort always wants to run. A reservation runs its whole capacity, then waits for its
 * next period ("full"); or never sleeps and is throttled when its budget is used up ("spin"). The
 * clock starts at a common multiple of all periods and frames, so that all are released at once at
 * time 0; every time told to others is from there.
 */
#ifndef TOOL_SIM_H
#define TOOL_SIM_H

#include "analyse_entries.h"
#include "sched/sched.h"

enum sim_load { SIM_FULL, SIM_SPIN };

struct sim_vcpu {
	struct sched_entity e;
	struct sched_refills refills;
	struct entry entry;
	uint32_t on;        /* CPU it ran on last */
	bool has_jobs;      /* responses and misses of it mean something */
	ns_t release, left; /* the present job: nominal release, what it has yet to run */
	uint64_t jobs;      /* done */
	uint64_t misses;    /* done late, not done at the end, or never begun */
	ns_t worst;         /* response */
	uint64_t worst_job;
	uint64_t overruns, moves;
	ns_t missed_first; /* deadline */
};

struct sim_cpu {
	struct sched_cpu c;
	struct heap_slot *slots;
	struct sched_plan *plans;
	uint32_t hart;
	bool again;                  /* somebody asked it to choose anew */
	struct sched_entity *loaded; /* whose registers are in it */
	ns_t job_end;                /* of current */
	ns_t idle, best_effort, real_time;
	uint64_t decisions, switches, preemptions;
};

#define SIM_PENDING UINT32_MAX

/* Who ran where; NULL: nobody. SIM_PENDING for a CPU: from the release of a job to its end. */
struct sim_stretch {
	ns_t from, to;
	const struct sim_vcpu *who;
	uint32_t cpu;
};

enum sim_mark_kind { SIM_RELEASE, SIM_DUE, SIM_MISS, SIM_PLAN };

struct sim_mark {
	ns_t at;
	const struct sim_vcpu *who; /* NULL: of a CPU */
	enum sim_mark_kind kind;
	uint32_t cpu;
};

struct sim_log; /* sim_log.c */

struct sim {
	const struct system *system;
	enum sim_load load;
	ns_t base, end; /* clock at time 0, and at which it ends */
	bool together;  /* all are released at time 0 */
	ns_t now;
	struct sched_shared shared;
	struct sim_cpu cpus[TABLE_MAX_CPUS];
	uint32_t cpu_count;
	struct sim_vcpu *vcpus;
	uint32_t vcpu_count;
	uint64_t decisions;
	double seconds; /* the host's, spent on it */
	/* what happened in [keep_from, keep_to), on the clock */
	ns_t keep_from, keep_to;
	struct sim_stretch *stretches;
	struct sim_mark *marks;
	uint32_t stretch_count, stretch_room, mark_count, mark_room;
	struct sim_log *log; /* NULL: none */
	const char *stuck;   /* not NULL: the scheduler did not get on; why */
};

/* system without errors, other than of admission. */
void sim_prepare(struct sim *sim, const struct system *system, enum sim_load load, ns_t duration);
void sim_run(struct sim *sim);

/* sim_jobs.c */
void sim_first_job(struct sim *sim, struct sim_vcpu *v);
/* v ran until now. */
void sim_ran(struct sim *sim, struct sim_vcpu *v, ns_t ran);
void sim_job_done(struct sim *sim, struct sim_cpu *cpu, struct sim_vcpu *v);
void sim_observe(struct sched_cpu *c, struct sched_entity *e, enum sched_event what, ns_t when);
void sim_last_jobs(struct sim *sim);
void sim_keep_stretch(struct sim *sim, uint32_t cpu, const struct sim_vcpu *who, ns_t from,
		      ns_t to);

/* sim_log.c: trace records (abi/trace.h). False with a message printed. */
bool sim_log_start(struct sim *sim, struct system *system);
void sim_log_switch(struct sim *sim, uint32_t cpu, const struct sim_vcpu *before,
		    const struct sim_vcpu *v);
void sim_log_add(struct sim *sim, uint32_t cpu, const struct sim_vcpu *v, uint8_t kind,
		 uint32_t detail, uint64_t value);
bool sim_log_write(struct sim *sim, const char *path);

static inline struct sim_vcpu *sim_of(struct sched_entity *e)
{
	return e ? container_of(e, struct sim_vcpu, e) : NULL;
}

#endif
