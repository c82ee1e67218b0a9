/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hostile guests share. Each tries what it must not, catches the exceptions it is given,
 * counts, and ends with `attack NAME: done` and a shutdown if it lives so long; a hypervisor may
 * also stop it at the first trespass. None of them expects to be allowed anything natively or
 * under Partita; the counts are printed for the test to judge.
 *
 * Their VMs have at most ATTACK_MEMORY_BYTES of memory, at the default address.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <stdbool.h>
#include <stdint.h>
#include "csr.h"
#include "print.h"
#include "trap.h"

#define OWN_MEMORY          0x80200000ul
#define ATTACK_MEMORY_BYTES (2ul << 20)
#define FIRMWARE            0x80000000ul
#define BEYOND_OWN          (OWN_MEMORY + ATTACK_MEMORY_BYTES)
#define PLIC_BASE           0x0c000000ul
#define APLIC_BASE          0x0d000000ul
#define IMSIC_BASE          0x28000000ul

/* The attack itself; attack.c calls it, then says done and shuts down. */
void attack(void);

/* How a series of attempts went; refused: it raised an exception. */
struct tally {
	uint64_t tried;
	uint64_t refused;
};

void tally_count(struct tally *tally, bool allowed);

/* `attack NAME: WHAT: N tried, N refused, N allowed` */
void tally_print(const struct tally *tally, const char *what);

/* One access of 1, 2, 4 or 8 bytes; whether it raised no exception. */
bool try_load(uint64_t address, uint64_t size, uint64_t *value);
bool try_store(uint64_t address, uint64_t size, uint64_t value);

/* Jumps there; true if an instruction could be fetched, whatever it did. Bounded in time. */
bool try_execute(uint64_t address);

/*
 * Executes one instruction (a 16-bit one if its low bits say so) with a0 and a1 as given; a0
 * afterwards in *result. It may destroy a0, a1 and t0-t6.
 */
bool try_instruction(uint32_t instruction, uint64_t a0, uint64_t a1, uint64_t *result);

/* guarded() that also ends after so long, should the function not come back. */
bool guarded_for(uint64_t limit_us, uint64_t (*function)(uint64_t, uint64_t), uint64_t a,
		 uint64_t b, struct fault *fault);

/* Says what is tried now. */
void announce(const char *what);

#endif
