/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hv/arch/riscv64/mmio.c and the rest of the exits: hand-assembled loads and stores at a device,
 * given as htinst or found in guest memory, are carried out or refused.
 */
#include "cmocka_all.h"
#include "core/table.h"
#include "shim.h"

#define DEVICE 0x10000000ull
#define PC     (WORLD_GPA + 0x100)
#define STVEC  (WORLD_GPA + 0x2000)

static const struct world w = {
	.cpus = 1,
	.flags = SYSTEM_QUIET,
	.vm = {{.vic = VIC_PLIC, .uart = 10, .on_fault = ACTION_INJECT}},
};

static struct vcpu *v;
static struct {
	unsigned reads, writes;
	uint32_t offset, width;
	uint64_t value; /* written, or what a read gives */
} device;

static uint64_t device_read(struct vcpu *by, void *state, uint32_t offset, uint32_t width)
{
	(void)by, (void)state;
	device.reads++;
	device.offset = offset;
	device.width = width;
	return device.value;
}

static void device_write(struct vcpu *by, void *state, uint32_t offset, uint32_t width,
			 uint64_t value)
{
	(void)by, (void)state;
	device.writes++;
	device.offset = offset;
	device.width = width;
	device.value = value;
}

static int fresh(void **state)
{
	(void)state;
	shim_reset();
	world_start(&w);
	world_work(10);
	v = &vms[0].vcpus[0];
	shim_make_current(v);
	for (unsigned i = 0; i < vms[0].vdev_count; i++)
		if (vms[0].vdevs[i].base == DEVICE) {
			vms[0].vdevs[i].read = device_read;
			vms[0].vdevs[i].write = device_write;
		}
	memset(&device, 0, sizeof(device));
	for (unsigned i = 1; i < 32; i++)
		v->arch.x[i] = 0x0101010101010101ull * i;
	shim_csr_write(CSR_VSTVEC, STVEC);
	return 0;
}

/* The guest's access at gpa traps; the instruction is in memory or (htinst not 0) in the register.
 */
static void access(bool store, gpaddr_t gpa, uint64_t htinst)
{
	shim_at(PC);
	shim_csr_write(CSR_HTVAL, gpa >> 2);
	shim_csr_write(CSR_STVAL, gpa);
	shim_csr_write(CSR_HTINST, htinst);
	riscv_exception(v, store ? CAUSE_STORE_GUEST : CAUSE_LOAD_GUEST);
}

static void put_code(uint32_t insn)
{
	memcpy(host_memory(v->vm, PC, 4), &insn, 4);
}

static uint64_t pc(void)
{
	return shim_csr_read(CSR_SEPC);
}

/* The access went to nobody, the guest got an access fault for it. */
static void assert_refused(bool store, uint64_t value)
{
	assert_int_equal(device.reads + device.writes, 0);
	assert_int_equal(pc(), STVEC);
	assert_int_equal(shim_csr_read(CSR_VSCAUSE),
			 store ? CAUSE_STORE_ACCESS : CAUSE_LOAD_ACCESS);
	assert_int_equal(shim_csr_read(CSR_VSTVAL), value);
	assert_int_equal(shim_csr_read(CSR_VSEPC), PC);
}

/* I type: imm[11:0] rs1 funct3 rd opcode; S type: imm rs2 rs1 funct3 imm opcode (unprivileged
 * specification, 2.6). */
static uint32_t load(unsigned funct3, unsigned rd, unsigned rs1, unsigned imm)
{
	return imm << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x03;
}

static uint32_t store(unsigned funct3, unsigned rs2, unsigned rs1, unsigned imm)
{
	return (imm >> 5) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (imm & 31) << 7 | 0x23;
}

static const struct {
	const char *name;
	unsigned funct3, width;
	uint64_t expected; /* of 0x8182838485868788 */
} loads[] = {
	{"lb", 0, 1, 0xffffffffffffff88},
	{"lh", 1, 2, 0xffffffffffff8788},
	{"lw", 2, 4, 0xffffffff85868788},
	{"ld", 3, 8, 0x8182838485868788},
	{"lbu", 4, 1, 0x88},
	{"lhu", 5, 2, 0x8788},
	{"lwu", 6, 4, 0x85868788},
};

