/* SPDX-License-Identifier: Apache-2.0 */
/* First in, first out; `filled` counts messages to take, `empty` slots to fill. */
#include "kernel.h"
#include "port.h"

void queue_init(struct queue *queue, uint64_t *slots, size_t capacity)
{
	*queue = (struct queue){.slots = slots, .capacity = capacity};
	semaphore_init(&queue->filled, 0);
	semaphore_init(&queue->empty, capacity);
}

static void put(struct queue *queue, uint64_t message)
{
	bool were_on = critical_enter();

	queue->slots[(queue->head + queue->length) % queue->capacity] = message;
	queue->length++;
	critical_exit(were_on);
	semaphore_post(&queue->filled);
}

bool queue_send(struct queue *queue, uint64_t message, uint64_t timeout_ticks)
{
	if (!semaphore_wait(&queue->empty, timeout_ticks))
		return false;
	put(queue, message);
	return true;
}

bool queue_try_send(struct queue *queue, uint64_t message)
{
	return queue_send(queue, message, 0);
}

bool queue_receive(struct queue *queue, uint64_t *message, uint64_t timeout_ticks)
{
	bool were_on;

	if (!semaphore_wait(&queue->filled, timeout_ticks))
		return false;
	were_on = critical_enter();
	*message = queue->slots[queue->head];
	queue->head = (queue->head + 1) % queue->capacity;
	queue->length--;
	critical_exit(were_on);
	semaphore_post(&queue->empty);
	return true;
}
