/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overwrites its own trap vectors, then faults: over illegal words in its own memory it traps
 * forever without leaving the guest; with the vectors outside its memory every fetch leaves it.
 */
#include "attack.h"

static uint32_t nothing[16] __attribute__((aligned(4)));

void attack(void)
{
#ifdef VECTORS_NOWHERE
	announce("trap vector outside memory, faulting forever");
	csr_write(stvec, 0x40000000);
#else
	announce("trap vector on illegal words, faulting forever");
	csr_write(stvec, nothing);
#endif
	__asm__ volatile(".word 0");
	(void)nothing;
}
