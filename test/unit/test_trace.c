/* SPDX-License-Identifier: Apache-2.0 */
/* hv/core/unit_trace.c: what lies in a CPU's ring after records were written. */
#include <string.h>
#include "cmocka_all.h"
#include "host.h"
#include "core/table.h"
#include "core/trace.h"
#include "core/unit.h"
#include "core/work.h"
#include "world.h"

#define RECORDS 64u
#define CPUS    2u

static struct table_header head;
static struct cpu traced[CPUS];
static uint64_t memory[CPUS * TRACE_RING_BYTES(RECORDS) / 8 + 2];

static struct trace_ring *ring(uint32_t cpu)
{
	return (void *)((char *)memory + cpu * TRACE_RING_BYTES(RECORDS));
}

static const struct trace_record *slot(uint32_t cpu, uint64_t i)
{
	return (const struct trace_record *)(ring(cpu) + 1) + i;
}

/* Two CPUs with rings in a memory full of rubbish; the first one plays. */
static void begin(uint32_t mode, bool on)
{
	power_off();
	host_reset();
	memset(memory, 0xa5, sizeof(memory));
	memset(traced, 0, sizeof(traced));
	head = (struct table_header){.trace_phys = on ? (uint64_t)memory : 0,
				     .trace_records = RECORDS,
				     .trace_mode = mode};
	table = &head;
	for (uint32_t i = 0; i < CPUS; i++) {
		traced[i].index = i;
		for_each_unit(u) if (!strcmp((*u)->name, "trace"))(*u)->cpu_init(&traced[i]);
	}
	host_cpu = &traced[0];
}

static void a_record_lies_in_the_ring_as_the_header_says(void **state)
{
	/* REQ: OPS-3. Given rings, when a hook is passed, then its numbers, clock and CPU are in
	 * the ring of this CPU, counted, and nothing is in the others'. */
	(void)state;
	begin(TRACE_MODE_NEWEST, true);
	host_cpu = &traced[1];
	host_now = 123456789;
	trace(TRACE_MISS, 63, 0xfedcba98, 0x123456789abcdef0);
	assert_int_equal(ring(1)->magic, TRACE_MAGIC);
	assert_int_equal(ring(1)->version, TRACE_VERSION);
	assert_int_equal(ring(1)->cpu, 1);
	assert_int_equal(ring(1)->records, RECORDS);
	assert_int_equal(ring(1)->record_bytes, sizeof(struct trace_record));
	assert_int_equal(ring(1)->mode, TRACE_MODE_NEWEST);
	assert_int_equal(ring(1)->written, 1);
	assert_int_equal(slot(1, 0)->time_ns, 123456789);
	assert_int_equal(slot(1, 0)->kind, TRACE_MISS);
	assert_int_equal(slot(1, 0)->vcpu, 63);
	assert_int_equal(slot(1, 0)->detail, 0xfedcba98);
	assert_int_equal(slot(1, 0)->value, 0x123456789abcdef0);
	assert_int_equal(slot(1, 0)->cpu, 1);
	assert_int_equal(ring(0)->written, 0);
	assert_int_equal(slot(0, 0)->time_ns, 0xa5a5a5a5a5a5a5a5);
}

static void nobody_and_work_keep_their_numbers(void **state)
{
	(void)state;
	begin(TRACE_MODE_NEWEST, true);
	trace(TRACE_INTERRUPT, TRACE_NOBODY, 7, 0);
	trace(TRACE_WAKE, TRACE_WORK, 0, 9);
	assert_int_equal(slot(0, 0)->vcpu, TRACE_NOBODY);
	assert_int_equal(slot(0, 1)->vcpu, TRACE_WORK);
}

static void newest_records_overwrite_the_oldest(void **state)
{
	/* REQ: OPS-3. Given mode newest, when more is recorded than there is room for, then the
	 * newest are there, each in its slot, and the memory behind the ring is untouched. */
	uint64_t written = 5 * RECORDS + 7;

	(void)state;
	begin(TRACE_MODE_NEWEST, true);
	host_cpu = &traced[1];
	for (uint64_t i = 0; i < written; i++)
		trace(TRACE_RELEASE, 1, (uint32_t)i, i);
	assert_int_equal(ring(1)->written, written);
	for (uint64_t i = written - RECORDS; i < written; i++)
		assert_int_equal(slot(1, i % RECORDS)->value, i);
	assert_int_equal(memory[CPUS * TRACE_RING_BYTES(RECORDS) / 8], 0xa5a5a5a5a5a5a5a5);
}

