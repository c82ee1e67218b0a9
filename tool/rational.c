/* SPDX-License-Identifier: Apache-2.0 */
#include "rational.h"

#define COARSE ((unsigned __int128)1 << 62)

static unsigned __int128 gcd(unsigned __int128 a, unsigned __int128 b)
{
	while (b) {
		unsigned __int128 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static struct rational reduce(struct rational a)
{
	unsigned __int128 common = gcd(a.over, a.under);

	return common ? (struct rational){a.over / common, a.under / common} : a;
}

/* a/b rounded up to a multiple of 1/COARSE; a < b * 2^64 holds for all sums of up to 2^64 CPUs. */
static struct rational coarsen(struct rational a)
{
	unsigned __int128 whole = a.over / a.under, rest = a.over % a.under, part = 0;

	/* Binary long division: 62 bits of rest/under, each step exact. under < 2^127 here. */
	for (int bit = 0; bit < 62; bit++) {
		rest *= 2;
		part *= 2;
		if (rest >= a.under) {
			rest -= a.under;
			part++;
		}
	}
	return (struct rational){whole * COARSE + part + (rest != 0), COARSE};
}

static bool add_exact(struct rational a, struct rational b, struct rational *sum)
{
	unsigned __int128 common = gcd(a.under, b.under), left, right;
	bool overflow = __builtin_mul_overflow(a.over, b.under / common, &left);

	overflow |= __builtin_mul_overflow(b.over, a.under / common, &right);
	overflow |= __builtin_add_overflow(left, right, &sum->over);
	overflow |= __builtin_mul_overflow(a.under / common, b.under, &sum->under);
	return !overflow && !(sum->under >> 126);
}

struct rational rational_add(struct rational a, struct rational b)
{
	struct rational sum;

	if (add_exact(a, b, &sum))
		return reduce(sum);
	a = coarsen(a);
	b = coarsen(b);
	return (struct rational){a.over + b.over, COARSE};
}

bool rational_fits_one(struct rational a)
{
	return a.over <= a.under;
}

uint64_t rational_ppm(struct rational a)
{
	unsigned __int128 product;

	if (__builtin_mul_overflow(a.over, (unsigned __int128)1000000, &product)) {
		a = coarsen(a);
		product = a.over * 1000000;
	}
	return (uint64_t)(product / a.under + (product % a.under != 0));
}

uint64_t rational_room(struct rational used, uint64_t under)
{
	struct rational left;
	unsigned __int128 product;

	if (!rational_fits_one(used))
		return 0;
	left = (struct rational){used.under - used.over, used.under};
	if (!__builtin_mul_overflow(left.over, (unsigned __int128)under, &product))
		return (uint64_t)(product / left.under);
	left = coarsen(used);
	if (!rational_fits_one(left))
		return 0;
	return (uint64_t)((COARSE - left.over) * under / COARSE);
}
