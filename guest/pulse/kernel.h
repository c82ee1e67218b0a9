/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pulse: a small preemptive real-time kernel for one hart, of the uC/OS class.
 *
 * 64 priorities, 0 the highest, one task each; the highest ready task runs, always. Priorities
 * EDF_FIRST to EDF_FIRST + EDF_TASKS - 1 are a band in which the earliest absolute deadline comes
 * first instead. Tasks wait for time, semaphores and queues. Ticks are counted by the clock, never
 * by interrupts: however long the hart was away, releases and deadlines stay where they were.
 * Interrupt handlers may nest and may post; the switch they cause happens when the outermost ends.
 * Everything is static: a task's stack and control block are the caller's. Blocking calls are for
 * tasks; *_post and *_try_* also for interrupt handlers.
 */
#ifndef PULSE_KERNEL_H
#define PULSE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRIORITIES       64
#define IDLE_PRIORITY    (PRIORITIES - 1)
#define EDF_FIRST        44
#define EDF_TASKS        16
#define TICK_HERTZ       1000
#define TASK_STACK_BYTES 2048
#define WAIT_FOREVER     UINT64_MAX

struct task {
	void *sp; /* while not running; first: port.S stores it */
	uint64_t priority;
	uint64_t relative_deadline; /* in ticks; 0: not in the band */
	uint64_t deadline;          /* of its present job, a tick */
	uint64_t wake_tick;         /* while its bit is set in the set of sleeping tasks */
	uint64_t *waiting_in;       /* the set of waiters it is in, or NULL */
	bool timed_out;
	uint64_t *stack; /* lowest word; holds the guard */
};

/* A stack of fixed size and the task on it. */
struct task_space {
	struct task task;
	uint64_t stack[TASK_STACK_BYTES / 8] __attribute__((aligned(16)));
};

struct semaphore {
	uint64_t count;
	uint64_t waiters; /* by priority */
};

struct queue {
	uint64_t *slots;
	size_t capacity;
	size_t head; /* next to take */
	size_t length;
	struct semaphore filled;
	struct semaphore empty;
};

struct kernel_statistics {
	uint64_t ticks;
	uint64_t missed_ticks; /* ticks that came together with the one before */
	uint64_t switches;
	uint64_t interrupts;
	uint64_t deepest_nesting;
};

/* Makes a task ready; it runs at once if it is the highest. False: its priority is taken. */
bool task_create(struct task_space *space, uint64_t priority, void (*function)(void *),
		 void *argument);

/*
 * The same in the EDF band: its first job is released now, the next ones by task_delay_until(), and
 * each is due so many ticks after its release. False: the band is full or the deadline 0.
 */
bool task_create_edf(struct task_space *space, uint64_t relative_deadline, void (*function)(void *),
		     void *argument);

/* Ends the calling task; returning from its function does, too. */
_Noreturn void task_exit(void);

/* Sleeps n ticks: until the n-th tick from now. */
void task_delay(uint64_t n);

/* Sleeps until *last + period and stores that there: a period without drift. */
void task_delay_until(uint64_t *last, uint64_t period);

uint64_t ticks_now(void);

/* Microseconds since tick 0, by the clock. */
uint64_t time_now_us(void);

void semaphore_init(struct semaphore *semaphore, uint64_t count);

/* False: the ticks passed. */
bool semaphore_wait(struct semaphore *semaphore, uint64_t timeout_ticks);
void semaphore_post(struct semaphore *semaphore);

void queue_init(struct queue *queue, uint64_t *slots, size_t capacity);
bool queue_send(struct queue *queue, uint64_t message, uint64_t timeout_ticks);
bool queue_try_send(struct queue *queue, uint64_t message);
bool queue_receive(struct queue *queue, uint64_t *message, uint64_t timeout_ticks);

struct kernel_statistics kernel_statistics(void);

/* Starts the tick and the highest task. */
_Noreturn void kernel_start(void);

/* For the port: */
void kernel_tick(uint64_t elapsed);
void kernel_interrupt_enter(void);
void kernel_interrupt_exit(void);

/* Ends the machine with a message; for broken invariants. */
_Noreturn void kernel_panic(const char *why);

#endif
