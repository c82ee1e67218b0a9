/* SPDX-License-Identifier: Apache-2.0 */
/* Running other programs. */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include <stdbool.h>

#define RUN_NOT_FOUND 127

/* Runs a program to its end (argv NULL-terminated, found by PATH); its exit status, 128+n by a
 * signal. */
int run_program(const char *const argv[], bool verbose);

/* The command as one could type it. */
const char *run_text(const char *const argv[]);

#endif
