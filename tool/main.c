/* SPDX-License-Identifier: Apache-2.0 */
/* The `partita` command: finds the subcommand. */
#include "command.h"
#include "mem.h"
#include "suggest.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {&command_check,  &command_build, &command_run,
						 &command_keys,   &command_trace, &command_sim,
						 &command_analyse};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(void)
{
	printf("usage: partita COMMAND ...\n\n"
	       "Partita runs several guests on one board, isolated in space and time. One system "
	       "file\n"
	       "describes them; this command checks it, builds a boot image of it and runs "
	       "that.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-6s %s\n         %.*s\n", commands[i]->name, commands[i]->synopsis,
		       (int)strcspn(commands[i]->about, ".:\n"), commands[i]->about);
	printf("\n'partita COMMAND --help' tells more. The system file is described in\n"
	       "docs/configuration.md.\n\n"
	       "Exit codes: 0 good, 1 errors in the system file, 2 wrong usage, 3 something that "
	       "is\n"
	       "needed is missing.\n\n"
	       "Examples:\n"
	       "  partita check systems/demo.yaml\n"
	       "  partita build systems/demo.yaml -o demo.img\n"
	       "  partita run systems/demo.yaml\n");
	return EXIT_GOOD;
}

static int unknown_command(const char *word)
{
	const char *names[COMMANDS + 1] = {"help"}, *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i + 1] = commands[i]->name;
	near = suggest(word, names, COMMANDS + 1, sizeof(names[0]));
	if (near)
		fprintf(stderr, "partita: unknown command '%s'; did you mean '%s'?\n", word, near);
	else
		fprintf(stderr, "partita: unknown command '%s'; 'partita --help' lists them\n",
			word);
	return EXIT_USAGE;
}

static int start(const char *const *argv)
{
	const char *word = argv[0];

	if (!word) {
		fprintf(stderr, "partita: which command? 'partita --help' lists them\n");
		return EXIT_USAGE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || (!strcmp(word, "help") && !argv[1]))
		return print_help();
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		printf("partita " PARTITA_VERSION "\n");
		return EXIT_GOOD;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		static const char *const help[] = {"--help", NULL};

		if (!strcmp(word, "help") && !strcmp(argv[1], commands[i]->name))
			return command_start(commands[i], help);
		if (!strcmp(word, commands[i]->name))
			return command_start(commands[i], argv + 1);
	}
	return unknown_command(!strcmp(word, "help") ? argv[1] : word);
}

int main(int argc, char **argv)
{
	int code = start((const char *const *)argv + (argc > 0));

	mem_release();
	if (fflush(stdout) || ferror(stdout))
		return EXIT_MISSING;
	return code;
}
