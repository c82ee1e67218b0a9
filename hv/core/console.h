/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One serial line, shared by all VMs. Guests write into the ring of their port; the housekeeping
 * work item on CPU 0 drains the rings into the UART, so a flood costs its producer alone. The VM in
 * focus is held back when its ring is full, the others lose their oldest output (counted). Ctrl-a
 * starts a command. The hypervisor's own lines are kept as format and arguments and rendered while
 * being sent.
 *
 * Locking: a port's lock covers its rings, log_lock the ring of lines; neither is held while
 * another is taken.
 */
#ifndef HV_CORE_CONSOLE_H
#define HV_CORE_CONSOLE_H

#include "lib/lock.h"
#include "lib/ring.h"
#include "lib/types.h"

struct vm;

#define PORT_TX_BYTES 512u
#define PORT_RX_BYTES 256u /* a pasted line; what does not fit is dropped */

struct console_port {
	struct lock lock;
	struct ring tx, rx;
	uint32_t lost; /* bytes overwritten while not shown */
	/* Input has arrived or room has been made: the device behind the port looks again. CPU 0.
	 */
	void (*notify)(struct vm *vm);
	uint8_t tx_bytes[PORT_TX_BYTES], rx_bytes[PORT_RX_BYTES];
};

/* The driver of the physical line, filled by the board. */
struct console_driver {
	uint32_t (*room)(void);  /* bytes that may be sent now */
	void (*send)(uint8_t c); /* precondition: room */
	bool (*receive)(uint8_t *c);
	/* Before waiting: interrupt on input and, if on, when there is room; also for what is there
	 * now. */
	void (*want_room)(bool on);
};

/* Empty rings; also for a restart. */
void console_port_init(struct console_port *port);
void console_init(const struct console_driver *driver);
/* CPU 0: one bounded step; whether there is more to do now. */
bool console_step(void);
/* CPU 0: the UART has interrupted. */
void console_interrupt(void);

/* Guest output, any CPU: returns how many bytes were taken; the rest must be sent again later. */
uint32_t console_write(struct vm *vm, const uint8_t *bytes, uint32_t count);
bool console_put(struct vm *vm, uint8_t c);
/* How many bytes console_write() takes now. */
uint32_t console_room(struct vm *vm);
/* Guest input, any CPU. */
bool console_get(struct vm *vm, uint8_t *c);
bool console_has_input(struct vm *vm);

/*
 * Hypervisor's own line, any CPU; see lib/print.h. At most CONSOLE_LINES wait to be shown, more are
 * dropped and counted.
 */
#define CONSOLE_LINES 16u
void console_log(const char *format, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
/* Shows state and exits of a VM. Any CPU. */
void console_report(const struct vm *vm);
/* All VMs have ended: switch the board off when everything has been shown. Any CPU. */
void console_off_when_shown(void);

#endif
