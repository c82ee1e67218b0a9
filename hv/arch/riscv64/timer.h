/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RISCV64_TIMER_H
#define RISCV64_TIMER_H

#include "lib/types.h"

/* Once, before anything asks for time. Divides 128 bits: not for later use. */
void riscv_timer_init(uint32_t timebase_hz);

#endif
