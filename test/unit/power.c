/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's variables (sections hv_data and hv_bss, see unit.mk) as they were at the
 * beginning. */
#include "world.h"
#include <stdlib.h>

extern char __start_hv_data[] __attribute__((weak)), __stop_hv_data[] __attribute__((weak));
extern char __start_hv_bss[] __attribute__((weak)), __stop_hv_bss[] __attribute__((weak));

static char *kept;

/* Byte by byte and unchecked: the sanitizer's red zones lie in between. */
static __attribute__((no_sanitize("address"), noinline)) void
copy(volatile char *to, const volatile char *from, long bytes)
{
	while (bytes-- > 0)
		*to++ = *from++;
}

static __attribute__((constructor)) void keep(void)
{
	long bytes = __stop_hv_data - __start_hv_data;

	kept = malloc((size_t)bytes + 1);
	copy(kept, __start_hv_data, bytes);
}

static __attribute__((no_sanitize("address"), noinline)) void clear(volatile char *at,
								    volatile char *end)
{
	while (at < end)
		*at++ = 0;
}

void power_off(void)
{
	copy(__start_hv_data, kept, __stop_hv_data - __start_hv_data);
	clear(__start_hv_bss, __stop_hv_bss);
}
