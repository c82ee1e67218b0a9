/* SPDX-License-Identifier: Apache-2.0 */
#include "suggest.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 40u

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static char fold(char c)
{
	return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

/* Optimal string alignment distance: insert, delete, replace, swap neighbours; case and _ are free.
 */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *now = rows[i % 3], *up = rows[(i - 1) % 3], *up2 = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t cost = fold(a[i - 1]) != fold(b[j - 1]);

			now[j] = smaller(smaller(up[j] + 1, now[j - 1] + 1), up[j - 1] + cost);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]))
				now[j] = smaller(now[j], up2[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

const char *suggest(const char *word, const void *words, size_t count, size_t stride)
{
	const char *best = NULL;
	size_t limit = strlen(word) / 3 + 1, least = limit + 1;

	for (size_t i = 0; i < count; i++) {
		const char *known = *(const char *const *)((const char *)words + i * stride);
		size_t d = distance(word, known);

		if (d < least && d < strlen(known)) {
			least = d;
			best = known;
		}
	}
	return best;
}