static void every_load_reads_its_width_and_extends_it(void **state)
{
	/* REQ: CPU-1, CPU-2 */
	(void)state;
	for (unsigned from_memory = 0; from_memory < 2; from_memory++)
		for (unsigned i = 0; i < 7; i++)
			for (unsigned rd = 0; rd < 32; rd++) {
				uint32_t insn = load(loads[i].funct3, rd, 5, 0x123);

				fresh(NULL);
				device.value = 0x8182838485868788;
				put_code(from_memory ? insn : 0);
				access(false, DEVICE + 0x10,
				       from_memory ? 0 : insn & ~(31u << 15) & 0xfffffu);
				assert_int_equal(device.reads, 1);
				assert_int_equal(device.offset, 0x10);
				assert_int_equal(device.width, loads[i].width);
				assert_true(v->arch.x[rd] == (rd ? loads[i].expected : 0));
				assert_int_equal(pc(), PC + 4);
				for (unsigned x = 1; x < 32; x++)
					if (x != rd)
						assert_true(v->arch.x[x] ==
							    0x0101010101010101ull * x);
			}
}

static void every_store_writes_its_width_of_the_register(void **state)
{
	/* REQ: CPU-1, CPU-2 */
	(void)state;
	for (unsigned from_memory = 0; from_memory < 2; from_memory++)
		for (unsigned funct3 = 0; funct3 < 4; funct3++)
			for (unsigned rs2 = 0; rs2 < 32; rs2++) {
				uint32_t insn = store(funct3, rs2, 5, 0x7ff);
				unsigned width = 1u << funct3;
				uint64_t all = rs2 ? 0x8182838485868700ull | rs2 : 0;

				fresh(NULL);
				v->arch.x[rs2] = all;
				put_code(from_memory ? insn : 0);
				access(true, DEVICE + 0x18, from_memory ? 0 : insn & 0x01f0707f);
				assert_int_equal(device.writes, 1);
				assert_int_equal(device.offset, 0x18);
				assert_int_equal(device.width, width);
				assert_true(device.value ==
					    (width == 8 ? all : all & ((1ull << 8 * width) - 1)));
				assert_int_equal(pc(), PC + 4);
			}
}

/* Compressed forms in memory, assembled by hand (unprivileged specification, chapter 27). */
static const struct {
	const char *name;
	uint16_t insn;
	bool store;
	unsigned width, reg;
} compressed[] = {
	{"c.lw a3, 4(a5)", 0x43d4, false, 4, 13},   {"c.ld a4, 8(a0)", 0x6518, false, 8, 14},
	{"c.sw s1, 0(s0)", 0xc004, true, 4, 9},     {"c.sd a2, 16(a1)", 0xe990, true, 8, 12},
	{"c.lwsp t6, 8(sp)", 0x4fa2, false, 4, 31}, {"c.ldsp a0, 0(sp)", 0x6502, false, 8, 10},
	{"c.swsp t0, 12(sp)", 0xc616, true, 4, 5},  {"c.sdsp ra, 24(sp)", 0xec06, true, 8, 1},
};

static void every_compressed_form_is_found_in_memory(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	for (unsigned i = 0; i < sizeof(compressed) / sizeof(compressed[0]); i++) {
		fresh(NULL);
		device.value = 0xfedcba9876543210;
		put_code(compressed[i].insn | 0xffff0000u); /* what follows does not matter */
		access(compressed[i].store, DEVICE + 0x20, 0);
		if (device.reads + device.writes != 1)
			fail_msg("%s was not carried out", compressed[i].name);
		assert_int_equal(device.width, compressed[i].width);
		assert_int_equal(pc(), PC + 2);
		if (compressed[i].store) {
			uint64_t all = 0x0101010101010101ull * compressed[i].reg;

			assert_true(device.value ==
				    (compressed[i].width == 8 ? all : (uint32_t)all));
		} else {
			assert_true(v->arch.x[compressed[i].reg] ==
				    (compressed[i].width == 8 ? 0xfedcba9876543210 : 0x76543210));
		}
	}
}

/* htinst of a compressed instruction: expanded, with bit 1 clear (Privileged Architecture, 18.6.3).
 */
static void a_transformed_compressed_instruction_is_two_bytes_long(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	device.value = 0x80000000;
	access(false, DEVICE + 4, load(2, 13, 0, 0) & ~2u);
	assert_int_equal(device.reads, 1);
	assert_true(v->arch.x[13] == 0xffffffff80000000);
	assert_int_equal(pc(), PC + 2);
	access(true, DEVICE + 8, store(3, 9, 0, 0) & ~2u);
	assert_int_equal(device.writes, 1);
	assert_true(device.value == 0x0909090909090909);
	assert_int_equal(pc(), PC + 2);
}

