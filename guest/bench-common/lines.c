/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"
#include "print.h"
#include "sbi.h"
#include "time.h"

#define LINE_BYTES  80
#define PAUSE_TICKS (100 * TICKS_PER_US)

static void send(const char *line)
{
	uint64_t length = 0, sent = 0;

	while (line[length])
		length++;
	while (sent < length) {
		uint64_t count =
			sbi_call3(SBI_DBCN, SBI_DBCN_WRITE, length - sent, (uint64_t)line + sent, 0)
				.value;

		sent += count;
		if (count == 0) /* full: who empties it may be less urgent than this guest */
			sleep_until(read_time() + PAUSE_TICKS);
	}
}

void lines_of_pairs(const char *word, const struct pair *pairs, uint64_t count)
{
	char line[LINE_BYTES];

	for (uint64_t i = 0; i < count; i++) {
		print_into(line, sizeof(line), "%s %lu %lu\n", word, pairs[i].before,
			   pairs[i].after);
		send(line);
	}
	print_into(line, sizeof(line), "RESULT %s n=%lu\n", word, count);
	send(line);
}
