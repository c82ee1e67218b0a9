/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_LIB_STRING_H
#define HV_LIB_STRING_H

#include <stddef.h>

void *memset(void *dst, int value, size_t bytes);
void *memcpy(void *restrict dst, const void *restrict src, size_t bytes);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

#endif
