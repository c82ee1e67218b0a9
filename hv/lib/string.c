/* SPDX-License-Identifier: Apache-2.0 */
/* The memory functions that the compiler itself may call. Used at start and on small structures only. */
#include "lib/string.h"

void *memset(void *dst, int value, size_t bytes)
{
	unsigned char *d = dst;

	while (bytes--)
		*d++ = (unsigned char)value;
	return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t bytes)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	while (bytes--)
		*d++ = *s++;
	return dst;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const unsigned char *x = a, *y = b;

	for (; bytes; bytes--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}
