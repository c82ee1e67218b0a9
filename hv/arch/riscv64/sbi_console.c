/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SBI debug console (SBI 2.0, chapter 12). Bytes move through guest-physical addresses with the
 * guest's own second stage; a call moves at most DBCN_BYTES and says how many, so it is bounded.
 */
#include "abi/hypercall.h"
#include "core/console.h"
#include "riscv.h"

#define DBCN_BYTES 2u /* some 45 instructions each where output is lost */

static struct sbi_result write(struct vcpu *v, uint64_t bytes, gpaddr_t from)
{
	uint32_t count = bytes < DBCN_BYTES ? (uint32_t)bytes : DBCN_BYTES;
	uint8_t copy[DBCN_BYTES];

	if (!vm_owns(v->vm, from, bytes, REGION_R))
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	if (riscv_guest_read(copy, from, count) != HV_OK)
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	return SBI_OK(console_write(v->vm, copy, count));
}

/* A byte a call: input comes by hand. */
static struct sbi_result read(struct vcpu *v, uint64_t bytes, gpaddr_t to)
{
	uint8_t c;

	if (!vm_owns(v->vm, to, bytes, REGION_W))
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	if (!bytes || !console_get(v->vm, &c))
		return SBI_OK(0);
	if (riscv_guest_write8(to, c) != HV_OK)
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	return SBI_OK(1);
}

static struct sbi_result write_byte(struct vcpu *v, uint8_t c)
{
	return console_write(v->vm, &c, 1) ? SBI_OK(0) : SBI_ERROR(SBI_ERR_FAILED);
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
		return write_byte(v, (uint8_t)bytes);
	default:
		return SBI_ERROR(SBI_ERR_NOT_SUPPORTED);
	}
}
