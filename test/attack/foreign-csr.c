/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes every register number there is, executes every privileged instruction, and goes
 * through the interrupt file's indirect registers. Registers of its own that it needs to survive
 * get their own value back.
 */
#include <stddef.h>
#include "attack.h"

#define CSRS               4096
#define CSR_STVEC          0x105
#define CSR_SSCRATCH       0x140
#define CSR_SSTATUS        0x100
#define CSR_SATP           0x180
#define CSR_VSSTATUS       0x200
#define CSR_SISELECT       0x150
#define INDIRECT_REGISTERS 0x200

/* a0 <- csr; csr <- a1, old value to a0; set and clear bits of a1. */
#define CSRRS_A0_ZERO(csr) ((uint32_t)(csr) << 20 | 0x00002573)
#define CSRRW_A0_A1(csr)   ((uint32_t)(csr) << 20 | 0x00059573)
#define CSRRS_A0_A1(csr)   ((uint32_t)(csr) << 20 | 0x0005a573)
#define CSRRC_A0_A1(csr)   ((uint32_t)(csr) << 20 | 0x0005b573)
#define CSRRWI_A0_31(csr)  ((uint32_t)(csr) << 20 | 0x000fd573)

struct level {
	const char *name;
	struct tally read;
	struct tally write;
};

/* By bits 9:8 of the number: the privilege a register asks for. */
static struct level levels[4] = {
	{.name = "user"}, {.name = "supervisor"}, {.name = "hypervisor"}, {.name = "machine"}};

/* An all-ones value would take away what this program stands on. */
static bool needed(unsigned int csr)
{
	return csr == CSR_STVEC || csr == CSR_SSCRATCH || csr == CSR_SSTATUS || csr == CSR_SATP;
}

static void try_csr(unsigned int csr)
{
	struct level *level = &levels[csr >> 8 & 3];
	uint64_t value = 0;
	bool readable = try_instruction(CSRRS_A0_ZERO(csr), 0, 0, &value);

	tally_count(&level->read, readable);
	if (needed(csr)) {
		try_instruction(CSRRS_A0_A1(csr), 0, 0, NULL);
		return;
	}
	tally_count(&level->write, try_instruction(CSRRS_A0_A1(csr), 0, UINT64_MAX, NULL));
	tally_count(&level->write, try_instruction(CSRRC_A0_A1(csr), 0, UINT64_MAX, NULL));
	tally_count(&level->write, try_instruction(CSRRWI_A0_31(csr), 0, 0, NULL));
	tally_count(&level->write, try_instruction(CSRRW_A0_A1(csr), 0, value, NULL));
}

static void try_all_csrs(void)
{
	char what[40];

	for (unsigned int csr = 0; csr < CSRS; csr++)
		try_csr(csr);
	for (int i = 0; i < 4; i++) {
		print_into(what, sizeof(what), "%s registers read", levels[i].name);
		tally_print(&levels[i].read, what);
		print_into(what, sizeof(what), "%s registers written", levels[i].name);
		tally_print(&levels[i].write, what);
	}
}

/* The interrupt file of its own hart, if it has one; no other must be reachable through it. */
static void try_indirect(void)
{
	static const uint32_t write_select = CSRRW_A0_A1(CSR_SISELECT);
	struct tally tally = {0};

	for (uint64_t select = 0; select < INDIRECT_REGISTERS; select++) {
		for (unsigned int alias = 1; alias < 8; alias++) {
			unsigned int csr = CSR_SISELECT + alias;

			try_instruction(write_select, 0, select, NULL);
			tally_count(&tally, try_instruction(CSRRS_A0_A1(csr), 0, UINT64_MAX, NULL));
			tally_count(&tally, try_instruction(CSRRC_A0_A1(csr), 0, UINT64_MAX, NULL));
		}
	}
	tally_print(&tally, "indirect registers");
}

/* With a0 as address, a1 as value. sret and ebreak are left out: they are a guest's right. */
static const struct {
	const char *name;
	uint32_t word;
} instructions[] = {
	{"mret", 0x30200073},        {"dret", 0x7b200073},
	{"mnret", 0x70200073},       {"sfence.vma", 0x12050073},
	{"sinval.vma", 0x16b50073},  {"sfence.w.inval", 0x18000073},
	{"hfence.vvma", 0x22b50073}, {"hfence.gvma", 0x62b50073},
	{"hinval.vvma", 0x26b50073}, {"hinval.gvma", 0x66b50073},
	{"hlv.b", 0x60054573},       {"hlv.d", 0x6c054573},
	{"hlvx.hu", 0x64354573},     {"hlvx.wu", 0x68354573},
	{"hsv.b", 0x62b54073},       {"hsv.d", 0x6eb54073},
	{"cbo.inval", 0x0005200f},   {"cbo.clean", 0x0015200f},
	{"cbo.flush", 0x0025200f},   {"cbo.zero", 0x0045200f},
	{"wrs.sto", 0x01d00073},     {"pause", 0x0100000f},
	{"fence.i", 0x0000100f},     {"custom-0", 0x0000000b},
	{"custom-3", 0x0000007b},    {"reserved SYSTEM", 0xff500073},
};

static uint64_t own_block[64] __attribute__((aligned(512)));

static void try_instructions(void)
{
	for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++) {
		bool allowed = try_instruction(instructions[i].word, (uint64_t)own_block, 0, NULL);

		print("attack " ATTACK_NAME ": %s %s\n", instructions[i].name,
		      allowed ? "allowed" : "refused");
	}
}

void attack(void)
{
	try_instructions();
	try_indirect();
	try_all_csrs();
}
