/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest value from one writer to one reader, without a lock: neither ever waits for the other,
 * however long that one is off the CPU. For data shared by a real-time service and a best-effort
 * hart, where a lock would make the service wait for the hart's turn.
 *
 * The user has three copies of the data, `struct x copies[EXCHANGE_COPIES]`. The writer fills
 * copies[exchange.back] and publishes; the reader takes and reads copies[exchange.front]. The third
 * lies between them: each side swaps its own for that one by one atomic operation.
 */
#ifndef SDK_EXCHANGE_H
#define SDK_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#define EXCHANGE_COPIES 3
#define EXCHANGE_NEW    4u /* set in `middle`: the reader has not had it */

struct exchange {
	uint32_t front;  /* the reader's */
	uint32_t back;   /* the writer's */
	uint32_t middle; /* either's */
};

#define EXCHANGE_INIT                                                                              \
	{                                                                                          \
		.front = 0, .back = 1, .middle = 2                                                 \
	}

/* Writer: copies[back] is complete; `back` is another one afterwards, with old content. */
static inline void exchange_publish(struct exchange *exchange)
{
	exchange->back = __atomic_exchange_n(&exchange->middle, exchange->back | EXCHANGE_NEW,
					     __ATOMIC_ACQ_REL) &
			 ~EXCHANGE_NEW;
}

/* Reader: copies[front] is the newest afterwards; whether it is newer than before. */
static inline bool exchange_take(struct exchange *exchange)
{
	if (!(__atomic_load_n(&exchange->middle, __ATOMIC_RELAXED) & EXCHANGE_NEW))
		return false;
	exchange->front =
		__atomic_exchange_n(&exchange->middle, exchange->front, __ATOMIC_ACQ_REL) &
		~EXCHANGE_NEW;
	return true;
}

#endif
