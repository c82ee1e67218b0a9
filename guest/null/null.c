/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest guest: says when its first instruction ran, then idles (null-end: shuts down).
 * Natively the line says what firmware costs, under Partita what firmware and start cost.
 */
#include "csr.h"
#include "print.h"
#include "sbi.h"

/* Filled by crt0.S (STAMP_ENTRY) from the first three instructions. */
struct {
	uint64_t instret;
	uint64_t cycle;
	uint64_t time;
} entry_stamp;

void guest_main(void);

void guest_main(void)
{
	print("null: first instruction at instret %lu cycle %lu time %lu\n", entry_stamp.instret,
	      entry_stamp.cycle, entry_stamp.time);
#ifdef NULL_ENDS
	shutdown();
#endif
	for (;;)
		wfi();
}
