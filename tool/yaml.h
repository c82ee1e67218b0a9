/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML file as a small tree whose every node knows its place in the file. */
#ifndef TOOL_YAML_H
#define TOOL_YAML_H

#include "diag.h"

enum node_kind { NODE_TEXT, NODE_MAP, NODE_LIST };

struct node {
	enum node_kind kind;
	struct place at;
	const char *text;       /* NODE_TEXT; "" for an empty value */
	bool quoted;            /* NODE_TEXT written in quotes or as a block */
	const struct node *key; /* of a value in a map: its key, always NODE_TEXT */
	struct node *first;     /* children of a map (values) or list */
	struct node *next;      /* sibling */
	size_t count;           /* of children */
};

/* The root, or NULL with errors in `diag`; `text` is the file's content. */
struct node *yaml_read(struct diag *diag, const char *text, size_t bytes);

/* Where to point when something inside this node is missing: its key if it has one. */
struct place node_place(const struct node *node);

static inline bool node_is_empty(const struct node *node)
{
	return node->kind == NODE_TEXT && !node->quoted && node->text[0] == '\0';
}

#endif
