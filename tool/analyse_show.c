/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse_show.h"
#include "mem.h"

#include <string.h>

/* Thousandths or hundredths as a decimal without zeros at its end. */
static char *decimal(uint64_t value, uint64_t parts, int digits)
{
	char *text = mem_printf("%llu.%0*llu", (unsigned long long)(value / parts), digits,
				(unsigned long long)(value % parts));
	char *end = text + strlen(text);

	while (end[-1] == '0')
		*--end = '\0';
	if (end[-1] == '.')
		end[-1] = '\0';
	return text;
}

const char *show_percent(uint64_t ppm)
{
	return mem_printf("%s %%", decimal((ppm + 99) / 100, 100, 2));
}

const char *show_near(uint64_t ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}};

	if (ns == UINT64_MAX)
		return "no bound";
	for (unsigned i = 0; i < 3; i++) {
		uint64_t step = units[i].ns / 1000;

		if (ns >= units[i].ns)
			return mem_printf("%s%s", decimal((ns + step - 1) / step, 1000, 3),
					  units[i].name);
	}
	return mem_printf("%lluns", (unsigned long long)ns);
}
