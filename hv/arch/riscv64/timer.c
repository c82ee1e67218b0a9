/* SPDX-License-Identifier: Apache-2.0 */
/* Time and the hypervisor's comparator (Sstc: stimecmp is ours, vstimecmp the guest's). */
#include "riscv.h"
#include "timer.h"

#define NS_PER_S 1000000000ull

/* ns = ticks * ns_q32 >> 32; ticks = ns * ticks_q64 >> 64. Exact at 10 MHz until year 4 of uptime.
 */
static uint64_t ns_q32, ticks_q64, tick_ns;
static bool tick_is_exact; /* a whole number of ns */

void riscv_timer_init(uint32_t timebase_hz)
{
	uint64_t high, rest;

	ns_q32 = (NS_PER_S << 32) / timebase_hz;
	/* 2^64 * hz / 10^9 in two steps of 64 bits, rounded up */
	high = ((uint64_t)timebase_hz << 32) / NS_PER_S;
	rest = ((uint64_t)timebase_hz << 32) % NS_PER_S;
	ticks_q64 = (high << 32) + (rest << 32) / NS_PER_S + 1;
	tick_is_exact = NS_PER_S % timebase_hz == 0;
	tick_ns = (NS_PER_S + timebase_hz - 1) / timebase_hz;
}

ns_t arch_tick_ns(void)
{
	return tick_ns;
}

ns_t arch_ticks_to_ns(uint64_t ticks)
{
	unsigned __int128 ns = (unsigned __int128)ticks * ns_q32 >> 32;

	return ns >> 64 ? NS_NEVER : (ns_t)ns;
}

uint64_t arch_ns_to_ticks(ns_t when)
{
	if (when >= NS_NEVER - tick_ns)
		return UINT64_MAX;
	return (uint64_t)((unsigned __int128)(when + tick_ns - 1) * ticks_q64 >> 64);
}

ns_t arch_now(void)
{
	uint64_t ticks = csr_read(CSR_TIME);

	return likely(tick_is_exact) ? ticks * tick_ns : arch_ticks_to_ns(ticks);
}

void arch_timer_program(ns_t when)
{
	csr_write(CSR_STIMECMP, arch_ns_to_ticks(when));
}
