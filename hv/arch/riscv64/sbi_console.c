/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI debug console (SBI 2.0, chapter 12). Bytes move through guest-physical addresses with the
 * guest's own second stage; a call moves at most DBCN_BYTES and says how many, so it is bounded.
 */
#include "abi/hypercall.h"
#include "core/console.h"
#include "riscv.h"

#define DBCN_BYTES 4u

static struct sbi_result write(struct vcpu *v, uint64_t bytes, gpaddr_t from)
{
	uint32_t done = 0;

	while (done < bytes && done < DBCN_BYTES && console_room(v->vm)) {
		uint8_t c;

		if (riscv_guest_load8(from + done, &c) != HV_OK)
			return SBI_ERROR(SBI_ERR_INVALID_PARAM);
		console_put(v->vm, c);
		done++;
	}
	return SBI_OK(done);
}

static struct sbi_result read(struct vcpu *v, uint64_t bytes, gpaddr_t to)
{
	uint32_t done = 0;
	uint8_t c;

	while (done < bytes && done < DBCN_BYTES && console_get(v->vm, &c)) {
		if (riscv_guest_store8(to + done, c) != HV_OK)
			return SBI_ERROR(SBI_ERR_INVALID_PARAM);
		done++;
	}
	return SBI_OK(done);
}

struct sbi_result sbi_dbcn(struct vcpu *v, uint64_t function)
{
	uint64_t bytes = sbi_argument(v, 0), low = sbi_argument(v, 1), high = sbi_argument(v, 2);

	switch (function) {
	case 0:
		return high ? SBI_ERROR(SBI_ERR_INVALID_PARAM) : write(v, bytes, low);
	case 1:
		return high ? SBI_ERROR(SBI_ERR_INVALID_PARAM) : read(v, bytes, low);
	case 2:
		return console_put(v->vm, (uint8_t)bytes) ? SBI_OK(0)
							   : SBI_ERROR(SBI_ERR_FAILED);
	default:
		return SBI_ERROR(SBI_ERR_NOT_SUPPORTED);
	}
}
