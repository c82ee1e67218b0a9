/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfyaml's parser delivers events; each becomes a node. Anchors, aliases and tags are refused: a
 * system file says everything once and plainly.
 */
#include "yaml.h"
#include "mem.h"

#include <ctype.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

struct yaml {
	struct diag *diag;
	struct fy_parser *parser;
	struct place last; /* of the latest event: where an empty document or value is */
	bool failed;       /* not YAML: nothing more will come */
	bool refused;      /* aliases: the tree has holes */
};

struct place node_place(const struct node *node)
{
	return node->key ? node->key->at : node->at;
}

static struct node *node_new(struct yaml *yaml, enum node_kind kind, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	struct node *node = mem_zero(sizeof(*node));

	node->kind = kind;
	node->text = "";
	if (mark)
		yaml->last = (struct place){mark->line + 1, mark->column + 1};
	node->at = yaml->last;
	return node;
}

/* The number that ends at `end`; where its digits start. */
static const char *number_before(const char *start, const char *end, int *number)
{
	const char *digits = end;

	while (digits > start && isdigit((unsigned char)digits[-1]))
		digits--;
	*number = atoi(digits);
	return digits;
}

/*
 * Libfyaml's own errors come as text, "<input>:LINE:COL: error: what\n", followed by the source
 * line, which is not shown. They become ours, at their place.
 */
static void yaml_syntax_error(struct fy_diag *from, void *user, const char *text, size_t bytes)
{
	static const char mark[] = ": error: ";
	static const char *const comma = "missing comma in flow mapping";
	const char *line = mem_copy_text(text, bytes), *what = strstr(line, mark);
	struct place at = {0, 0};
	struct yaml *yaml = user;
	const char *column;

	(void)from;
	if (!what)
		return;
	column = number_before(line, what, &at.col);
	if (column > line && column[-1] == ':')
		number_before(line, column - 1, &at.line);
	what += strlen(mark);
	diag_error(yaml->diag, at, "%s; this is not valid YAML%s",
		   mem_copy_text(what, strcspn(what, "\n")),
		   strncmp(what, comma, strlen(comma))
			   ? ""
			   : " (a value with [ or ] in it needs quotes)");
	yaml->failed = true;
}

static struct fy_event *yaml_next(struct yaml *yaml)
{
	struct fy_event *event = yaml->failed ? NULL : fy_parser_parse(yaml->parser);

	if (!event && !yaml->failed) {
		diag_error(yaml->diag, yaml->last, "something after this; it is not valid YAML");
		yaml->failed = true;
	}
	return event;
}

static struct node *yaml_node(struct yaml *yaml, struct fy_event *event, int depth);

static struct node *yaml_text(struct yaml *yaml, struct fy_event *event)
{
	struct node *node = node_new(yaml, NODE_TEXT, event);
	struct fy_token *token = event->scalar.value;
	size_t bytes = 0;
	const char *text = token ? fy_token_get_text(token, &bytes) : NULL;

	if (!text)
		return node;
	if (memchr(text, '\0', bytes))
		diag_error(yaml->diag, node->at, "a NUL character; remove it");
	node->text = mem_copy_text(text, bytes);
	node->quoted = fy_token_scalar_style(token) != FYSS_PLAIN;
	return node;
}

static void node_append(struct node *parent, struct node ***tail, struct node *child)
{
	**tail = child;
	*tail = &child->next;
	parent->count++;
}

static struct node *yaml_list(struct yaml *yaml, struct fy_event *start, int depth)
{
	struct node *list = node_new(yaml, NODE_LIST, start), **tail = &list->first;
	struct fy_event *event;

	while ((event = yaml_next(yaml)) && event->type != FYET_SEQUENCE_END) {
		node_append(list, &tail, yaml_node(yaml, event, depth + 1));
		fy_parser_event_free(yaml->parser, event);
	}
	fy_parser_event_free(yaml->parser, event);
	return list;
}

static void yaml_check_twice(struct yaml *yaml, const struct node *map, const struct node *key)
{
	for (const struct node *child = map->first; child; child = child->next) {
		if (strcmp(child->key->text, key->text))
			continue;
		diag_error(yaml->diag, key->at,
			   "key '%s' is given twice (first on line %d); keep one", key->text,
			   child->key->at.line);
		return;
	}
}

static struct node *yaml_map(struct yaml *yaml, struct fy_event *start, int depth)
{
	struct node *map = node_new(yaml, NODE_MAP, start), **tail = &map->first;
	struct fy_event *event;

