/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"
#include "mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct diag_entry {
	struct diag_entry *next;
	struct place at;
	const char *text;
};

/* Whether an error at `a` is printed before one at `b`; the whole file (line 0) comes last. */
static bool place_before(struct place a, struct place b)
{
	if (!a.line || !b.line)
		return a.line && !b.line;
	return a.line < b.line || (a.line == b.line && a.col < b.col);
}

void diag_error(struct diag *diag, struct place at, const char *format, ...)
{
	struct diag_entry *entry = mem_zero(sizeof(*entry));
	struct diag_entry **link = &diag->first;
	va_list args;

	va_start(args, format);
	entry->text = mem_vprintf(format, args);
	va_end(args);
	entry->at = at;
	while (*link && !place_before(at, (*link)->at))
		link = &(*link)->next;
	entry->next = *link;
	*link = entry;
	diag->errors++;
}

bool diag_colour(FILE *out)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_colour && *no_colour)
		return false;
	if (!term || !strcmp(term, "dumb"))
		return false;
	return isatty(fileno(out));
}

void diag_print(const struct diag *diag, FILE *out)
{
	bool colour = diag_colour(out);
	const char *bold = colour ? "\033[1m" : "", *red = colour ? "\033[1;31m" : "";
	const char *plain = colour ? "\033[0m" : "";

	for (const struct diag_entry *entry = diag->first; entry; entry = entry->next) {
		if (entry->at.line)
			fprintf(out, "%s%s:%d:%d:%s", bold, diag->file, entry->at.line,
				entry->at.col, plain);
		else
			fprintf(out, "%s%s:%s", bold, diag->file, plain);
		fprintf(out, " %serror:%s %s\n", red, plain, entry->text);
	}
	if (diag->errors)
		fprintf(out, "%zu error%s; nothing was built\n", diag->errors,
			diag->errors == 1 ? "" : "s");
}
