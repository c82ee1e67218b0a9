/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, and names of files. */
#ifndef TOOL_FILE_H
#define TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The content followed by a NUL (not counted), or NULL with errno set. */
const uint8_t *file_read(const char *path, size_t *bytes);

bool file_exists(const char *path);

const char *path_dir(const char *path);  /* "." if there is none */
const char *path_stem(const char *path); /* base name without its last extension */
const char *path_join(const char *dir, const char *name);

/* Makes the folder and those above it; false with errno set. */
bool path_make_dir(const char *path);

/* The folder of this very program. */
const char *path_program_dir(void);

#endif
