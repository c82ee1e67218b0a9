/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware interface that guests see: SBI 2.0. Arguments in a0..a5, extension a7, function a6;
 * answers error in a0 and value in a1. Whatever is not here answers SBI_ERR_NOT_SUPPORTED.
 */
#include "abi/hypercall.h"
#include "core/services.h"
#include "core/trace.h"
#include "riscv.h"

#define EXT_BASE 0x10
#define EXT_TIME 0x54494d45
#define EXT_IPI  0x735049
#define EXT_RFNC 0x52464e43
#define EXT_HSM  0x48534d
#define EXT_SRST 0x53525354
#define EXT_DBCN 0x4442434e
#define EXT_SUSP 0x53555350

#define SPEC_VERSION           (2ul << 24)
#define IMPLEMENTATION_ID      0x50525400ul /* "PRT": not registered */
#define IMPLEMENTATION_VERSION 1ul

static bool extension_exists(uint64_t extension)
{
	switch (extension) {
	case EXT_BASE:
	case EXT_TIME:
	case EXT_IPI:
	case EXT_RFNC:
	case EXT_HSM:
	case EXT_SRST:
	case EXT_DBCN:
	case EXT_SUSP:
	case HCALL_EXTENSION:
		return true;
	default:
		return false;
	}
}

static struct sbi_result base(struct vcpu *v, uint64_t function)
{
	const struct table_vm *config = v->vm->config;

	switch (function) {
	case 0:
		return SBI_OK(SPEC_VERSION);
	case 1:
		return SBI_OK(IMPLEMENTATION_ID);
	case 2:
		return SBI_OK(IMPLEMENTATION_VERSION);
	case 3:
		return SBI_OK(extension_exists(sbi_argument(v, 0)));
	case 4:
		return SBI_OK(config->mvendorid);
	case 5:
		return SBI_OK(config->marchid);
	case 6:
		return SBI_OK(config->mimpid);
	default:
		return SBI_ERROR(SBI_ERR_NOT_SUPPORTED);
	}
}

static struct sbi_result set_timer(struct vcpu *v)
{
	csr_write(CSR_VSTIMECMP, sbi_argument(v, 0));
	return SBI_OK(0);
}

/* SBI 2.0, chapter 10: types 0 shutdown, 1 cold and 2 warm reboot. */
static struct sbi_result reset(struct vcpu *v)
{
	uint64_t type = sbi_argument(v, 0), reason = sbi_argument(v, 1);

	if (type > 2 || reason > 1)
		return SBI_ERROR(SBI_ERR_INVALID_PARAM);
	vm_stop(v->vm,
		type     ? "reboot"
		: reason ? "shutdown after a failure"
			 : "shutdown",
		type && v->vm->config->on_reboot == ACTION_RESTART);
	return SBI_OK(0);
}

static struct sbi_result partita(struct vcpu *v, uint64_t function)
{
	struct hcall_result r = hypercall(v, function, &v->arch.x[10]);

	return (struct sbi_result){r.error, r.value};
}

static struct sbi_result call(struct vcpu *v)
{
	uint64_t function = v->arch.x[16];

	switch (v->arch.x[17]) {
	case EXT_BASE:
		return base(v, function);
	case EXT_TIME:
		if (function == 0)
			return set_timer(v);
		break;
	case EXT_IPI:
		if (function == 0)
			return sbi_ipi(v);
		break;
	case EXT_RFNC:
		return sbi_rfence(v, function);
	case EXT_HSM:
		return sbi_hsm(v, function);
	case EXT_SRST:
		if (function == 0)
			return reset(v);
		break;
	case EXT_DBCN:
		return sbi_dbcn(v, function);
	case EXT_SUSP:
		return sbi_suspend(v, function);
	case HCALL_EXTENSION:
		return partita(v, function);
	default:
		break;
	}
	return SBI_ERROR(SBI_ERR_NOT_SUPPORTED);
}

struct vcpu *riscv_sbi_exit(struct vcpu *v)
{
	struct sbi_result r;

	v->exits[EXIT_SBI]++;
	trace(TRACE_HYPERCALL, v->index, (uint32_t)v->arch.x[16], v->arch.x[17]);
	riscv_skip(4);
	/* What ends every job comes first; the answer follows when the release is known. */
	if (v->arch.x[17] == HCALL_EXTENSION && v->arch.x[16] == HCALL_WAIT_NEXT_PERIOD &&
	    sched_is_rt(&v->entity)) {
		v->arch.x[10] = SBI_SUCCESS;
		v->wait = WAIT_PERIOD;
		return riscv_leave(v);
	}
	r = call(v);
	if (unlikely(r.error == HCALL_AGAIN)) {
		csr_write(CSR_SEPC, csr_read(CSR_SEPC) - 4);
		return riscv_resume(v);
	}
	v->arch.x[10] = (uint64_t)r.error;
	v->arch.x[11] = r.value;
	return riscv_resume(v);
}
