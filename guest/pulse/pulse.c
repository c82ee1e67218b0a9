/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demonstration on the pulse kernel: two periodic tasks, two that hand a semaphore back and
 * forth, a producer and a consumer, a report once a second, a command line of one letter. Counts
 * are exact: at second k the report shows k times what a second holds, or says what is late.
 */
#include "console.h"
#include "kernel.h"
#include "port.h"
#include "print.h"
#include "sbi.h"
#include "selftest.h"
#include "time.h"

#define FAST_PRIORITY     5
#define SLOW_PRIORITY     8
#define PING_PRIORITY     12
#define PONG_PRIORITY     13
#define PRODUCER_PRIORITY 20
#define CONSUMER_PRIORITY 21
#define SHELL_PRIORITY    30
#define REPORT_PRIORITY   40

#define FAST_TICKS     10
#define SLOW_TICKS     50
#define PING_TICKS     5
#define PRODUCER_TICKS 20
#define REPORT_TICKS   TICK_HERTZ
#define BATCH          4
#define QUEUE_LENGTH   8
#define SLOW_WORK      100000

struct periodic {
	uint64_t period;
	uint64_t work_rounds;
	uint64_t count;
	uint64_t latest_ticks; /* longest from release to start */
	uint64_t overruns;     /* starts a whole period late */
};

static struct periodic fast = {.period = FAST_TICKS};
static struct periodic slow = {.period = SLOW_TICKS, .work_rounds = SLOW_WORK};
static struct semaphore ping, pong;
static struct queue queue;
static uint64_t queue_slots[QUEUE_LENGTH];
static uint64_t rounds, messages, misordered;
static uint64_t first_tick; /* the demonstration's origin of time */

static struct task_space first_space, fast_space, slow_space, ping_space, pong_space;
static struct task_space producer_space, consumer_space, shell_space, report_space;

void guest_main(uint64_t hart);

static void work(uint64_t work_rounds)
{
	for (uint64_t i = 0; i < work_rounds; i++)
		__asm__ volatile("");
}

static void run_periodic(void *argument)
{
	struct periodic *self = argument;
	uint64_t release = first_tick;

	for (;;) {
		uint64_t late;

		task_delay_until(&release, self->period);
		late = ticks_now() - release;
		if (late > self->latest_ticks)
			self->latest_ticks = late;
		if (late >= self->period)
			self->overruns++;
		self->count++;
		work(self->work_rounds);
	}
}

static void run_ping(void *argument)
{
	uint64_t release = first_tick;

	(void)argument;
	for (;;) {
		task_delay_until(&release, PING_TICKS);
		semaphore_post(&ping);
		semaphore_wait(&pong, WAIT_FOREVER);
		rounds++;
	}
}

static void run_pong(void *argument)
{
	(void)argument;
	for (;;) {
		semaphore_wait(&ping, WAIT_FOREVER);
		semaphore_post(&pong);
	}
}

static void run_producer(void *argument)
{
	uint64_t release = first_tick, sequence = 0;

	(void)argument;
	for (;;) {
		task_delay_until(&release, PRODUCER_TICKS);
		for (int i = 0; i < BATCH; i++)
			queue_send(&queue, sequence++, WAIT_FOREVER);
	}
}

static void run_consumer(void *argument)
{
	uint64_t message;

	(void)argument;
	for (;;) {
		queue_receive(&queue, &message, WAIT_FOREVER);
		if (message != messages)
			misordered++;
		messages++;
	}
}

static void run_report(void *argument)
{
	uint64_t release = first_tick;
	char line[CONSOLE_LINE_BYTES];

	(void)argument;
	for (uint64_t second = 1;; second++) {
		task_delay_until(&release, REPORT_TICKS);
		print_into(line, sizeof(line),
			   "pulse: second %lu: fast %lu slow %lu rounds %lu messages %lu, "
			   "missed ticks %lu overruns %lu\n",
			   second, fast.count, slow.count, rounds, messages,
			   kernel_statistics().missed_ticks, fast.overruns + slow.overruns);
		console_write(line);
	}
}

static void show_statistics(void)
{
	struct kernel_statistics now = kernel_statistics();
	char line[CONSOLE_LINE_BYTES];

	print_into(line, sizeof(line),
		   "pulse: ticks %lu missed %lu switches %lu interrupts %lu nesting %lu\n",
		   now.ticks, now.missed_ticks, now.switches, now.interrupts, now.deepest_nesting);
	console_write(line);
	print_into(line, sizeof(line),
		   "pulse: fast late %lu ticks overruns %lu, slow late %lu overruns %lu, "
		   "misordered %lu, input dropped %lu\n",
		   fast.latest_ticks, fast.overruns, slow.latest_ticks, slow.overruns, misordered,
		   console_dropped());
	console_write(line);
}

static void run_shell(void *argument)
{
	(void)argument;
	for (;;) {
		switch (console_read()) {
		case 's':
			show_statistics();
			break;
		case 'q':
			console_write("pulse: shutting down\n");
			shutdown();
		case '\r':
		case '\n':
			break;
		default:
			console_write("pulse: s = statistics, q = shut down\n");
		}
	}
}

static void start_demo(void)
{
	semaphore_init(&ping, 0);
	semaphore_init(&pong, 0);
	queue_init(&queue, queue_slots, QUEUE_LENGTH);
	first_tick = ticks_now();
	task_create(&fast_space, FAST_PRIORITY, run_periodic, &fast);
	task_create(&slow_space, SLOW_PRIORITY, run_periodic, &slow);
	task_create(&ping_space, PING_PRIORITY, run_ping, NULL);
	task_create(&pong_space, PONG_PRIORITY, run_pong, NULL);
	task_create(&producer_space, PRODUCER_PRIORITY, run_producer, NULL);
	task_create(&consumer_space, CONSUMER_PRIORITY, run_consumer, NULL);
	task_create(&shell_space, SHELL_PRIORITY, run_shell, NULL);
	task_create(&report_space, REPORT_PRIORITY, run_report, NULL);
}

/* The first task: tests the kernel, starts the others, ends. */
static void run_first(void *argument)
{
	const char *failed = selftest();

	(void)argument;
	if (failed) {
		char line[CONSOLE_LINE_BYTES];

		print_into(line, sizeof(line), "pulse: self-test FAILED: %s\n", failed);
		console_write(line);
		shutdown();
	}
	console_write("pulse: self-test passed\n");
	start_demo();
}

void guest_main(uint64_t hart)
{
	port_init(hart);
	console_init();
	task_create(&first_space, SELFTEST_PRIORITY, run_first, NULL);
	kernel_start();
}
