/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only in images built with HV_EXTRA=-DMEASURE: the longest stretch of hypervisor execution between
 * two points at which an interrupt is taken or looked for, in instructions (rdinstret; one hart).
 */
#ifndef RISCV64_MEASURE_H
#define RISCV64_MEASURE_H

#ifdef MEASURE
#include "lib/types.h"

/* A stretch ends here and the next one begins. */
void measure_point(void);
/* A stretch begins here (what was before was a wait). */
void measure_restart(void);
void measure_report(void);
#else
static inline void measure_point(void)
{
}
static inline void measure_restart(void)
{
}
static inline void measure_report(void)
{
}
#endif

#endif
