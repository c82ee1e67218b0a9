/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `partita analyse` finds out: per CPU whether its reservations can all be kept, how late each
 * may be and what is left; per guest with `tasks` whether they hold in what its VM gets.
 * docs/analysis.md has the formulas and how to read the numbers.
 */
#ifndef TOOL_ANALYSE_H
#define TOOL_ANALYSE_H

#include "admission.h"
#include "analyse_entries.h"
#include "analyse_tasks.h"

#define ROOM_PERIODS 8u

/* A reservation, or the owner of slots, on a CPU. */
struct analysed_rt {
	struct entry entry;
	uint64_t charged; /* capacity and overhead */
	struct task task; /* with the charged capacity: response */
	bool has_response;
	uint64_t most; /* the largest capacity that it could have beside the others; 0: none */
	/* time table: worst over all plans */
	uint64_t supplied_ppm, gap;
};

struct analysed_room {
	uint64_t period, capacity; /* capacity 0: nothing fits */
	uint32_t priority;         /* fixed priority: at which one the most fits */
};

struct analysed_cpu {
	uint32_t hart;
	const struct sys_cpu *config;
	struct analysed_rt *rts;
	uint32_t rt_count, best_effort_count;
	uint64_t reserved_ppm, charged_ppm, slack_ppm;
	bool fits;
	enum admit_reason reason;
	uint64_t figure;
	uint32_t points;
	struct analysed_room room[ROOM_PERIODS];
	uint32_t room_count;
};

/* The smallest reservation in which tasks hold; capacity 0: there is none. */
struct proposal {
	uint64_t capacity, period, deadline;
	uint64_t cost_ppm; /* (capacity + overhead) / period */
	bool fits;         /* admission would take it in place of the present one */
};

struct analysed_guest {
	const struct sys_vm *vm;
	const char *supplier; /* what the supply comes from, for people */
	const char *without;  /* not NULL: there is no supply; why */
	const char *plan;     /* time table: the plan for which the result is; NULL: all alike */
	struct supply supply;
	struct task *tasks;
	uint32_t task_count;
	uint64_t load_ppm, rate_ppm;
	struct task_verdict verdict;
	struct proposal same, best; /* with the present period; with any */
};

/* A VM with a real-time-share. */
struct analysed_share {
	const struct sys_vm *vm;
	uint64_t used_ppm; /* sum of capacity / period of all its reservations and services */
};

struct analysis {
	const struct system *system;
	struct entry entries[TABLE_MAX_VCPUS];
	uint32_t entry_count;
	struct admission admission;
	struct analysed_cpu cpus[TABLE_MAX_CPUS];
	uint32_t cpu_count;
	struct analysed_guest *guests;
	uint32_t guest_count;
	struct analysed_share shares[TABLE_MAX_VMS];
	uint32_t share_count;
	bool holds; /* everything */
};

/* system without errors, other than of admission. */
void analyse(struct analysis *analysis, struct system *system);

/* analyse_cpu.c */
/* Admission's verdict on that hart. */
bool analyse_admit(struct analysis *a, uint32_t hart, struct admit_run *run);
/* What admission sees of a reservation; NULL: nothing. */
struct admit_task *analyse_admit_task(struct analysis *a, const struct sys_vcpu *vcpu);
void analyse_cpu(struct analysis *a, struct analysed_cpu *cpu);
/* analyse_guest.c */
void analyse_guest(struct analysis *a, struct analysed_guest *guest);
/* analyse_supplier.c: what guest->vm gets; of a time table, plan number `plan`. */
void analyse_supplier(const struct analysis *a, struct analysed_guest *guest, uint32_t plan);

/* analyse_print.c, analyse_report.c */
void analyse_print(const struct analysis *a, FILE *out);
void analyse_report_json(const struct analysis *a, FILE *out);

#endif
