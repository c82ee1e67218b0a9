/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include "attack.h"
#include "sbi.h"
#include "time.h"

#define EXECUTE_LIMIT_US 2000
#define COMPRESSED_RET   0x8082

void guest_main(void);

static uint16_t code[4] __attribute__((aligned(8)));

void announce(const char *what)
{
	print("attack " ATTACK_NAME ": %s\n", what);
}

void guest_main(void)
{
	announce("start");
	attack();
	announce("done");
	shutdown();
}

void tally_count(struct tally *tally, bool allowed)
{
	tally->tried++;
	if (!allowed)
		tally->refused++;
}

void tally_print(const struct tally *tally, const char *what)
{
	print("attack " ATTACK_NAME ": %s: %lu tried, %lu refused, %lu allowed\n", what,
	      tally->tried, tally->refused, tally->tried - tally->refused);
}

static uint64_t load(uint64_t address, uint64_t size)
{
	switch (size) {
	case 1:
		return *(volatile uint8_t *)address;
	case 2:
		return *(volatile uint16_t *)address;
	case 4:
		return *(volatile uint32_t *)address;
	default:
		return *(volatile uint64_t *)address;
	}
}

bool try_load(uint64_t address, uint64_t size, uint64_t *value)
{
	return guarded(load, address, size, value, NULL);
}

static uint64_t store_size;

static uint64_t store(uint64_t address, uint64_t value)
{
	switch (store_size) {
	case 1:
		*(volatile uint8_t *)address = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)address = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)address = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)address = value;
	}
	return 0;
}

bool try_store(uint64_t address, uint64_t size, uint64_t value)
{
	store_size = size;
	return guarded(store, address, value, NULL, NULL);
}

static void on_timer(struct trap_frame *frame)
{
	timer_set(TIMER_NEVER);
	if (!guard_abandon(frame))
		frame->status &= ~(uint64_t)SSTATUS_SPIE;
}

bool guarded_for(uint64_t limit_us, uint64_t (*function)(uint64_t, uint64_t), uint64_t a,
		 uint64_t b, struct fault *fault)
{
	bool survived;

	trap_hook = on_timer;
	timer_set(read_time() + limit_us * TICKS_PER_US);
	csr_write(sie, SIE_TIMER);
	interrupts_on();
	survived = guarded(function, a, b, NULL, fault);
	interrupts_off();
	csr_write(sie, 0);
	timer_set(TIMER_NEVER);
	return survived;
}

bool try_execute(uint64_t address)
{
	struct fault fault = {0};

	if (guarded_for(EXECUTE_LIMIT_US, (uint64_t(*)(uint64_t, uint64_t))address, 0, 0, &fault))
		return true;
	return fault.pc != (address & ~1ul) ||
	       (fault.cause != CAUSE_FETCH_ACCESS && fault.cause != CAUSE_FETCH_PAGE &&
		fault.cause != CAUSE_FETCH_MISALIGNED);
}

bool try_instruction(uint32_t instruction, uint64_t a0, uint64_t a1, uint64_t *result)
{
	bool compressed = (instruction & 3) != 3;

	code[0] = (uint16_t)instruction;
	code[1] = compressed ? COMPRESSED_RET : (uint16_t)(instruction >> 16);
	code[2] = COMPRESSED_RET;
	fence_i();
	return guarded((uint64_t(*)(uint64_t, uint64_t))(uint64_t)code, a0, a1, result, NULL);
}
