/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"
#include "mem.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *run_text(const char *const argv[])
{
	const char *text = "";

	for (; *argv; argv++) {
		bool plain = **argv && !strpbrk(*argv, " \t\n\"'\\$`*?&|;<>()[]{}#~!");

		text = mem_printf(plain ? "%s%s%s" : "%s%s'%s'", text, *text ? " " : "", *argv);
	}
	return text;
}

int run_program(const char *const argv[], bool verbose)
{
	int status, error;
	pid_t child;

	if (verbose)
		fprintf(stderr, "%s\n", run_text(argv));
	error = posix_spawnp(&child, argv[0], NULL, NULL, (char *const *)argv, environ);
	if (error)
		return RUN_NOT_FOUND;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return RUN_NOT_FOUND;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
