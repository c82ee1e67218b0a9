/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *next;
	alignas(max_align_t) char data[];
};

static struct block *blocks;

static void out_of_memory(void)
{
	fprintf(stderr, "partita: out of memory\n");
	exit(3);
}

void *mem_zero(size_t bytes)
{
	struct block *block = calloc(1, sizeof(*block) + bytes);

	if (!block)
		out_of_memory();
	block->next = blocks;
	blocks = block;
	return block->data;
}

char *mem_copy_text(const char *text, size_t bytes)
{
	char *copy = mem_zero(bytes + 1);

	memcpy(copy, text, bytes);
	return copy;
}

char *mem_vprintf(const char *format, va_list args)
{
	char *text = NULL, *copy;
	int length = vasprintf(&text, format, args);

	if (length < 0)
		out_of_memory();
	copy = mem_copy_text(text, (size_t)length);
	free(text);
	return copy;
}

char *mem_printf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = mem_vprintf(format, args);
	va_end(args);
	return text;
}

void mem_release(void)
{
	while (blocks) {
		struct block *block = blocks;

		blocks = block->next;
		free(block);
	}
}
