/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks, time and the choice of who runs. Sets of tasks are 64-bit words, bit = priority, so the
 * highest member is the lowest bit set; within the EDF band bits are places and deadlines decide.
 * Every function enters with interrupts as the caller had them; what touches the sets runs with
 * interrupts off.
 */
#include "kernel.h"
#include "port.h"
#include "print.h"
#include "sbi.h"
#include "time.h"
#include "uart.h"
#include "wait.h"

#define STACK_GUARD 0x70756c7365677264ul
#define EDF_SET     (((1ul << EDF_TASKS) - 1) << EDF_FIRST)

extern uint32_t port_nesting;

static struct task *tasks[PRIORITIES];
static uint64_t ready, sleeping;
static struct task *current;
static struct task_space idle_space;
static struct kernel_statistics statistics;
static bool started;

static uint64_t bit(const struct task *task)
{
	return 1ul << task->priority;
}

/* Halving: the base instruction set counts no zeros. */
uint64_t set_highest(uint64_t set)
{
	uint64_t lowest = 0;

	for (unsigned int half = 32; half; half /= 2) {
		if (!(set & ((1ul << half) - 1))) {
			set >>= half;
			lowest += half;
		}
	}
	return lowest;
}

/* Who of a set that is not empty comes first. */
static struct task *first_of(uint64_t set)
{
	struct task *first = tasks[set_highest(set)];

	if (!(bit(first) & EDF_SET))
		return first;
	for (uint64_t rest = set & EDF_SET; rest; rest &= rest - 1) {
		struct task *task = tasks[set_highest(rest)];

		if (task->deadline < first->deadline)
			first = task;
	}
	return first;
}

void kernel_panic(const char *why)
{
	char line[128];

	interrupts_off();
	print_into(line, sizeof(line), "pulse: panic: %s, cause %lx pc %lx value %lx\n", why,
		   csr_read(scause), csr_read(sepc), csr_read(stval));
	for (const char *c = line; *c; c++)
		uart_put(*c);
	shutdown();
}

/* Interrupts off. In an interrupt nothing switches: the outermost's exit comes here again. */
static void reschedule(void)
{
	struct task *before = current;

	if (!started || port_nesting > 0)
		return;
	current = first_of(ready);
	if (current == before)
		return;
	if (before->stack[0] != STACK_GUARD)
		kernel_panic("stack overflow");
	statistics.switches++;
	port_switch(&before->sp, current->sp);
}

void kernel_interrupt_enter(void)
{
	statistics.interrupts++;
	if (port_nesting > statistics.deepest_nesting)
		statistics.deepest_nesting = port_nesting;
}

void kernel_interrupt_exit(void)
{
	reschedule();
}

/* Interrupts off; the priority is free. */
static void add_task(struct task_space *space, uint64_t priority, uint64_t relative_deadline,
		     void (*function)(void *), void *argument)
{
	struct task *task = &space->task;
	uint64_t *top = space->stack + TASK_STACK_BYTES / 8;

	*task = (struct task){
		.priority = priority,
		.stack = space->stack,
		.relative_deadline = relative_deadline,
		.deadline = statistics.ticks + relative_deadline,
	};
	task->stack[0] = STACK_GUARD;
	task->sp = port_new_stack(top, function, argument);
	tasks[priority] = task;
	ready |= bit(task);
	reschedule();
}

bool task_create(struct task_space *space, uint64_t priority, void (*function)(void *),
		 void *argument)
{
	bool were_on = critical_enter();
	bool is_free = priority < PRIORITIES && !(1ul << priority & EDF_SET) && !tasks[priority];

	if (is_free)
		add_task(space, priority, 0, function, argument);
	critical_exit(were_on);
	return is_free;
}

bool task_create_edf(struct task_space *space, uint64_t relative_deadline, void (*function)(void *),
		     void *argument)
{
	bool were_on = critical_enter(), is_free = false;

	for (uint64_t place = EDF_FIRST; place < EDF_FIRST + EDF_TASKS && !is_free; place++) {
		is_free = relative_deadline > 0 && !tasks[place];
		if (is_free)
			add_task(space, place, relative_deadline, function, argument);
	}
	critical_exit(were_on);
	return is_free;
}

void task_exit(void)
{
	interrupts_off();
	ready &= ~bit(current);
	tasks[current->priority] = NULL;
	reschedule();
	kernel_panic("an ended task ran");
}

uint64_t ticks_now(void)
{
	return *(volatile uint64_t *)&statistics.ticks;
}

uint64_t time_now_us(void)
{
	return port_time_since_start() / TICKS_PER_US;
}

static void sleep_until_tick(uint64_t tick)
{
	current->wake_tick = tick;
	sleeping |= bit(current);
}

void task_delay(uint64_t n)
{
	uint64_t last = ticks_now();

	task_delay_until(&last, n);
}

void task_delay_until(uint64_t *last, uint64_t period)
{
	bool were_on = critical_enter();

	*last += period;
	current->deadline = *last + current->relative_deadline;
	if (*last > statistics.ticks) {
		sleep_until_tick(*last);
		ready &= ~bit(current);
	}
	reschedule(); /* even if it is late and goes on: its deadline has moved */
	critical_exit(were_on);
}

/* Interrupts off; false: the wait timed out. */
bool kernel_block(uint64_t *waiters, uint64_t timeout_ticks)
{
	struct task *self = current;

	*waiters |= bit(self);
	self->waiting_in = waiters;
	self->timed_out = false;
	if (timeout_ticks != WAIT_FOREVER)
		sleep_until_tick(statistics.ticks + timeout_ticks);
	ready &= ~bit(self);
	reschedule();
	return !self->timed_out;
}

static void wake(struct task *task)
{
	if (task->waiting_in)
		*task->waiting_in &= ~bit(task);
	task->waiting_in = NULL;
	sleeping &= ~bit(task);
	ready |= bit(task);
}

/* Interrupts off. */
void kernel_wake_highest(uint64_t *waiters)
{
	wake(first_of(*waiters));
	reschedule();
}

/* Called with interrupts off, from the timer's interrupt. */
void kernel_tick(uint64_t elapsed)
{
	statistics.ticks += elapsed;
	statistics.missed_ticks += elapsed - 1;
	for (uint64_t rest = sleeping; rest; rest &= rest - 1) {
		struct task *task = tasks[set_highest(rest)];

		if (task->wake_tick > statistics.ticks)
			continue;
		task->timed_out = task->waiting_in != NULL;
		wake(task);
	}
}

struct kernel_statistics kernel_statistics(void)
{
	bool were_on = critical_enter();
	struct kernel_statistics copy = statistics;

	critical_exit(were_on);
	return copy;
}

static void idle(void *argument)
{
	(void)argument;
	for (;;)
		wfi();
}

void kernel_start(void)
{
	void *boot_sp;

	task_create(&idle_space, IDLE_PRIORITY, idle, NULL);
	port_start_tick();
	current = first_of(ready);
	started = true;
	port_switch(&boot_sp, current->sp);
	kernel_panic("back at the start");
}
