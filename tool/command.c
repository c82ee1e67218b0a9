/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "mem.h"
#include "suggest.h"

#include <stdio.h>
#include <string.h>

static const struct option_def *common_options(void)
{
	static const struct option_def options[] = {
		{"help", 'h', NULL, "this text"},
		{"version", 'V', NULL, "version of partita"},
	};

	return options;
}

static void print_option(const struct option_def *option)
{
	const char *name = option->value ? mem_printf("--%s %s", option->name, option->value)
					 : mem_printf("--%s", option->name);
	const char *letter = option->letter ? mem_printf("-%c,", option->letter) : "   ";

	printf("  %s %-18s %s\n", letter, name, option->about);
}

static int print_help(const struct command *command)
{
	printf("usage: partita %s %s\n\n%s\n\nOptions:\n", command->name, command->synopsis,
	       command->about);
	for (int i = 0; i < command->option_count; i++)
		print_option(&command->options[i]);
	for (int i = 0; i < 2; i++)
		print_option(&common_options()[i]);
	printf("\nExamples:\n%s", command->examples);
	return EXIT_GOOD;
}

static int usage_error(const struct command *command, const char *problem)
{
	fprintf(stderr, "partita %s: %s\nusage: partita %s %s\n", command->name, problem,
		command->name, command->synopsis);
	return EXIT_USAGE;
}

static int unknown_option(const struct command *command, const char *word)
{
	const char *names[OPTIONS_MAX + 2] = {"help", "version"}, *near;
	size_t count = 2;

	for (int i = 0; i < command->option_count; i++)
		names[count++] = command->options[i].name;
	near = word[1] == '-' ? suggest(word + 2, names, count, sizeof(names[0])) : NULL;
	if (near)
		return usage_error(command, mem_printf("unknown option '%s'; did you mean '--%s'?",
						       word, near));
	return usage_error(command,
			   mem_printf("unknown option '%s'; 'partita %s --help' lists them", word,
				      command->name));
}

/* Index of the option that `word` names; its attached value (--name=value, -nvalue) or NULL. */
static int find_option(const struct option_def *options, int count, const char *word,
		       const char **attached)
{
	for (int i = 0; i < count; i++) {
		size_t length = strlen(options[i].name);

		*attached = NULL;
		if (word[1] != '-' && word[1] == options[i].letter) {
			if (word[2])
				*attached = word + 2;
			return i;
		}
		if (word[1] != '-' || strncmp(word + 2, options[i].name, length))
			continue;
		if (word[2 + length] == '=')
			*attached = word + 3 + length;
		if (*attached || !word[2 + length])
			return i;
	}
	return -1;
}

/* One option at *argv; moves behind it. 0, or an exit code. */
static int take_option(const struct command *command, const char *const **argv,
		       struct arguments *arguments)
{
	const char *word = *(*argv)++, *attached;
	int i = find_option(command->options, command->option_count, word, &attached);

	if (i < 0)
		return unknown_option(command, word);
	if (!command->options[i].value) {
		if (attached)
			return usage_error(command, mem_printf("option '--%s' takes no value",
							       command->options[i].name));
		arguments->option[i] = "";
		return 0;
	}
	if (!attached && !**argv)
		return usage_error(command,
				   mem_printf("option '--%s' needs a value: %s",
					      command->options[i].name, command->options[i].value));
	arguments->option[i] = attached ? attached : *(*argv)++;
	return 0;
}

static bool is_word(const char *word, int common)
{
	const struct option_def *option = &common_options()[common];

	return word[0] == '-' && ((word[1] == option->letter && !word[2]) ||
				  (word[1] == '-' && !strcmp(word + 2, option->name)));
}

int command_start(const struct command *command, const char *const *argv)
{
	static const char *const nothing[] = {NULL};
	struct arguments arguments = {.rest = nothing};

	while (*argv) {
		if (!strcmp(*argv, "--")) {
			arguments.rest = argv + 1;
			if (!command->takes_rest && argv[1])
				return usage_error(command, "nothing may follow '--'");
			break;
		}
		if (is_word(*argv, 0))
			return print_help(command);
		if (is_word(*argv, 1)) {
			printf("partita " PARTITA_VERSION "\n");
			return EXIT_GOOD;
		}
		if ((*argv)[0] == '-' && (*argv)[1]) {
			int code = take_option(command, &argv, &arguments);

			if (code)
				return code;
			continue;
		}
		if (arguments.subject || command->no_subject)
			return usage_error(command, mem_printf("one word too many: '%s'", *argv));
		arguments.subject = *argv++;
	}
	if (!arguments.subject && !command->no_subject)
		return usage_error(command, "which file?");
	return command->run(&arguments);
}
