/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel promises, tried on the machine it runs on. */
#include "kernel.h"
#include "port.h"
#include "selftest.h"
#include "wait.h"

#define HIGH         (SELFTEST_PRIORITY - 1)
#define HIGHER       (SELFTEST_PRIORITY - 2)
#define LOW          (SELFTEST_PRIORITY + 1)
#define QUEUE_LENGTH 4
#define PREEMPTIONS  20
#define BUSY_ROUNDS  20000
#define OTHER_ROUNDS 1000

static struct task_space helper_a, helper_b;
static struct semaphore semaphore, done;
static char order[8];
static volatile unsigned int order_length;

static void note(char who)
{
	if (order_length < sizeof(order))
		order[order_length++] = who;
}

/* Whether exactly these were noted, in this order; forgets them. */
static bool noted(const char *expected)
{
	unsigned int i = 0;
	bool same = true;

	for (; expected[i]; i++)
		same = same && i < order_length && order[i] == expected[i];
	same = same && i == order_length;
	order_length = 0;
	return same;
}

static bool sets_find_highest(void)
{
	for (uint64_t priority = 0; priority < PRIORITIES; priority++)
		if (set_highest(1ul << priority | 1ul << IDLE_PRIORITY) != priority)
			return false;
	return true;
}

static void note_and_end(void *who)
{
	note((char)(uint64_t)who);
}

static bool higher_task_runs_at_once(void)
{
	note('1');
	task_create(&helper_a, HIGH, note_and_end, (void *)'h');
	note('2');
	return noted("1h2");
}

static bool lower_task_waits(void)
{
	note('1');
	task_create(&helper_a, LOW, note_and_end, (void *)'l');
	note('2');
	task_delay(1);
	note('3');
	return noted("12l3");
}

static bool priority_is_taken_once(void)
{
	return !task_create(&helper_a, SELFTEST_PRIORITY, note_and_end, (void *)'x') &&
	       !task_create(&helper_a, PRIORITIES, note_and_end, (void *)'x') && noted("");
}

static void wait_and_note(void *who)
{
	semaphore_wait(&semaphore, WAIT_FOREVER);
	note((char)(uint64_t)who);
}

static bool highest_waiter_comes_first(void)
{
	semaphore_init(&semaphore, 0);
	task_create(&helper_a, HIGH, wait_and_note, (void *)'a');
	task_create(&helper_b, HIGHER, wait_and_note, (void *)'b');
	semaphore_post(&semaphore);
	note('1');
	semaphore_post(&semaphore);
	return noted("b1a");
}

static bool semaphore_counts(void)
{
	semaphore_init(&semaphore, 2);
	return semaphore_wait(&semaphore, 0) && semaphore_wait(&semaphore, 0) &&
	       !semaphore_wait(&semaphore, 0);
}

static bool wait_times_out(void)
{
	uint64_t before;

	semaphore_init(&semaphore, 0);
	task_delay(1); /* begin at a tick's edge */
	before = ticks_now();
	return !semaphore_wait(&semaphore, 3) && ticks_now() >= before + 3 &&
	       semaphore.waiters == 0;
}

static bool delay_takes_its_ticks(void)
{
	uint64_t last = ticks_now();

	for (int i = 0; i < 5; i++) {
		uint64_t before = last;

		task_delay_until(&last, 2);
		if (last != before + 2 || ticks_now() < last)
			return false;
	}
	return true;
}

static bool queue_keeps_order(void)
{
	uint64_t slots[QUEUE_LENGTH], message;
	struct queue queue;

	queue_init(&queue, slots, QUEUE_LENGTH);
	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < QUEUE_LENGTH; i++)
			if (!queue_try_send(&queue, round * 10 + i))
				return false;
		if (queue_try_send(&queue, 99) || queue_send(&queue, 99, 1))
			return false;
		for (uint64_t i = 0; i < QUEUE_LENGTH; i++)
			if (!queue_receive(&queue, &message, 0) || message != round * 10 + i)
				return false;
		if (queue_receive(&queue, &message, 0) || queue_receive(&queue, &message, 1))
			return false;
	}
	return true;
}

static void receive_and_note(void *argument)
{
	uint64_t message;

	queue_receive(argument, &message, WAIT_FOREVER);
	note((char)message);
}

static bool queue_wakes_receiver(void)
{
	static uint64_t slots[QUEUE_LENGTH];
	static struct queue queue;

	queue_init(&queue, slots, QUEUE_LENGTH);
	task_create(&helper_a, HIGH, receive_and_note, &queue);
	note('1');
	queue_send(&queue, 'm', WAIT_FOREVER);
	note('2');
	return noted("1m2");
}

