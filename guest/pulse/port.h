/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel needs of the machine. */
#ifndef PULSE_PORT_H
#define PULSE_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include "csr.h"

#define FIRST_FRAME_WORDS 14 /* what port_switch pops: ra, s0-s11, padding */

/* Critical sections nest: each restores what it found. */
static inline bool critical_enter(void)
{
	return interrupts_off();
}

static inline void critical_exit(bool were_on)
{
	if (were_on)
		interrupts_on();
}

/* Leaves the running context in *save and continues the other; interrupts off. */
void port_switch(void **save, void *load);

/* Puts a frame on a new stack from which port_switch enters function(argument). */
void *port_new_stack(uint64_t *top, void (*function)(void *), void *argument);

/* Vectors, timer, interrupt controller, for this hart; interrupts stay off. */
void port_init(uint64_t hart);
void port_start_tick(void);

/* Of the clock, in its own ticks, since the kernel's tick 0. */
uint64_t port_time_since_start(void);

/* A device interrupt's handler; runs with interrupts on. */
void port_attach(uint32_t source, void (*handler)(void));

/* Raises the software interrupt, whose handler is on_software(). */
void port_attach_software(void (*on_software)(void));
void port_raise_software(void);

#endif
