/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PULSE_CONSOLE_H
#define PULSE_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#define CONSOLE_LINE_BYTES 160

/* Receive interrupt on; before kernel_start(). */
void console_init(void);

/* Sends a line; tasks take turns by the line. */
void console_write(const char *line);

/* Waits for the next received byte. */
char console_read(void);

uint64_t console_dropped(void);

#endif
