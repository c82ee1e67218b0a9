/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest known word to a mistyped one. */
#ifndef TOOL_SUGGEST_H
#define TOOL_SUGGEST_H

#include <stddef.h>

/* Words are read with a stride, so that an array of structs whose first member is a name will do.
 */
const char *suggest(const char *word, const void *words, size_t count, size_t stride);

#endif