static void whatever_is_no_load_or_store_is_refused(void **state)
{
	/* REQ: CPU-1, OPS-2 */
	static const struct {
		const char *name;
		uint32_t insn;
		bool store;
	} refused[] = {
		{"lr.w", 0x1005252f, false},    {"sc.w", 0x18b5252f, true},
		{"amoadd.w", 0x00b5252f, true}, {"amoswap.d", 0x08b5352f, true},
		{"flw", 0x00052507, false},     {"fld", 0x00053507, false},
		{"fsw", 0x00a52027, true},      {"fsd", 0x00a53027, true},
		{"load 7", 0x00037283, false},  {"store 4", 0x00534023, true},
		{"store 7", 0x00537023, true},  {"cbo.zero", 0x0045200f, true},
		{"c.fld", 0x2508, false},       {"c.fsd", 0xa108, true},
		{"c.fldsp", 0x2502, false},     {"c.fsdsp", 0xac06, true},
		{"addi", 0x00150513, false},    {"zeros", 0x00000000, false},
		{"ones", 0xffffffff, true},     {"c.nop", 0x0001, false},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		fresh(NULL);
		put_code(refused[i].insn);
		access(refused[i].store, DEVICE, 0);
		if (device.reads + device.writes)
			fail_msg("%s was carried out", refused[i].name);
		assert_refused(refused[i].store, DEVICE);
		if ((refused[i].insn & 3) != 3)
			continue;
		fresh(NULL);
		access(refused[i].store, DEVICE, refused[i].insn & ~(31u << 15));
		assert_refused(refused[i].store, DEVICE);
	}
}

static void a_load_in_memory_where_a_store_trapped_is_refused(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	put_code(load(2, 5, 6, 0)); /* a sibling has changed the code meanwhile */
	access(true, DEVICE, 0);
	assert_refused(true, DEVICE);
}

static void misaligned_accesses_are_refused(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	for (unsigned funct3 = 1; funct3 < 4; funct3++)
		for (unsigned offset = 1; offset < (1u << funct3); offset++) {
			fresh(NULL);
			access(false, DEVICE + offset, load(funct3, 5, 0, 0));
			assert_refused(false, DEVICE + offset);
		}
}

static void accesses_outside_memory_and_devices_are_refused(void **state)
{
	/* REQ: MEM-2 */
	static const gpaddr_t nowhere[] = {
		0, DEVICE - 4, DEVICE + 0x100, WORLD_GPA - 4, WORLD_GPA + WORLD_MEMORY, 1ull << 40};

	(void)state;
	for (unsigned i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		fresh(NULL);
		access(false, nowhere[i], load(2, 5, 0, 0));
		assert_refused(false, nowhere[i]);
		fresh(NULL);
		access(true, nowhere[i], store(2, 5, 0, 0));
		assert_refused(true, nowhere[i]);
	}
	assert_int_equal(atomic_load(&vms[0].faults), 1);
	world_work(200);
	assert_true(world_said(
		"vm vm0 vcpu 0: writes outside its memory: 0x10000000000 at pc 0x80200100"));
}

/* The guest's own tables point to a device: the walk is refused, the device is not touched. */
static void a_table_walk_at_a_device_is_refused(void **state)
{
	/* REQ: MEM-2 */
	(void)state;
	put_code(load(3, 5, 6, 0));
	access(false, DEVICE, 0x3000);
	assert_refused(false, DEVICE);
	fresh(NULL);
	put_code(store(3, 5, 6, 0));
	access(true, DEVICE, 0x3020);
	assert_refused(true, DEVICE);
}

/* The code is not there any more when it is looked for: the guest runs the instruction again. */
static void an_instruction_that_has_gone_is_run_again(void **state)
{
	/* REQ: OPS-2 */
	uint64_t sstatus;

	(void)state;
	shim_at(0x1000);
	sstatus = shim_csr_read(CSR_SSTATUS);
	shim_csr_write(CSR_HTVAL, DEVICE >> 2);
	shim_csr_write(CSR_STVAL, DEVICE);
	shim_csr_write(CSR_HTINST, 0);
	assert_ptr_equal(riscv_exception(v, CAUSE_LOAD_GUEST), v);
	assert_int_equal(pc(), 0x1000);
	assert_int_equal(shim_csr_read(CSR_SSTATUS),
			 sstatus); /* nothing of the inner fault is left */
	assert_int_equal(device.reads, 0);
}

static void wfi_is_a_sleep_and_other_privileged_instructions_are_illegal(void **state)
{
	/* REQ: CPU-5, CPU-3 */
	(void)state;
	shim_at(PC);
	shim_csr_write(CSR_STVAL, 0x10500073);
	shim_csr_write(CSR_SSTATUS, SSTATUS_SPP);
	assert_null(riscv_exception(v, CAUSE_VIRTUAL_INSN));
	assert_int_equal(v->wait, WAIT_INTERRUPT);
	assert_int_equal(pc(), PC + 4);
	fresh(NULL);
	shim_at(PC);
	shim_csr_write(CSR_STVAL, 0x60002573); /* csrr a0, hstatus */
	riscv_exception(v, CAUSE_VIRTUAL_INSN);
	assert_int_equal(pc(), STVEC);
	assert_int_equal(shim_csr_read(CSR_VSCAUSE), CAUSE_ILLEGAL);
	assert_int_equal(shim_csr_read(CSR_VSTVAL), 0x60002573);
}

