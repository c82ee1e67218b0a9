/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfyaml's parser delivers events; each becomes a node. Anchors, aliases and tags are refused: a
 * system file says everything once and plainly.
 */
#include "yaml.h"
#include "mem.h"

#include <libfyaml.h>
#include <string.h>

#define DEPTH_MAX 32

struct yaml {
	struct diag *diag;
	struct fy_parser *parser;
	struct place last; /* of the latest event: where an empty document or value is */
	bool failed;
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

/* Libfyaml keeps its own errors; they become ours, at their place. */
static void yaml_syntax_errors(struct yaml *yaml)
{
	struct fy_diag *diag = fy_parser_get_diag(yaml->parser);
	struct fy_diag_error *error;
	size_t before = yaml->diag->errors;
	void *previous = NULL;

	while (diag && (error = fy_diag_errors_iterate(diag, &previous)))
		diag_error(yaml->diag, (struct place){error->line, error->column},
			   "%s; the file is not valid YAML here", error->msg);
	if (yaml->diag->errors == before && !yaml->failed)
		diag_error(yaml->diag, yaml->last, "the file is not valid YAML after this point");
	fy_diag_unref(diag);
	yaml->failed = true;
}

static struct fy_event *yaml_next(struct yaml *yaml)
{
	struct fy_event *event = yaml->failed ? NULL : fy_parser_parse(yaml->parser);

	if (!event && !yaml->failed)
		yaml_syntax_errors(yaml);
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

static void yaml_refuse(struct yaml *yaml, struct fy_event *event)
{
	struct fy_token *anchor = NULL, *tag = NULL;

	if (event->type == FYET_SCALAR) {
		anchor = event->scalar.anchor;
		tag = event->scalar.tag;
	} else if (event->type == FYET_MAPPING_START) {
		anchor = event->mapping_start.anchor;
		tag = event->mapping_start.tag;
	} else if (event->type == FYET_SEQUENCE_START) {
		anchor = event->sequence_start.anchor;
		tag = event->sequence_start.tag;
	}
	if (anchor || tag || event->type == FYET_ALIAS) {
		const struct fy_mark *mark = fy_event_start_mark(event);
		struct fy_token *token = anchor ? anchor : tag;

		if (token)
			mark = fy_token_start_mark(token);
		if (mark)
			yaml->last = (struct place){mark->line + 1, mark->column + 1};
		diag_error(yaml->diag, yaml->last,
			   "YAML anchors, aliases and tags are not part of a system file; "
			   "write the value itself");
	}
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
	struct fy_parse_cfg config = {
		.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_ALLOW_DUPLICATE_KEYS |
			 FYPCF_JSON_NONE,
	};
	struct yaml yaml = {.diag = diag, .last = {1, 1}};
	struct node *root = NULL;

	yaml.parser = fy_parser_create(&config);
	if (yaml.parser && !fy_parser_set_string(yaml.parser, text, bytes))
		root = yaml_document(&yaml);
	else
		diag_error(diag, yaml.last, "the YAML library cannot start");
	fy_parser_destroy(yaml.parser);
	return yaml.failed ? NULL : root;
}
