/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands and their options. */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

#include <stdbool.h>

#define EXIT_GOOD    0
#define EXIT_ERRORS  1 /* in the system file */
#define EXIT_USAGE   2
#define EXIT_MISSING 3 /* something the command needs is not there */

#define OPTIONS_MAX 12

struct option_def {
	const char *name;  /* without dashes */
	char letter;       /* 0: none */
	const char *value; /* what follows, for the help; NULL: a flag */
	const char *about;
};

struct arguments {
	const char
		*option[OPTIONS_MAX]; /* by index of the definition: value, "" for a flag, NULL */
	const char *subject;          /* the one file */
	const char *const *rest;      /* what follows --, NULL-terminated */
};

struct command {
	const char *name;
	const char *synopsis;
	const char *about;
	const char *examples;
	const struct option_def *options;
	int option_count;
	bool no_subject, takes_rest;
	int (*run)(const struct arguments *arguments);
};

extern const struct command command_check, command_build, command_run, command_keys, command_trace,
	command_sim, command_analyse;

/* Options and operands of a subcommand, then the command itself; its exit code. */
int command_start(const struct command *command, const char *const *argv);

#endif
