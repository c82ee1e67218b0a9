/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task set on the pulse kernel that keeps a log of every job: when it was released, due, begun
 * and done, by the clock. TASKS_EDF: earliest deadline first, otherwise fixed priorities. The log
 * is printed at the end, so that whoever reads it can judge the order of the jobs; then the VM
 * ends.
 */
#include "hypercall.h"
#include "kernel.h"
#include "port.h"
#include "print.h"
#include "time.h"

#define TASKS           3
#define JOBS_MAX        64 /* of a task */
#define REPORT_PRIORITY (IDLE_PRIORITY - 1)
#define FIRST_RELEASE   5 /* tick; all tasks together */
#define LAST_TICK       600
#define ROUNDS_PER_US   500 /* of two instructions, one nanosecond each */

struct job {
	uint64_t release, due; /* ticks */
	uint64_t begin_us, end_us;
};

struct periodic {
	const char *name;
	uint64_t period, deadline; /* ticks, which are milliseconds */
	uint64_t work_us;
	uint64_t priority; /* without EDF: by deadline */
	uint64_t count;
	struct job jobs[JOBS_MAX];
};

/* systems/pulse-tasks.yaml tells `partita analyse` the same. */
static struct periodic set[TASKS] = {
	{.name = "a", .period = 20, .deadline = 15, .work_us = 1500, .priority = 1},
	{.name = "b", .period = 30, .deadline = 30, .work_us = 4000, .priority = 2},
	{.name = "c", .period = 50, .deadline = 45, .work_us = 8000, .priority = 3},
};
static struct task_space spaces[TASKS], report_space;
static struct semaphore done;

void guest_main(uint64_t hart);

static void work(uint64_t us)
{
	uint64_t rounds = us * ROUNDS_PER_US;

	__asm__ volatile("1: addi %0, %0, -1\n"
			 "bnez %0, 1b"
			 : "+r"(rounds));
}

static void run_periodic(void *argument)
{
	struct periodic *self = argument;
	uint64_t release = FIRST_RELEASE - self->period;

	while (release + self->period < LAST_TICK && self->count < JOBS_MAX) {
		struct job *job = &self->jobs[self->count++];

		task_delay_until(&release, self->period);
		job->begin_us = time_now_us();
		job->release = release;
		job->due = release + self->deadline;
		work(self->work_us);
		job->end_us = time_now_us();
	}
	semaphore_post(&done);
}

static uint64_t report_task(const struct periodic *task)
{
	uint64_t late = 0;

	for (uint64_t i = 0; i < task->count; i++) {
		const struct job *job = &task->jobs[i];

		print("pulse: job %s release %lu due %lu begin %lu end %lu us\n", task->name,
		      job->release, job->due, job->begin_us, job->end_us);
		if (job->end_us > job->due * (1000000 / TICK_HERTZ))
			late++;
	}
	return late;
}

static void run_report(void *argument)
{
	uint64_t absolute_ns = absolute_time_ns(), late = 0, now_us, ticks;

	(void)argument;
	for (int i = 0; i < TASKS; i++)
		semaphore_wait(&done, WAIT_FOREVER);
	absolute_ns = absolute_time_ns() - absolute_ns;
	ticks = ticks_now();
	now_us = time_now_us();
	for (int i = 0; i < TASKS; i++)
		late += report_task(&set[i]);
	print("pulse: late %lu, ticks %lu at %lu us, missed ticks %lu, absolute %lu us\n", late,
	      ticks, now_us, kernel_statistics().missed_ticks, absolute_ns / 1000);
	shutdown();
}

static void create(struct periodic *task, struct task_space *space)
{
#ifdef TASKS_EDF
	task_create_edf(space, task->deadline, run_periodic, task);
#else
	task_create(space, task->priority, run_periodic, task);
#endif
}

void guest_main(uint64_t hart)
{
	port_init(hart);
	semaphore_init(&done, 0);
	for (int i = 0; i < TASKS; i++)
		create(&set[i], &spaces[i]);
	task_create(&report_space, REPORT_PRIORITY, run_report, NULL);
	kernel_start();
}
