/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDK_PRINT_H
#define SDK_PRINT_H

#include <stddef.h>

/*
 * A printf for the console: %s %c %d %u %x with optional l, and %%. No widths. Lines of several
 * harts do not mix. A trap handler may print only if what it interrupts never does.
 */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);

/* The same into a buffer, cut off if too long, always terminated. */
__attribute__((format(printf, 3, 4))) void print_into(char *buffer, size_t size, const char *format,
						      ...);

#endif
