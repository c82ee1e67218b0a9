/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatted text, one character at a time: whoever logs stores the format and its arguments (a few
 * stores), whoever shows the line asks for the next character when there is room. Strings given as
 * arguments must live for ever.
 */
#ifndef HV_LIB_PRINT_H
#define HV_LIB_PRINT_H

#include "lib/types.h"

#define PRINT_ARGS 5

struct print_job {
	const char *format; /* NULL: nothing to print */
	uint64_t args[PRINT_ARGS];
	const char *string; /* argument being printed */
	uint8_t next_arg;
	uint8_t digit_count;
	char digits[20];
};

/*
 * The next character, or -1 at the end. Understood: %s (const char *), %u (decimal), %x
 * (hexadecimal, no prefix), %%; every argument is a uint64_t. At most 200 instructions.
 */
int print_next(struct print_job *job);

#endif
