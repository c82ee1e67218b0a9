/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key tables: what a map of the system file may hold, how each key is read, and what `partita keys`
 * and the messages say about it. A key that is not in a table is an error.
 */
#ifndef TOOL_KEYS_H
#define TOOL_KEYS_H

#include "system.h"

struct reader {
	struct system *system;
	struct diag *diag;
};

struct key {
	const char *name;
	void (*read)(struct reader *reader, const struct node *value, void *object);
	const char *type;   /* with unit */
	const char *preset; /* default; NULL: required */
	const char *about;
};

struct key_table {
	const char *path; /* of the map, for people: "vms.NAME.memory" */
	const char *what; /* "a VM": for "every VM needs ..." */
	const struct key *keys;
	size_t count;
	const char *const
		*later; /* known keys that do not work yet, NULL-terminated; may be NULL */
};

#define KEY_TABLE(path_, what_, keys_, later_)                                                     \
	{                                                                                          \
		path_, what_, keys_, sizeof(keys_) / sizeof((keys_)[0]), later_                    \
	}

/* Reads a map by its table: reports what is no map, unknown keys and missing required keys. */
void keys_read(struct reader *reader, const struct node *node, const struct key_table *table,
	       void *object);

/* The tables, for `partita keys`. */
extern const struct key_table keys_system, keys_cpu, keys_plan, keys_slot, keys_trace, keys_console,
	keys_vm, keys_linux, keys_memory, keys_vcpu, keys_service, keys_task, keys_processor,
	keys_device;

/* Values. Each reports its own error and returns false then. */
bool read_text(struct reader *reader, const struct node *value, const char **text);
bool read_size(struct reader *reader, const struct node *value, uint64_t *bytes);
bool read_time(struct reader *reader, const struct node *value, uint64_t *ns);
bool read_time_between(struct reader *reader, const struct node *value, uint64_t least,
		       uint64_t most, uint64_t *ns);
/* 0% to most%. */
bool read_share(struct reader *reader, const struct node *value, uint32_t most, uint32_t *ppm);
bool read_address(struct reader *reader, const struct node *value, uint64_t *address);
bool read_count(struct reader *reader, const struct node *value, uint32_t least, uint32_t most,
		uint32_t *count);
bool read_number(struct reader *reader, const struct node *value, uint64_t *number);
/* Of a VM, a service, a plan, a task. NULL if it is not good. */
bool read_name(struct reader *reader, const struct node *value, const char **name);
bool name_is_good(const char *name);
bool read_yes_no(struct reader *reader, const struct node *value, bool *yes);

struct choice {
	const char *name;
	uint32_t value;
	const char *later; /* not NULL: known but not supported yet */
};

/* One word of a few; `count` choices. */
bool read_choice(struct reader *reader, const struct node *value, const struct choice *choices,
		 size_t count, uint32_t *chosen);

/* Reads the file that a key names: beside the system file first, then in the current folder. */
void read_file(struct reader *reader, const struct node *value, struct sys_file *file);

/* How a value is called in messages: its key, or "list entry". */
const char *node_name(const struct node *node);

#endif
