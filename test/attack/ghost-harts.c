/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts harts that do not exist, harts that run already, and harts at addresses that are not its
 * own; sends interrupts and fences to harts beyond its own.
 */
#include <stddef.h>
#include "attack.h"
#include "sbi.h"

#define HARTS_MAX 64
#define ALL_HARTS UINT64_MAX

static const uint64_t ghosts[] = {1,
				  64,
				  65,
				  255,
				  4096,
				  1ul << 31,
				  (1ul << 32) - 1,
				  1ul << 32,
				  1ul << 63,
				  UINT64_MAX - 1,
				  UINT64_MAX};
static const uint64_t addresses[] = {0,          1,         FIRMWARE,  BEYOND_OWN,
				     0x10000000, 1ul << 41, 1ul << 63, UINT64_MAX};

static const struct {
	uint64_t mask;
	uint64_t base;
} masks[] = {
	{0, 0}, {0, 5},  {UINT64_MAX, 0}, {1ul << 63, 0},      {2, 0},
	{1, 1}, {1, 64}, {1, 1ul << 63},  {3, UINT64_MAX - 1}, {UINT64_MAX, 1ul << 32},
};

static void say(const char *what, uint64_t a, uint64_t b, struct sbi_result result)
{
	print("attack " ATTACK_NAME ": %s %lx %lx: error %ld value %lx\n", what, a, b, result.error,
	      result.value);
}

static void call_hsm(const char *what, uint64_t function, uint64_t hart, uint64_t address)
{
	say(what, hart, address, sbi_call3(SBI_HSM, function, hart, address, 0));
}

static void start_ghosts(void)
{
	for (size_t i = 0; i < sizeof(ghosts) / sizeof(ghosts[0]); i++) {
		call_hsm("start", SBI_HSM_START, ghosts[i], OWN_MEMORY);
		call_hsm("status", SBI_HSM_STATUS, ghosts[i], 0);
	}
}

static void stop_at_once(uint64_t hart)
{
	(void)hart;
	hart_stop();
}

/* Where the VM has a second hart; otherwise one more ghost. */
static void start_twice(uint64_t hart)
{
	static uint8_t stacks[4096] __attribute__((aligned(16)));
	static const struct hart_start start = {stacks + 2048, stacks + 4096, stop_at_once};

	print("attack " ATTACK_NAME ": start %lx: error %ld\n", hart, hart_start(hart, &start));
	print("attack " ATTACK_NAME ": again: error %ld\n", hart_start(hart, &start));
}

static void start_self(void)
{
	uint64_t self;

	__asm__("mv %0, tp" : "=r"(self));
	call_hsm("start self", SBI_HSM_START, self, OWN_MEMORY);
	start_twice(self + 1);
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		call_hsm("start self", SBI_HSM_START, self, addresses[i]);
		call_hsm("start next", SBI_HSM_START, self + 1, addresses[i]);
	}
}

static void count_harts(void)
{
	uint64_t harts = 0;

	for (uint64_t hart = 0; hart < HARTS_MAX; hart++)
		if (sbi_call3(SBI_HSM, SBI_HSM_STATUS, hart, 0, 0).error == SBI_SUCCESS)
			harts++;
	print("attack " ATTACK_NAME ": %lu harts of its own\n", harts);
}

static void send_beyond(void)
{
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		uint64_t mask = masks[i].mask, base = masks[i].base;

		say("ipi", mask, base, sbi_call3(SBI_IPI, SBI_IPI_SEND, mask, base, 0));
		say("fence.i", mask, base,
		    sbi_call3(SBI_RFENCE, SBI_RFENCE_FENCE_I, mask, base, 0));
		say("sfence.vma", mask, base,
		    sbi_call(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA, mask, base, 0, UINT64_MAX, 0, 0));
		say("hfence.gvma", mask, base, sbi_call(SBI_RFENCE, 4, mask, base, 0, 1, 0, 0));
	}
	say("ipi", 0, ALL_HARTS, sbi_call3(SBI_IPI, SBI_IPI_SEND, 0, ALL_HARTS, 0));
	csr_clear(sip, SIE_SOFTWARE);
}

void attack(void)
{
	count_harts();
	start_ghosts();
	send_beyond();
	start_self();
}