static void first_records_stay_and_recording_ends(void **state)
{
	/* REQ: OPS-3. Given mode first, when the ring is full, then nothing more is written and
	 * the hook is off; the other CPU goes on. */
	(void)state;
	begin(TRACE_MODE_FIRST, true);
	for (uint64_t i = 0; i < 3 * RECORDS; i++) {
		trace(TRACE_RELEASE, 1, 0, i);
		trace_switch((uint32_t)i & 1);
	}
	assert_int_equal(ring(0)->written, RECORDS);
	assert_int_equal(slot(0, 0)->value, 0);
	assert_int_equal(slot(0, RECORDS - 2)->value, RECORDS / 2 - 1);
	assert_null(traced[0].trace);
	host_cpu = &traced[1];
	trace(TRACE_RELEASE, 1, 0, 0);
	assert_int_equal(ring(1)->written, 1);
}

static void a_switch_says_who_ran_before_and_none_goes_to_oneself(void **state)
{
	/* REQ: OPS-3 */
	static const uint32_t to[] = {3, 3, TRACE_NOBODY, TRACE_NOBODY, TRACE_WORK, 3, 4, 4};
	static const uint32_t seen[] = {TRACE_NOBODY, 3, TRACE_NOBODY, TRACE_WORK, 3, 4};

	(void)state;
	begin(TRACE_MODE_NEWEST, true);
	trace_switch(TRACE_NOBODY);
	for (unsigned i = 0; i < 8; i++)
		trace_switch(to[i]);
	assert_int_equal(ring(0)->written, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(slot(0, i)->kind, TRACE_SWITCH);
		assert_int_equal(slot(0, i)->detail, seen[i]);
		assert_int_equal(slot(0, i)->vcpu, seen[i + 1]);
	}
}

static void nothing_happens_without_room_for_rings(void **state)
{
	/* REQ: OPS-3. Given a table without trace, when hooks are passed, then no memory is
	 * written and nobody observes the scheduler. */
	(void)state;
	begin(TRACE_MODE_NEWEST, false);
	trace(TRACE_RELEASE, 1, 0, 0);
	trace_switch(1);
	assert_null(traced[0].trace);
	assert_null(traced[0].sched.observe);
	for (unsigned i = 0; i < sizeof(memory) / 8; i++)
		assert_int_equal(memory[i], 0xa5a5a5a5a5a5a5a5);
}

static void what_the_scheduler_tells_becomes_records(void **state)
{
	/* REQ: OPS-3. Given the observer of a CPU's scheduler, when it is told of events, then a
	 * release is two records (with the deadline), and each other event is one. */
	static struct vcpu v = {.index = 5, .entity = {.kind = ENTITY_VCPU, .due = 900, .late = 4}};
	static struct sched_entity work = {.kind = ENTITY_WORK};
	struct sched_cpu *c = &traced[0].sched;
	static const struct {
		uint32_t kind, vcpu, detail, value;
	} expected[] = {
		{TRACE_RELEASE, 5, 0, 100},       {TRACE_DEADLINE, 5, 0, 900},
		{TRACE_BUDGET, 5, 0, 200},        {TRACE_MISS, 5, 4, 300},
		{TRACE_WAKE, TRACE_WORK, 0, 400}, {TRACE_PLAN, TRACE_NOBODY, 3, 500},
	};

	(void)state;
	begin(TRACE_MODE_NEWEST, true);
	c->plan = 3;
	sched_tell(c, &v.entity, SCHED_EV_RELEASE, 100);
	sched_tell(c, &v.entity, SCHED_EV_BUDGET, 200);
	sched_tell(c, &v.entity, SCHED_EV_MISS, 300);
	sched_tell(c, &work, SCHED_EV_WAKE, 400);
	sched_tell(c, NULL, SCHED_EV_PLAN, 500);
	assert_int_equal(ring(0)->written, 6);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(slot(0, i)->kind, expected[i].kind);
		assert_int_equal(slot(0, i)->vcpu, expected[i].vcpu);
		assert_int_equal(slot(0, i)->detail, expected[i].detail);
		assert_int_equal(slot(0, i)->value, expected[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_lies_in_the_ring_as_the_header_says),
		cmocka_unit_test(nobody_and_work_keep_their_numbers),
		cmocka_unit_test(newest_records_overwrite_the_oldest),
		cmocka_unit_test(first_records_stay_and_recording_ends),
		cmocka_unit_test(a_switch_says_who_ran_before_and_none_goes_to_oneself),
		cmocka_unit_test(nothing_happens_without_room_for_rings),
		cmocka_unit_test(what_the_scheduler_tells_becomes_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
