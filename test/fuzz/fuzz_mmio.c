/* SPDX-License-Identifier: Apache-2.0 */
/* Exits with any instruction, given or in memory, at any address: at most one device access, or a
 * fault. */
#include "fuzz.h"
#include "shim.h"

static const struct world w = {
	.cpus = 1,
	.vms = 2,
	.flags = SYSTEM_QUIET,
	.vm = {{.vic = VIC_PLIC, .uart = 10, .on_fault = ACTION_INJECT}, {.on_fault = ACTION_STOP}},
};

static const uint64_t causes[] = {CAUSE_LOAD_GUEST,  CAUSE_STORE_GUEST, CAUSE_VIRTUAL_INSN,
				  CAUSE_FETCH_GUEST, CAUSE_ILLEGAL,     24};
static const uint64_t places[] = {0x10000000, 0x0c000000, 0x0c201000,
				  0x80200000, 0x5000,     0x0d000000};

size_t fuzz_seed(unsigned n, uint8_t *out)
{
	static const uint32_t insns[] = {0x00052283, 0x00552023, 0x43d4,    0xe990,     0x1005252f,
					 0x10500073, 0x00d00073, 0x3000,    0x00050283, 0x00051283,
					 0x00053283, 0x00054283, 0x00550023};
	uint8_t *at = out;

	if (n >= 13 * 6 * 2)
		return 0;
	put(&at, n % 2, 1);
	put(&at, n / 2 % 6, 1);
	put(&at, n % 6, 1);
	put(&at, n % 12, 2);
	put(&at, insns[n / 12], 4);
	put(&at, n % 2 ? insns[n / 12] & 0xfff07fff : 0, 4);
	return (size_t)(at - out);
}

static void one_exit(struct input *in)
{
	unsigned which = (unsigned)take(in, 1) & 1;
	uint64_t cause = causes[take(in, 1) % 6], place = places[take(in, 1) % 6] + take(in, 2);
	uint32_t insn = (uint32_t)take(in, 4), htinst = (uint32_t)take(in, 4);
	struct vcpu *v = &vms[which].vcpus[0];
	uint64_t pc = WORLD_GPA + (place & 0x3ffe), next;

	if (atomic_load(&vms[which].state) != VM_RUNNING || v->wait != WAIT_NOTHING)
		return;
	if (v->cpu->current != v) {
		for (unsigned i = 0; i < 20 && host_run(v->cpu) != v; i++)
			host_now += MS;
		if (v->cpu->current != v)
			return;
	}
	host_cpu = v->cpu;
	memcpy(host_memory(v->vm, pc, 4), &insn, 4);
	shim_at(pc);
	shim_csr_write(CSR_VSTVEC, WORLD_GPA + 0x8000);
	shim_csr_write(CSR_HTVAL, place >> 2);
	shim_csr_write(CSR_STVAL, cause == CAUSE_VIRTUAL_INSN ? insn : place);
	shim_csr_write(CSR_HTINST, htinst);
	riscv_exception(v, cause);
	next = shim_csr_read(CSR_SEPC);
	MUST(next == pc || next == pc + 2 || next == pc + 4 || next == WORLD_GPA + 0x8000);
	MUST(v->arch.x[0] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input in = {data, bytes};

	shim_reset();
	world_start(&w);
	for (unsigned i = 0; in.left && i < 200; i++)
		one_exit(&in);
	return 0;
}
