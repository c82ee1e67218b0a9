/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/print.h"

static void start_number(struct print_job *job, uint64_t value, unsigned base)
{
	do {
		job->digits[job->digit_count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
}

/* Takes the directive behind '%'. */
static void start_directive(struct print_job *job, char kind)
{
	uint64_t value = job->next_arg < PRINT_ARGS ? job->args[job->next_arg++] : 0;

	if (kind == 's')
		job->string = (const char *)value;
	else
		start_number(job, value, kind == 'x' ? 16 : 10);
}

int print_next(struct print_job *job)
{
	for (;;) {
		char c;

		if (job->digit_count)
			return job->digits[--job->digit_count];
		if (job->string && *job->string)
			return *job->string++;
		job->string = NULL;
		c = *job->format;
		if (!c)
			return -1;
		job->format++;
		if (c != '%')
			return c;
		c = *job->format;
		if (c)
			job->format++;
		if (c != 's' && c != 'u' && c != 'x')
			return '%';
		start_directive(job, c);
	}
}
