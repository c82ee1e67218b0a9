/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as it is written: one key a line, in the order of the calls. */
#ifndef TOOL_ANALYSE_JSON_H
#define TOOL_ANALYSE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	int depth;
	bool follows; /* something stands before in this object or list */
	bool row;     /* in a list on one line */
};

/* key NULL: inside a list, or the whole document. */
void json_object(struct json *j, const char *key);
void json_list(struct json *j, const char *key);
/* A list of scalars, on one line. */
void json_row(struct json *j, const char *key);
void json_end(struct json *j, bool list);
void json_number(struct json *j, const char *key, uint64_t value);
/* UINT64_MAX is null. */
void json_time(struct json *j, const char *key, uint64_t ns);
void json_bool(struct json *j, const char *key, bool value);
/* NULL is null. */
void json_text(struct json *j, const char *key, const char *text);
/* A ratio, six digits. */
void json_ratio(struct json *j, const char *key, uint64_t ppm);

#endif
