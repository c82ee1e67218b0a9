/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: collected in any order, printed once in the order of the file, in the form
 * `file:line:col: error: what is wrong; what would be right`.
 */
#ifndef TOOL_DIAG_H
#define TOOL_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* 1-based; line 0 means the file as a whole. */
struct place {
	int line, col;
};

struct diag_entry;

struct diag {
	const char *file;
	struct diag_entry *first;
	size_t errors;
};

void diag_error(struct diag *diag, struct place at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints every error in file order (those about the whole file last), then the count. */
void diag_print(const struct diag *diag, FILE *out);

/* True if `out` is a terminal and the user did not ask for plain text (NO_COLOR, TERM=dumb). */
bool diag_colour(FILE *out);

#endif
