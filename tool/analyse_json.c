/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse_json.h"

#include <inttypes.h>

static void begin(struct json *j, const char *key)
{
	if (j->row)
		fputs(j->follows ? ", " : "", j->out);
	else if (j->depth)
		fprintf(j->out, "%s\n%*s", j->follows ? "," : "", 2 * j->depth, "");
	if (key)
		fprintf(j->out, "\"%s\": ", key);
	j->follows = true;
}

static void open(struct json *j, const char *key, char bracket)
{
	begin(j, key);
	fputc(bracket, j->out);
	j->depth++;
	j->follows = false;
}

void json_object(struct json *j, const char *key)
{
	open(j, key, '{');
}

void json_list(struct json *j, const char *key)
{
	open(j, key, '[');
}

void json_row(struct json *j, const char *key)
{
	open(j, key, '[');
	j->row = true;
}

void json_end(struct json *j, bool list)
{
	j->depth--;
	if (j->follows && !j->row)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	fputc(list ? ']' : '}', j->out);
	j->row = false;
	j->follows = true;
	if (!j->depth)
		fputc('\n', j->out);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	begin(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void json_time(struct json *j, const char *key, uint64_t ns)
{
	begin(j, key);
	if (ns == UINT64_MAX)
		fputs("null", j->out);
	else
		fprintf(j->out, "%" PRIu64, ns);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin(j, key);
	fputs(value ? "true" : "false", j->out);
}

void json_text(struct json *j, const char *key, const char *text)
{
	begin(j, key);
	if (!text) {
		fputs("null", j->out);
		return;
	}
	fputc('"', j->out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(j->out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(j->out, "\\u%04x", (unsigned char)*text);
		else
			fputc(*text, j->out);
	}
	fputc('"', j->out);
}

void json_ratio(struct json *j, const char *key, uint64_t ppm)
{
	begin(j, key);
	fprintf(j->out, "%" PRIu64 ".%06" PRIu64, ppm / 1000000, ppm % 1000000);
}
