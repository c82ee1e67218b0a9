/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"
#include "port.h"
#include "wait.h"

void semaphore_init(struct semaphore *semaphore, uint64_t count)
{
	*semaphore = (struct semaphore){.count = count};
}

bool semaphore_wait(struct semaphore *semaphore, uint64_t timeout_ticks)
{
	bool were_on = critical_enter(), got = true;

	if (semaphore->count > 0)
		semaphore->count--;
	else if (timeout_ticks == 0)
		got = false;
	else
		got = kernel_block(&semaphore->waiters, timeout_ticks);
	critical_exit(were_on);
	return got;
}

/* A waiter takes the unit directly: no later comer can steal it. */
void semaphore_post(struct semaphore *semaphore)
{
	bool were_on = critical_enter();

	if (semaphore->waiters)
		kernel_wake_highest(&semaphore->waiters);
	else
		semaphore->count++;
	critical_exit(were_on);
}
