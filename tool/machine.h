/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated board. */
#ifndef TOOL_MACHINE_H
#define TOOL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define EXIT_FAILURE_INSIDE 4
#define EXIT_TIMEOUT        124

struct machine {
	const char *image;
	uint32_t harts, ram_mib;
	bool icount, verbose;
	bool skip_idle; /* with icount: idle time is skipped, not waited for */
	unsigned int shift, timeout_s;
	const char *const *more; /* further options for QEMU, NULL-terminated */
	int memory;              /* an open file that is the board's memory; 0: none */
	/* Asked every 10 ms; true ends the machine well. NULL: nobody asks. */
	bool (*is_over)(void *argument);
	void *argument;
};

/* Runs the machine to its end; an exit code, messages printed. */
int machine_run(const struct machine *machine);

#endif
