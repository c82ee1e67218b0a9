/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantities as users write them. Each function returns NULL and stores the value, or returns what
 * is wrong with the text and leaves the value alone.
 */
#ifndef TOOL_UNITS_H
#define TOOL_UNITS_H

#include <stdbool.h>
#include <stdint.h>

const char *unit_size(const char *text, uint64_t *bytes); /* 256M: K, M, G, powers of 1024 */
const char *unit_time(const char *text, uint64_t *ns);    /* 500us: ns, us, ms, s */
const char *unit_share(const char *text, uint32_t most, uint32_t *ppm); /* 12.5%, 0% to most% */
const char *unit_address(const char *text, uint64_t *value);            /* 0x80200000 */
const char *unit_count(const char *text, uint64_t *value);              /* a plain number */
const char *unit_number(const char *text, uint64_t *value); /* plain or 0x hexadecimal */
const char *unit_yes_no(const char *text, bool *yes);       /* yes, no, true, false */

/* How messages show quantities: exact, in the largest unit that divides them. */
const char *show_size(uint64_t bytes);
const char *show_time(uint64_t ns);
const char *show_share(uint64_t ppm); /* 71.0 % */

#endif
