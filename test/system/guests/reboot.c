/* SPDX-License-Identifier: Apache-2.0 */
/* Dirties all of its memory, then reboots; says whether it found everything as at the first time.
 */
#include <stdbool.h>
#include "print.h"
#include "sbi.h"
#include "time.h"

#define REBOOT_TICKS (20 * TICKS_PER_MS)
#define PRISTINE     0x1234
#define FAR_OFFSET   (512ul << 10) /* behind the image; cleared by clear: yes */

extern const char __guest_start[];

static volatile uint64_t data = PRISTINE;
static volatile uint64_t bss;

void guest_main(uint64_t hart);

void guest_main(uint64_t hart)
{
	volatile uint64_t *far = (volatile uint64_t *)((uint64_t)__guest_start + FAR_OFFSET);

	print("reboot: hart %lu data %s bss %s far %s\n", hart,
	      data == PRISTINE ? "pristine" : "DIRTY", bss ? "DIRTY" : "pristine",
	      *far ? "dirty" : "pristine");
	data = 1;
	bss = 1;
	*far = 1;
	sleep_until(read_time() + REBOOT_TICKS);
	sbi_call3(SBI_SRST, SBI_SRST_RESET, SBI_SRST_COLD_REBOOT, SBI_SRST_NO_REASON, 0);
	print("reboot: refused\n");
	shutdown();
}
