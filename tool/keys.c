/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"
#include "mem.h"
#include "suggest.h"

#include <string.h>

static const struct key *key_find(const struct key_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->keys[i].name, name))
			return &table->keys[i];
	return NULL;
}

static bool key_is_later(const struct key_table *table, const char *name)
{
	for (const char *const *later = table->later; later && *later; later++)
		if (!strcmp(*later, name))
			return true;
	return false;
}

static const char *key_list(const struct key_table *table)
{
	const char *list = table->keys[0].name;

	for (size_t i = 1; i < table->count; i++)
		list = mem_printf("%s, %s", list, table->keys[i].name);
	return list;
}

static void key_unknown(struct reader *reader, const struct node *key,
			const struct key_table *table)
{
	const char *near = suggest(key->text, table->keys, table->count, sizeof(struct key));

	if (key_is_later(table, key->text))
		diag_error(reader->diag, key->at,
			   "key '%s' is not supported yet; remove it for now", key->text);
	else if (near)
		diag_error(reader->diag, key->at, "unknown key '%s' in %s; did you mean '%s'?",
			   key->text, table->path, near);
	else
		diag_error(reader->diag, key->at, "unknown key '%s' in %s; known keys: %s",
			   key->text, table->path, key_list(table));
}

static const struct node *map_find(const struct node *map, const char *name)
{
	for (const struct node *child = map->first; child; child = child->next)
		if (!strcmp(child->key->text, name))
			return child;
	return NULL;
}

/* The first of two same keys counts; the second is reported where the tree is built. */
static bool key_seen_before(const struct node *map, const struct node *child)
{
	return map_find(map, child->key->text) != child;
}

void keys_read(struct reader *reader, const struct node *node, const struct key_table *table,
	       void *object)
{
	static const struct node nothing = {.kind = NODE_MAP};
	const struct node *map = node_is_empty(node) ? &nothing : node;

	if (map->kind != NODE_MAP) {
		diag_error(reader->diag, node->at, "%s must be a map; known keys: %s",
			   node_name(node), key_list(table));
		return;
	}
	for (const struct node *child = map->first; child; child = child->next) {
		const struct key *key = key_find(table, child->key->text);

		if (!key)
			key_unknown(reader, child->key, table);
		else if (!key_seen_before(map, child))
			key->read(reader, child, object);
	}
	for (size_t i = 0; i < table->count; i++)
		if (!table->keys[i].preset && !map_find(map, table->keys[i].name))
			diag_error(reader->diag, node_place(node),
				   "%s lacks the key '%s'; add it (%s: %s)", table->what,
				   table->keys[i].name, table->keys[i].type, table->keys[i].about);
}