	while ((event = yaml_next(yaml)) && event->type != FYET_MAPPING_END) {
		struct node *key = yaml_node(yaml, event, depth + 1), *value;

		fy_parser_event_free(yaml->parser, event);
		if (key->kind != NODE_TEXT)
			diag_error(yaml->diag, key->at, "a key must be a plain word");
		event = yaml_next(yaml);
		if (!event)
			break;
		value = yaml_node(yaml, event, depth + 1);
		fy_parser_event_free(yaml->parser, event);
		if (node_is_empty(value))
			value->at = key->at;
		yaml_check_twice(yaml, map, key);
		value->key = key;
		node_append(map, &tail, value);
	}
	fy_parser_event_free(yaml->parser, event);
	return map;
}

/* The first of a node's decorations: its place is behind the sign that introduces it. */
static struct fy_token *yaml_decoration(struct fy_event *event)
{
	if (event->type == FYET_SCALAR)
		return event->scalar.anchor ? event->scalar.anchor : event->scalar.tag;
	if (event->type == FYET_MAPPING_START)
		return event->mapping_start.anchor ? event->mapping_start.anchor
						   : event->mapping_start.tag;
	if (event->type == FYET_SEQUENCE_START)
		return event->sequence_start.anchor ? event->sequence_start.anchor
						    : event->sequence_start.tag;
	return event->type == FYET_ALIAS ? event->alias.anchor : NULL;
}

static void yaml_refuse(struct yaml *yaml, struct fy_event *event)
{
	struct fy_token *token = yaml_decoration(event);
	const struct fy_mark *mark;

	if (!token)
		return;
	mark = fy_token_start_mark(token);
	if (mark)
		yaml->last = (struct place){mark->line + 1, mark->column ? mark->column : 1};
	diag_error(yaml->diag, yaml->last,
		   "YAML anchors, aliases and tags are not part of a system file; write the value "
		   "itself");
	yaml->refused |= event->type == FYET_ALIAS;
}

static struct node *yaml_node(struct yaml *yaml, struct fy_event *event, int depth)
{
	yaml_refuse(yaml, event);
	if (depth > DEPTH_MAX) {
		diag_error(yaml->diag, yaml->last, "nested deeper than any system file");
		yaml->failed = true;
		return node_new(yaml, NODE_TEXT, event);
	}
	if (event->type == FYET_MAPPING_START)
		return yaml_map(yaml, event, depth);
	if (event->type == FYET_SEQUENCE_START)
		return yaml_list(yaml, event, depth);
	if (event->type == FYET_SCALAR)
		return yaml_text(yaml, event);
	return node_new(yaml, NODE_TEXT, event);
}

/* Start of stream and document, the root, and then nothing else. */
static struct node *yaml_document(struct yaml *yaml)
{
	struct node *root = NULL;
	struct fy_event *event;

	while ((event = yaml_next(yaml)) && event->type != FYET_STREAM_END) {
		if (event->type == FYET_DOCUMENT_START && root) {
			struct node *second = node_new(yaml, NODE_TEXT, event);

			diag_error(yaml->diag, second->at,
				   "a second YAML document; a system file is one document");
			fy_parser_event_free(yaml->parser, event);
			return root;
		}
		if (event->type == FYET_MAPPING_START || event->type == FYET_SEQUENCE_START ||
		    event->type == FYET_SCALAR)
			root = yaml_node(yaml, event, 0);
		fy_parser_event_free(yaml->parser, event);
	}
	fy_parser_event_free(yaml->parser, event);
	if (!root && !yaml->failed)
		diag_error(yaml->diag, (struct place){1, 1},
			   "the file is empty; start with 'partita: 1'");
	return root;
}

struct node *yaml_read(struct diag *diag, const char *text, size_t bytes)
{
	struct yaml yaml = {.diag = diag, .last = {1, 1}};
	struct fy_diag_cfg messages;
	struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_ALLOW_DUPLICATE_KEYS |
					       FYPCF_JSON_NONE};
	struct node *root = NULL;

	fy_diag_cfg_default(&messages);
	messages.fp = NULL;
	messages.colorize = false;
	messages.output_fn = yaml_syntax_error;
	messages.user = &yaml;
	config.diag = fy_diag_create(&messages);
	yaml.parser = fy_parser_create(&config);
	if (yaml.parser && !fy_parser_set_string(yaml.parser, text, bytes))
		root = yaml_document(&yaml);
	else
		diag_error(diag, yaml.last, "cannot start reading; the YAML library failed");
	fy_parser_destroy(yaml.parser);
	fy_diag_destroy(config.diag);
	return yaml.failed || yaml.refused ? NULL : root;
}
