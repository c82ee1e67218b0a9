/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From its own user mode: system calls must reach this guest's kernel, never the hypervisor;
 * privileged instructions, registers and foreign memory are as forbidden as anywhere.
 */
#include <stddef.h>
#include "attack.h"
#include "sbi.h"
#include "trap.h"

#define ECALL 0x00000073

uint64_t user_enter(uint64_t pc, uint64_t a0);

static uint32_t code[4] __attribute__((aligned(16)));

static const struct {
	const char *name;
	uint32_t word;
	uint64_t a0;
	bool is_right; /* of any user program */
} attempts[] = {
	{"nop", 0x00000013, 0, true},
	{"ecall", ECALL, 0, true},
	{"wfi", 0x10500073, 0, false},
	{"sret", 0x10200073, 0, false},
	{"mret", 0x30200073, 0, false},
	{"sfence.vma", 0x12000073, 0, false},
	{"hfence.gvma", 0x62000073, 0, false},
	{"hlv.d", 0x6c054573, OWN_MEMORY, false},
	{"hsv.d", 0x6eb54073, OWN_MEMORY, false},
	{"read sstatus", 0x10002573, 0, false},
	{"write satp", 0x18051073, UINT64_MAX, false},
	{"write stvec", 0x10551073, 0, false},
	{"write stimecmp", 0x14d51073, 0, false},
	{"read hgatp", 0x68002573, 0, false},
	{"write hstatus", 0x60051073, UINT64_MAX, false},
	{"read vsstatus", 0x20002573, 0, false},
	{"read mstatus", 0x30002573, 0, false},
	{"load firmware", 0x00053583, FIRMWARE, false},
	{"load beyond", 0x00053583, BEYOND_OWN, false},
	{"store firmware", 0x00b53023, FIRMWARE, false},
	{"store beyond", 0x00b53023, BEYOND_OWN, false},
	{"load nowhere", 0x00053583, 1ul << 45, false},
	{"jump beyond", 0x00050067, BEYOND_OWN, false},
};

static bool try_user(uint32_t word, uint64_t a0, struct fault *fault)
{
	code[0] = word;
	code[1] = ECALL;
	fence_i();
	*fault = (struct fault){0};
	guarded(user_enter, (uint64_t)code, a0, NULL, fault);
	return fault->cause == CAUSE_ECALL_USER;
}

void attack(void)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		struct fault fault;
		bool allowed = try_user(attempts[i].word, attempts[i].a0, &fault);

		print("attack " ATTACK_NAME ": %s %s, cause %lx value %lx\n", attempts[i].name,
		      allowed ? "allowed" : "refused", fault.cause, fault.value);
		wrong += allowed != attempts[i].is_right;
	}
	print("attack " ATTACK_NAME ": %d not as a guest with 2 MiB expects\n", wrong);
}