static void post_from_interrupt(void)
{
	semaphore_post(&semaphore);
	note('i'); /* the switch waits for the end of the interrupt */
}

static bool interrupt_wakes_task(void)
{
	semaphore_init(&semaphore, 0);
	port_attach_software(post_from_interrupt);
	task_create(&helper_a, HIGH, wait_and_note, (void *)'t');
	note('1');
	port_raise_software();
	while (order_length < 3) /* the bit may take some instructions to become an interrupt */
		;
	note('2');
	return noted("1it2");
}

static void wait_for_tick_in_interrupt(void)
{
	uint64_t before = ticks_now();

	while (ticks_now() == before)
		;
	note('n');
}

static bool interrupts_nest(void)
{
	port_attach_software(wait_for_tick_in_interrupt);
	port_raise_software();
	while (order_length < 1)
		;
	return noted("n") && kernel_statistics().deepest_nesting == 2;
}

static uint64_t busy_sum(uint64_t seed, uint64_t rounds)
{
	uint64_t sum = seed;

	for (uint64_t i = 0; i < rounds; i++)
		sum = sum * 6364136223846793005ul + i;
	return sum;
}

static volatile bool enough;
static volatile uint64_t wrong_sums, other_sum;

static void compute_below(void *expected)
{
	do {
		if (busy_sum(7, BUSY_ROUNDS) != (uint64_t)expected)
			wrong_sums++;
	} while (!enough);
	semaphore_post(&done);
}

/* A task that computes is preempted by this one at every tick and must not notice. */
static bool preemption_keeps_registers(void)
{
	semaphore_init(&done, 0);
	task_create(&helper_a, LOW, compute_below, (void *)busy_sum(7, BUSY_ROUNDS));
	for (uint64_t preemption = 0; preemption < PREEMPTIONS; preemption++) {
		task_delay(1);
		other_sum += busy_sum(preemption, OTHER_ROUNDS);
	}
	enough = true;
	semaphore_wait(&done, WAIT_FOREVER);
	return wrong_sums == 0;
}

static bool earliest_deadline_comes_first(void)
{
	static struct task_space helper_c;

	task_create_edf(&helper_a, 30, note_and_end, (void *)'c');
	task_create_edf(&helper_b, 10, note_and_end, (void *)'a');
	task_create_edf(&helper_c, 20, note_and_end, (void *)'b');
	note('1');
	task_delay(1);
	return noted("1abc");
}

static void post_and_delay(void *argument)
{
	uint64_t release = ticks_now();

	(void)argument;
	note('p');
	semaphore_post(&semaphore); /* the waiter's deadline is later than this one's: it waits */
	note('q');
	task_delay_until(&release, 20);
	note('r');
}

/* A job's end lets the later deadline run; two at the semaphore come by deadline. */
static bool deadlines_order_waiters(void)
{
	static struct task_space helper_c;

	semaphore_init(&semaphore, 0);
	task_create_edf(&helper_a, 40, wait_and_note, (void *)'a');
	task_create_edf(&helper_b, 30, wait_and_note, (void *)'b');
	task_delay(1);
	task_create_edf(&helper_c, 10, post_and_delay, NULL);
	task_delay(1);
	semaphore_post(&semaphore);
	task_delay(25);
	return noted("pqbar");
}

static bool band_is_for_deadlines_only(void)
{
	return !task_create(&helper_a, EDF_FIRST, note_and_end, (void *)'x') &&
	       !task_create_edf(&helper_a, 0, note_and_end, (void *)'x') && noted("");
}

static const struct {
	bool (*holds)(void);
	const char *name;
} tests[] = {
	{sets_find_highest, "sets find the highest"},
	{higher_task_runs_at_once, "a higher task runs at once"},
	{lower_task_waits, "a lower task waits"},
	{priority_is_taken_once, "a priority is taken once"},
	{highest_waiter_comes_first, "the highest waiter comes first"},
	{semaphore_counts, "a semaphore counts"},
	{wait_times_out, "a wait times out"},
	{delay_takes_its_ticks, "a delay takes its ticks"},
	{queue_keeps_order, "a queue keeps order"},
	{queue_wakes_receiver, "a queue wakes its receiver"},
	{interrupt_wakes_task, "an interrupt wakes a task"},
	{interrupts_nest, "interrupts nest"},
	{earliest_deadline_comes_first, "the earliest deadline comes first"},
	{deadlines_order_waiters, "deadlines order waiters"},
	{band_is_for_deadlines_only, "the band is for deadlines only"},
	/* The last: its helper has not ended yet. */
	{preemption_keeps_registers, "preemption keeps registers"},
};

const char *selftest(void)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (!tests[i].holds())
			return tests[i].name;
	return NULL;
}
