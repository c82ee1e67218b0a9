/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives as long as the command runs. Running out of it ends the command. */
#ifndef TOOL_MEM_H
#define TOOL_MEM_H

#include <stddef.h>
#include <stdarg.h>

/* Zeroed memory, aligned for any object; never NULL, also for 0 bytes. */
void *mem_zero(size_t bytes);

char *mem_copy_text(const char *text, size_t bytes);
char *mem_vprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Gives everything back; nothing obtained from here may be used afterwards. */
void mem_release(void);

#endif
