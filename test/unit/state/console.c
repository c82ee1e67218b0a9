/* SPDX-License-Identifier: Apache-2.0 */
/* core/console.c, with a way back to the state before start. */
#include "core/console.c"
#include "../world.h"

void state_reset_console(void)
{
	driver = NULL;
	focus = shown = NULL;
	room = 0;
	show_all = command = false;
	at_line_start = true;
	line = (struct print_job){0};
	status_next = 0;
	log_lock = (struct lock){0};
	log_head = log_tail = log_lost = 0;
	off_wanted = false;
}
