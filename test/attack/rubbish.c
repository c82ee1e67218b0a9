/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executes random words with random registers, the same ones in every run. Each word lies in a
 * field of breakpoints wide enough for every branch, so that only jumps through registers leave
 * it. Left out are instructions that would end the experiment rather than the hypervisor: those
 * that write the registers which bring this program back.
 */
#include "attack.h"
#include "csr.h"
#include "random.h"
#include "time.h"

#define WORDS         20000
#define LIMIT_US      2000 /* without -icount, translating takes most of it */
#define FIELD_BYTES   12288
#define FIELD_MIDDLE  (FIELD_BYTES / 2)
#define SCRATCH_BYTES 8192
#define C_EBREAK      0x9002
#define OPCODE_MASK   0x7f
#define OPCODE_JAL    0x6f
#define OPCODE_JALR   0x67
#define OPCODE_SYSTEM 0x73
#define ECALL         0x00000073
#define JAL_NEAR      0x7fe00fff /* the bits of a jump of at most 2 KiB forward */
#define CAUSES        64

static uint16_t field[FIELD_BYTES / 2] __attribute__((aligned(4096)));
static uint8_t scratch[SCRATCH_BYTES] __attribute__((aligned(4096)));
static uint64_t registers[32];
static uint64_t seed = 0x5eed;
static uint64_t exceptions[CAUSES];
static uint64_t timeouts;

void rubbish_enter(uint64_t registers_and_target[32]);

static const uint32_t opcodes[] = {0x03, 0x07, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x27, 0x2f, 0x33,
				   0x37, 0x3b, 0x43, 0x53, 0x57, 0x63, 0x67, 0x6f, 0x73};

static uint32_t random_word(void)
{
	uint64_t random = random_next(&seed);
	uint32_t word = (uint32_t)random;

	if (random >> 62 == 0)
		word = (word & ~(uint32_t)OPCODE_MASK) |
		       opcodes[(random >> 32) % (sizeof(opcodes) / sizeof(opcodes[0]))];
	if ((word & OPCODE_MASK) == OPCODE_JAL)
		word &= JAL_NEAR;
	return word;
}

/* sstatus, sie, stvec, scounteren, sscratch, stimecmp, satp; SBI has an attack of its own. */
static bool ends_experiment(uint32_t word)
{
	uint32_t csr = word >> 20;

	if ((word & OPCODE_MASK) != OPCODE_SYSTEM)
		return false;
	if (word == ECALL)
		return true;
	return csr == 0x100 || csr == 0x104 || csr == 0x105 || csr == 0x106 || csr == 0x140 ||
	       csr == CSR_STIMECMP || csr == 0x180;
}

static bool jumps_through_register(uint32_t word)
{
	if ((word & 3) == 3)
		return (word & OPCODE_MASK) == OPCODE_JALR;
	return (word & 3) == 2 && (word >> 13 & 7) == 4;
}

static uint64_t random_register(bool plausible)
{
	uint64_t random = random_next(&seed);

	if (!plausible)
		return random;
	switch (random >> 61) {
	case 0:
		return (uint64_t)scratch + SCRATCH_BYTES / 2;
	case 1:
		return (uint64_t)scratch + SCRATCH_BYTES / 2 + (random & 0xff);
	case 2:
		return FIRMWARE + (random & 0xffff);
	case 3:
		return PLIC_BASE + (random & 0x3fffff);
	case 4:
		return random & 0xff;
	case 5:
		return BEYOND_OWN + (random & 0xffffff);
	default:
		return random;
	}
}

static void prepare(uint32_t word)
{
	bool plausible = !jumps_through_register(word);

	for (int half = 0; half < FIELD_BYTES / 2; half++)
		field[half] = C_EBREAK;
	field[FIELD_MIDDLE / 2] = (uint16_t)word;
	if ((word & 3) == 3)
		field[FIELD_MIDDLE / 2 + 1] = (uint16_t)(word >> 16);
	for (int r = 1; r < 31; r++)
		registers[r] = random_register(plausible);
	registers[31] = (uint64_t)field + FIELD_MIDDLE;
	fence_i();
}

static uint64_t enter(uint64_t a, uint64_t b)
{
	(void)a;
	(void)b;
	rubbish_enter(registers);
	return 0;
}

static void try_word(uint32_t word)
{
	struct fault fault = {0};

	prepare(word);
	guarded_for(LIMIT_US, enter, 0, 0, &fault);
	if (fault.cause & CAUSE_INTERRUPT)
		timeouts++;
	else if (fault.cause < CAUSES)
		exceptions[fault.cause]++;
}

void attack(void)
{
	for (int i = 0; i < WORDS; i++) {
		uint32_t word = random_word();

		if (!ends_experiment(word))
			try_word(word);
	}
	for (int cause = 0; cause < CAUSES; cause++)
		if (exceptions[cause])
			print("attack " ATTACK_NAME ": cause %d: %lu times\n", cause,
			      exceptions[cause]);
	print("attack " ATTACK_NAME ": %lu timeouts\n", timeouts);
}
