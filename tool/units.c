/* SPDX-License-Identifier: Apache-2.0 */
#include "units.h"
#include "mem.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit sizes[] = {{"G", 1ull << 30}, {"M", 1ull << 20}, {"K", 1ull << 10}};
static const struct unit times[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};

/* Digits of the given base; returns the first character after them, or NULL on overflow or none. */
static const char *digits(const char *text, unsigned int base, uint64_t *value)
{
	const char *start = text;
	uint64_t sum = 0;

	for (; isxdigit((unsigned char)*text); text++) {
		unsigned int c = (unsigned int)tolower((unsigned char)*text);
		unsigned int digit = c <= '9' ? c - '0' : c - 'a' + 10;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return NULL;
	}
	*value = sum;
	return text == start ? NULL : text;
}

static const char *quantity(const char *text, const struct unit *units, size_t count,
			    const char *form, uint64_t *value)
{
	uint64_t number;
	const char *rest = digits(text, 10, &number);

	if (!rest)
		return form;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rest, units[i].name))
			continue;
		if (__builtin_mul_overflow(number, units[i].factor, value))
			return "is too large; write less";
		return NULL;
	}
	return form;
}

const char *unit_size(const char *text, uint64_t *bytes)
{
	return quantity(text, sizes, 3,
			"is not a size; write a whole number with its unit K, M or G, such as 256M",
			bytes);
}

const char *unit_time(const char *text, uint64_t *ns)
{
	return quantity(
		text, times, 4,
		"is not a time; write a whole number with its unit ns, us, ms or s, such as "
		"500us",
		ns);
}

const char *unit_share(const char *text, uint32_t most, uint32_t *ppm)
{
	static const char *const form = "is not a share; write a percentage such as 40%";
	uint64_t whole, fraction = 0;
	const char *rest = digits(text, 10, &whole);

	if (!rest)
		return form;
	if (*rest == '.') {
		uint32_t scale = 10000;

		for (rest++; isdigit((unsigned char)*rest); rest++) {
			scale /= 10;
			if (!scale)
				return "has more than four decimals; write fewer";
			fraction += scale * (uint64_t)(*rest - '0');
		}
	}
	if (strcmp(rest, "%"))
		return form;
	if (whole > most || (whole == most && fraction))
		return mem_printf("is more than %u%%; write %u%% or less", most, most);
	*ppm = (uint32_t)(whole * 10000 + fraction);
	return NULL;
}

const char *unit_address(const char *text, uint64_t *value)
{
	const char *rest = NULL;

	if (text[0] == '0' && text[1] == 'x')
		rest = digits(text + 2, 16, value);
	return rest && !*rest ? NULL
			      : "is not an address; write it in hexadecimal, such as 0x80200000";
}

const char *unit_count(const char *text, uint64_t *value)
{
	const char *rest = digits(text, 10, value);

	return rest && !*rest ? NULL : "is not a whole number; write digits only, such as 2";
}

const char *unit_number(const char *text, uint64_t *value)
{
	if (text[0] == '0' && text[1] == 'x')
		return unit_address(text, value)
			       ? "is not a number of at most 64 bits, such as 0x489"
			       : NULL;
	return unit_count(text, value);
}

const char *unit_yes_no(const char *text, bool *yes)
{
	if (!strcmp(text, "yes") || !strcmp(text, "true"))
		*yes = true;
	else if (!strcmp(text, "no") || !strcmp(text, "false"))
		*yes = false;
	else
		return "is neither yes nor no; write one of them";
	return NULL;
}

static const char *show(uint64_t value, const struct unit *units, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (value && value % units[i].factor == 0)
			return mem_printf("%" PRIu64 "%s", value / units[i].factor, units[i].name);
	return NULL;
}

const char *show_size(uint64_t bytes)
{
	const char *text = show(bytes, sizes, 3);

	return text ? text : mem_printf("%" PRIu64 " bytes", bytes);
}

const char *show_time(uint64_t ns)
{
	const char *text = show(ns, times, 4);

	return text ? text : "0ns";
}

const char *show_share(uint64_t ppm)
{
	if (ppm % 1000 == 0)
		return mem_printf("%" PRIu64 ".%" PRIu64 " %%", ppm / 10000, ppm / 1000 % 10);
	return mem_printf("%" PRIu64 ".%04" PRIu64 " %%", ppm / 10000, ppm % 10000);
}
