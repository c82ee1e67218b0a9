/* SPDX-License-Identifier: Apache-2.0 */
/* One record of a trace as text: a line for people, an object for programs. */
#ifndef TOOL_TRACE_TEXT_H
#define TOOL_TRACE_TEXT_H

#include "trace_file.h"

#include <stdio.h>

/* "switch"; NULL if there is no such kind. */
const char *trace_kind_text(unsigned int kind);
/* False if there is no kind of that name. */
bool trace_kind_find(const char *text, unsigned int *kind);

/* The CPU's number in the system file. */
uint32_t trace_cpu(const struct trace *trace, uint32_t index);
const char *trace_who(const struct trace *trace, uint32_t vcpu);

void trace_print_text(const struct trace *trace, const struct trace_record *r, FILE *out);
void trace_print_json(const struct trace *trace, const struct trace_record *r, FILE *out);

/* Seconds with nine decimals, as in every output. */
void trace_print_time(uint64_t ns, FILE *out);
/* The same, "12ms" or "0.012"; NULL or what is wrong with the text. */
const char *trace_read_time(const char *text, uint64_t *ns);

#endif
