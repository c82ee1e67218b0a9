/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include "print.h"
#include "uart.h"

#define DIGITS_MAX 20 /* of 2^64 in decimal */

/* Where characters go: a buffer with room for `left` more, or the UART. */
struct sink {
	char *to;
	size_t left;
};

static int console_lock;

static void put(struct sink *sink, char c)
{
	if (!sink->to) {
		uart_put(c);
	} else if (sink->left > 0) {
		*sink->to++ = c;
		sink->left--;
	}
}

static void put_string(struct sink *sink, const char *s)
{
	while (*s)
		put(sink, *s++);
}

static void put_number(struct sink *sink, uint64_t value, uint64_t base)
{
	char digits[DIGITS_MAX];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n > 0)
		put(sink, digits[--n]);
}

static void put_signed(struct sink *sink, int64_t value)
{
	uint64_t magnitude = (uint64_t)value;

	if (value < 0) {
		put(sink, '-');
		magnitude = 0 - magnitude;
	}
	put_number(sink, magnitude, 10);
}

static void put_argument(struct sink *sink, char kind, bool is_long, va_list *arguments)
{
	switch (kind) {
	case 's':
		put_string(sink, va_arg(*arguments, const char *));
		break;
	case 'c':
		put(sink, (char)va_arg(*arguments, int));
		break;
	case 'd':
		put_signed(sink, is_long ? va_arg(*arguments, long) : va_arg(*arguments, int));
		break;
	case 'u':
	case 'x':
		put_number(sink,
			   is_long ? va_arg(*arguments, unsigned long)
				   : va_arg(*arguments, unsigned int),
			   kind == 'x' ? 16 : 10);
		break;
	default:
		put(sink, kind);
	}
}

static void put_format(struct sink *sink, const char *format, va_list *arguments)
{
	for (; *format; format++) {
		bool is_long = false;

		if (*format != '%') {
			put(sink, *format);
			continue;
		}
		if (format[1] == 'l') {
			is_long = true;
			format++;
		}
		if (!*++format)
			return;
		put_argument(sink, *format, is_long, arguments);
	}
}

void print(const char *format, ...)
{
	struct sink console = {0};
	va_list arguments;

	while (__atomic_exchange_n(&console_lock, 1, __ATOMIC_ACQUIRE))
		;
	va_start(arguments, format);
	put_format(&console, format, &arguments);
	va_end(arguments);
	__atomic_store_n(&console_lock, 0, __ATOMIC_RELEASE);
}

void print_into(char *buffer, size_t size, const char *format, ...)
{
	struct sink sink = {.to = buffer, .left = size - 1};
	va_list arguments;

	va_start(arguments, format);
	put_format(&sink, format, &arguments);
	va_end(arguments);
	*sink.to = '\0';
}
