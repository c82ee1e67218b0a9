/* SPDX-License-Identifier: Apache-2.0 */
/* Reading single values, each with its own message. */
#include "file.h"
#include "keys.h"
#include "mem.h"
#include "suggest.h"
#include "units.h"

#include <errno.h>
#include <string.h>

const char *node_name(const struct node *node)
{
	return node->key ? mem_printf("'%s'", node->key->text) : "this entry";
}

bool read_text(struct reader *reader, const struct node *value, const char **text)
{
	if (value->kind != NODE_TEXT) {
		diag_error(reader->diag, value->at, "%s is a %s; write a single value",
			   node_name(value), value->kind == NODE_MAP ? "map" : "list");
		return false;
	}
	if (node_is_empty(value)) {
		diag_error(reader->diag, value->at, "%s has no value; give one or remove the key",
			   node_name(value));
		return false;
	}
	*text = value->text;
	return true;
}

static bool report(struct reader *reader, const struct node *value, const char *problem)
{
	if (problem)
		diag_error(reader->diag, value->at, "%s: '%s' %s", node_name(value), value->text,
			   problem);
	return !problem;
}

bool read_size(struct reader *reader, const struct node *value, uint64_t *bytes)
{
	const char *text;

	return read_text(reader, value, &text) && report(reader, value, unit_size(text, bytes));
}

bool read_time(struct reader *reader, const struct node *value, uint64_t *ns)
{
	const char *text;

	return read_text(reader, value, &text) && report(reader, value, unit_time(text, ns));
}

bool read_time_between(struct reader *reader, const struct node *value, uint64_t least,
		       uint64_t most, uint64_t *ns)
{
	uint64_t time;

	if (!read_time(reader, value, &time))
		return false;
	if (time < least || time > most) {
		diag_error(reader->diag, value->at, "%s: %s is out of range; write %s to %s",
			   node_name(value), show_time(time), show_time(least), show_time(most));
		return false;
	}
	*ns = time;
	return true;
}

bool read_share(struct reader *reader, const struct node *value, uint32_t most, uint32_t *ppm)
{
	const char *text;

	return read_text(reader, value, &text) &&
	       report(reader, value, unit_share(text, most, ppm));
}

bool name_is_good(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length && length < TABLE_NAME_BYTES && !name[length] && name[0] >= 'a' &&
	       name[0] <= 'z';
}

bool read_name(struct reader *reader, const struct node *value, const char **name)
{
	if (!read_text(reader, value, name))
		return false;
	if (name_is_good(*name))
		return true;
	diag_error(reader->diag, value->at,
		   "'%s' is no name; use up to %u small letters, digits and dashes, a letter first",
		   *name, TABLE_NAME_BYTES - 1);
	*name = NULL;
	return false;
}

bool read_address(struct reader *reader, const struct node *value, uint64_t *address)
{
	const char *text;

	return read_text(reader, value, &text) &&
	       report(reader, value, unit_address(text, address));
}

bool read_number(struct reader *reader, const struct node *value, uint64_t *number)
{
	const char *text;

	return read_text(reader, value, &text) && report(reader, value, unit_number(text, number));
}

bool read_yes_no(struct reader *reader, const struct node *value, bool *yes)
{
	const char *text;

	return read_text(reader, value, &text) && report(reader, value, unit_yes_no(text, yes));
}

bool read_count(struct reader *reader, const struct node *value, uint32_t least, uint32_t most,
		uint32_t *count)
{
	const char *text;
	uint64_t number;

	if (!read_text(reader, value, &text) || !report(reader, value, unit_count(text, &number)))
		return false;
	if (number < least || number > most) {
		diag_error(reader->diag, value->at, "%s: %s is out of range; write %u to %u",
			   node_name(value), text, least, most);
		return false;
	}
	*count = (uint32_t)number;
	return true;
}

static const char *choice_list(const struct choice *choices, size_t count)
{
	const char *list = "";

	for (size_t i = 0; i < count; i++)
		if (!choices[i].later)
			list = mem_printf("%s%s%s", list, *list ? ", " : "", choices[i].name);
	return list;
}

bool read_choice(struct reader *reader, const struct node *value, const struct choice *choices,
		 size_t count, uint32_t *chosen)
{
	const char *text, *near;

	if (!read_text(reader, value, &text))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(choices[i].name, text))
			continue;
		if (choices[i].later)
			diag_error(reader->diag, value->at, "%s: '%s' is not supported yet; %s",
				   node_name(value), text, choices[i].later);
		*chosen = choices[i].value;
		return !choices[i].later;
	}
	near = suggest(text, choices, count, sizeof(choices[0]));
	if (near)
		diag_error(reader->diag, value->at, "%s: unknown value '%s'; did you mean '%s'?",
			   node_name(value), text, near);
	else
		diag_error(reader->diag, value->at, "%s: unknown value '%s'; write one of: %s",
			   node_name(value), text, choice_list(choices, count));
	return false;
}

void read_file(struct reader *reader, const struct node *value, struct sys_file *file)
{
	const char *name, *beside;

	file->node = value;
	if (!read_text(reader, value, &name))
		return;
	beside = path_join(reader->system->dir, name);
	file->data = file_read(file_exists(beside) ? beside : name, &file->bytes);
	if (file->data)
		return;
	if (errno != ENOENT)
		diag_error(reader->diag, value->at,
			   "%s: cannot read '%s' (%s); name a readable file", node_name(value),
			   file_exists(beside) ? beside : name, strerror(errno));
	else if (!strcmp(beside, name))
		diag_error(reader->diag, value->at,
			   "%s: no file '%s'; build it or correct the path", node_name(value),
			   name);
	else
		diag_error(reader->diag, value->at,
			   "%s: no file '%s' beside the system file, nor '%s' in the current "
			   "folder; build it or correct the path",
			   node_name(value), beside, name);
}
