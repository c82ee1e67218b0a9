/* SPDX-License-Identifier: Apache-2.0 */
/* core/work.c, with a way back to the state before start. */
#include "core/work.c"
#include "../world.h"

void state_reset_work(void)
{
	entity = (struct sched_entity){.kind = ENTITY_WORK, .queue = SCHED_BE, .slice = WORK_SLICE_NS};
}

bool state_work_sleeps(void)
{
	return entity.state == SCHED_BLOCKED;
}
