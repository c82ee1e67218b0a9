/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU as a child, not by exec: the terminal is put back afterwards however QEMU ended, and a
 * timeout ends it. QEMU's stdio chardev sets the terminal to raw mode; signal=off lets Ctrl-c reach
 * the guest.
 */
#include "machine.h"
#include "command.h"
#include "mem.h"
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define QEMU_LEAST 10
#define QEMU_CPU                                                                                   \
	"rv64,h=true,sstc=true,svinval=true,svpbmt=true,svnapot=true,smstateen=true,"              \
	"sscofpmf=true,svade=true,svadu=false,sv57=off,sv48=off"
#define ARGUMENTS_MAX 256

static const char *qemu(void)
{
	const char *name = getenv("PARTITA_QEMU");

	return name && *name ? name : "qemu-system-riscv64";
}

/* The major version, 0 if there is no such program or it does not say. */
static int qemu_version(void)
{
	int major = 0;
	FILE *pipe = popen(mem_printf("%s --version 2>/dev/null", qemu()), "r");

	if (!pipe)
		return 0;
	if (fscanf(pipe, "QEMU emulator version %d", &major) != 1)
		major = 0;
	while (fgetc(pipe) != EOF)
		;
	pclose(pipe);
	return major;
}

struct list {
	const char *words[ARGUMENTS_MAX];
	size_t count;
};

static void add(struct list *list, const char *word)
{
	if (list->count < ARGUMENTS_MAX - 1)
		list->words[list->count++] = word;
}

static void add_all(struct list *list, const char *const *words)
{
	while (*words)
		add(list, *words++);
}

static void make_command(const struct machine *machine, struct list *list)
{
	const char *const fixed[] = {
		qemu(),
		"-M",
		"virt,aia=aplic-imsic,aia-guests=7",
		"-cpu",
		QEMU_CPU,
		"-seed",
		"1",
		"-smp",
		mem_printf("%u", machine->harts),
		"-m",
		mem_printf("%uM", machine->ram_mib),
		"-display",
		"none",
		"-monitor",
		"none",
		"-chardev",
		"stdio,id=c,signal=off,mux=off",
		"-serial",
		"chardev:c",
		"-kernel",
		machine->image,
		NULL,
	};

	add_all(list, fixed);
	if (machine->icount) {
		add(list, "-icount");
		add(list, mem_printf("shift=%u,sleep=%s", machine->shift,
				     machine->skip_idle ? "off" : "on"));
	}
	if (machine->memory) {
		add(list, "-object");
		add(list, mem_printf("memory-backend-file,id=ram,size=%uM,"
				     "mem-path=/proc/self/fd/%d,share=on",
				     machine->ram_mib, machine->memory));
		add(list, "-machine");
		add(list, "memory-backend=ram");
	}
	add_all(list, machine->more);
}

static volatile sig_atomic_t child_pid;

static void pass_on(int signal)
{
	if (child_pid > 0)
		kill((pid_t)child_pid, signal);
}

enum end { BY_ITSELF, TIMED_OUT, OVER };

/* Waits for the child; ends it, first politely, when its time is over or somebody says so. */
static enum end wait_for(pid_t child, const struct machine *machine, int *status)
{
	const struct timespec step = {.tv_nsec = 10000000};
	bool watched = machine->timeout_s || machine->is_over, asked = false;
	uint64_t left = machine->timeout_s ? (uint64_t)machine->timeout_s * 100 : UINT64_MAX;
	enum end end = BY_ITSELF;

	for (;;) {
		pid_t got = waitpid(child, status, watched ? WNOHANG : 0);

		if (got == child || (got < 0 && errno != EINTR))
			return end;
		if (!watched)
			continue;
		if (!asked && machine->is_over && machine->is_over(machine->argument)) {
			end = OVER;
			left = 0;
		}
		if (!left--) {
			kill(child, asked ? SIGKILL : SIGTERM);
			if (end == BY_ITSELF)
				end = TIMED_OUT;
			asked = true;
			left = 200;
		}
		nanosleep(&step, NULL);
	}
}

static int run_child(const struct machine *machine, const struct list *list)
{
	struct sigaction forward = {.sa_handler = pass_on};
	struct termios terminal;
	bool is_terminal = !tcgetattr(STDIN_FILENO, &terminal);
	int status = 0, error;
	enum end end;
	pid_t child;

	fflush(stdout);
	error = posix_spawnp(&child, list->words[0], NULL, NULL, (char *const *)list->words,
			     environ);
	if (error) {
		fprintf(stderr, "partita: cannot start %s: %s\n", list->words[0], strerror(error));
		return EXIT_MISSING;
	}
	child_pid = child;
	sigaction(SIGTERM, &forward, NULL);
	sigaction(SIGINT, &forward, NULL);
	sigaction(SIGHUP, &forward, NULL);
	end = wait_for(child, machine, &status);
	if (is_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	if (end == OVER)
		return EXIT_GOOD;
	if (end == TIMED_OUT) {
		fprintf(stderr, "\npartita: ended after %u s (--timeout)\n", machine->timeout_s);
		return EXIT_TIMEOUT;
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? EXIT_GOOD : EXIT_FAILURE_INSIDE;
}

int machine_run(const struct machine *machine)
{
	struct list list = {.count = 0};
	int version = qemu_version();

	if (!version) {
		fprintf(stderr,
			"partita: no working '%s'; install QEMU %d or later with 'make setup' "
			"(package qemu-system-misc or qemu-system-riscv)\n",
			qemu(), QEMU_LEAST);
		return EXIT_MISSING;
	}
	if (version < QEMU_LEAST) {
		fprintf(stderr,
			"partita: '%s' is version %d, and %d or later is needed; install it "
			"with 'make setup' (Debian 12: from bookworm-backports)\n",
			qemu(), version, QEMU_LEAST);
		return EXIT_MISSING;
	}
	make_command(machine, &list);
	if (machine->verbose)
		fprintf(stderr, "%s\n", run_text(list.words));
	return run_child(machine, &list);
}
