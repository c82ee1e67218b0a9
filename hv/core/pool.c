/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pool.h"
#include "arch/arch.h"

static paddr_t next, end;

void pool_init(paddr_t start, uint64_t bytes)
{
	next = start;
	end = start + bytes;
}

/* The pool lies inside the boot image: the loader has filled it with zeros. */
void *pool_take(uint64_t bytes, uint64_t align)
{
	paddr_t at = ALIGN_UP(next, align);

	if (at + bytes > end)
		panic("system table gives too small a pool", at + bytes - end);
	next = at + bytes;
	return (void *)at;
}

paddr_t pool_next(void)
{
	return next;
}
