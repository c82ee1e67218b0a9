/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overwrites its own trap vectors, then faults: over illegal words in its own memory it traps
 * forever without leaving the guest; with the vectors outside its memory every fetch leaves it.
 */
#include "attack.h"

#ifndef VECTORS_NOWHERE
#define SLED 1024 /* nops before the illegal word: traps are what takes an emulator's time */
#define NOP  0x00000013

static uint32_t nothing[SLED + 1] __attribute__((aligned(4)));
#endif

void attack(void)
{
#ifdef VECTORS_NOWHERE
	announce("trap vector outside memory, faulting forever");
	csr_write(stvec, 0x40000000);
#else
	announce("trap vector on illegal words, faulting forever");
	for (int i = 0; i < SLED; i++)
		nothing[i] = NOP;
	fence_i();
	csr_write(stvec, nothing);
#endif
	__asm__ volatile(".word 0");
}
