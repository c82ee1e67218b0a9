/* SPDX-License-Identifier: Apache-2.0 */
/* The memory functions that the compiler itself may call. Used at start and on small structures
 * only. */
#include "lib/string.h"
#include "lib/types.h"

void *memset(void *dst, int value, size_t bytes)
{
	unsigned char *d = dst;
	uint64_t word = (unsigned char)value * 0x0101010101010101ull;

	for (; bytes >= 8 && !((uintptr_t)d & 7); bytes -= 8, d += 8)
		*(uint64_t *)(void *)d = word;
	while (bytes--)
		*d++ = (unsigned char)value;
	return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t bytes)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	for (; bytes >= 8 && !(((uintptr_t)d | (uintptr_t)s) & 7); bytes -= 8, d += 8, s += 8)
		*(uint64_t *)(void *)d = *(const uint64_t *)(const void *)s;
	while (bytes--)
		*d++ = *s++;
	return dst;
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