static void wfi_with_an_interrupt_pending_goes_on(void **state)
{
	/* REQ: CPU-5, TIME-3 */
	(void)state;
	shim_csr_write(CSR_VSIE, VSIE_STIE);
	shim_csr_write(CSR_VSTIMECMP, 0);
	shim_at(PC);
	shim_csr_write(CSR_STVAL, 0x10500073);
	shim_csr_write(CSR_SSTATUS, SSTATUS_SPP);
	assert_ptr_equal(riscv_exception(v, CAUSE_VIRTUAL_INSN), v);
	assert_int_equal(v->wait, WAIT_NOTHING);
}

/* A trap into the guest, as Privileged Architecture 3.3.2 and 18.6 say: SPP and SPIE of VS-mode. */
static void an_injected_fault_looks_like_the_hardwares(void **state)
{
	/* REQ: CPU-1 */
	(void)state;
	shim_csr_write(CSR_VSSTATUS, SSTATUS_SIE);
	shim_csr_write(CSR_SSTATUS, 0); /* from VU-mode */
	access(false, 0x5000, load(2, 5, 0, 0));
	assert_int_equal(shim_csr_read(CSR_VSSTATUS) & (SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE),
			 SSTATUS_SPIE);
	assert_true(shim_csr_read(CSR_SSTATUS) & SSTATUS_SPP); /* goes on in VS-mode */
	fresh(NULL);
	shim_csr_write(CSR_VSSTATUS, SSTATUS_SPIE);
	shim_csr_write(CSR_SSTATUS, SSTATUS_SPP);
	shim_csr_write(CSR_VSTVEC, STVEC | 1); /* vectored: exceptions go to the base */
	access(false, 0x5000, load(2, 5, 0, 0));
	assert_int_equal(shim_csr_read(CSR_VSSTATUS) & (SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SIE),
			 SSTATUS_SPP);
	assert_int_equal(pc(), STVEC);
}

static void a_trap_vector_that_cannot_be_fetched_ends_the_vm(void **state)
{
	/* REQ: OPS-2 */
	(void)state;
	shim_csr_write(CSR_VSTVEC, 0x5000);
	shim_at(0x5000);
	shim_csr_write(CSR_HTVAL, 0x5000 >> 2);
	shim_csr_write(CSR_STVAL, 0x5000);
	riscv_exception(v, CAUSE_FETCH_GUEST);
	world_work(500);
	assert_int_equal(atomic_load(&vms[0].state), VM_ENDED);
}

static void random_words_never_leave_the_guests_own_world(void **state)
{
	/* REQ: OPS-2, MEM-2 */
	uint64_t seed = 41;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		bool is_store = random_below(&seed, 2);
		uint32_t insn = (uint32_t)random_next(&seed);
		gpaddr_t gpa = DEVICE + random_below(&seed, 0x108);

		memset(&device, 0, sizeof(device));
		put_code(insn);
		access(is_store, gpa, random_below(&seed, 2) ? 0 : insn);
		assert_true(device.reads + device.writes <= 1);
		if (device.reads + device.writes) {
			assert_int_equal(device.writes, is_store);
			assert_int_equal(device.offset % device.width, 0);
			assert_true(device.offset + device.width <= 0x100);
			assert_true(pc() == PC + 4 || pc() == PC + 2);
		} else {
			assert_int_equal(pc(), STVEC);
		}
		assert_int_equal(v->arch.x[0], 0);
	}
}

#define FRESH(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(every_load_reads_its_width_and_extends_it),
		FRESH(every_store_writes_its_width_of_the_register),
		FRESH(every_compressed_form_is_found_in_memory),
		FRESH(a_transformed_compressed_instruction_is_two_bytes_long),
		FRESH(whatever_is_no_load_or_store_is_refused),
		FRESH(a_load_in_memory_where_a_store_trapped_is_refused),
		FRESH(misaligned_accesses_are_refused),
		FRESH(accesses_outside_memory_and_devices_are_refused),
		FRESH(a_table_walk_at_a_device_is_refused),
		FRESH(an_instruction_that_has_gone_is_run_again),
		FRESH(wfi_is_a_sleep_and_other_privileged_instructions_are_illegal),
		FRESH(wfi_with_an_interrupt_pending_goes_on),
		FRESH(an_injected_fault_looks_like_the_hardwares),
		FRESH(a_trap_vector_that_cannot_be_fetched_ends_the_vm),
		FRESH(random_words_never_leave_the_guests_own_world),
	};

	return cmocka_run_group_tests_name("mmio", tests, NULL, NULL);
}
