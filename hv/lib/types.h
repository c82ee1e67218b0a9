/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars with a unit or an address kind, error codes, and the few macros every room uses. */
#ifndef HV_LIB_TYPES_H
#define HV_LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t ns_t;     /* nanoseconds since the board's timer was 0 */
typedef uint64_t paddr_t;  /* physical address */
typedef uint64_t gpaddr_t; /* guest-physical address */
typedef uint64_t gvaddr_t; /* guest-virtual address */

#define NS_NEVER UINT64_MAX

/* Errors: small negative codes, one list, returned up to the place that can act. */
enum {
	HV_OK = 0,
	HV_EINVAL = -1,
	HV_ENOMEM = -2,
	HV_EFAULT = -3,
	HV_ENOSUPPORT = -4,
	HV_EBUSY = -5,
};

#define ARRAY_SIZE(a)         (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)        (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define container_of(p, t, m) ((t *)(void *)((char *)(p)-offsetof(t, m)))
#define likely(x)             __builtin_expect(!!(x), 1)
#define unlikely(x)           __builtin_expect(!!(x), 0)
#define PAGE_BYTES            4096ull

#endif
