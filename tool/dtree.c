/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's device tree: the board's own shape (QEMU hw/riscv/virt.c), reduced to what this VM
 * has. Bindings: Linux Documentation/devicetree/bindings, riscv/cpus.yaml, riscv,imsics.yaml,
 * riscv,aplic.yaml, sifive,plic-1.0.0.yaml.
 */
#include "dtree.h"
#include "mem.h"

#include <libfdt.h>
#include <string.h>

#define TREE_MAX 32768

#define PHANDLE_CPU        1u /* + vCPU number: its local interrupt controller */
#define PHANDLE_CONTROLLER 16u
#define PHANDLE_IMSIC      17u
#define IRQ_S_EXTERNAL     9u
#define IRQ_M_EXTERNAL     11u
#define LEVEL_HIGH         4u

struct writer {
	void *blob;
	int error; /* the first one */
};

static void note(struct writer *w, int error)
{
	if (!w->error)
		w->error = error;
}

static void node_begin(struct writer *w, const char *name)
{
	note(w, fdt_begin_node(w->blob, name));
}

static void node_end(struct writer *w)
{
	note(w, fdt_end_node(w->blob));
}

static void put_cell(struct writer *w, const char *name, uint32_t cell)
{
	note(w, fdt_property_u32(w->blob, name, cell));
}

static void put_cells(struct writer *w, const char *name, const uint32_t *cells, uint32_t count)
{
	fdt32_t raw[4 * TABLE_MAX_VM_VCPUS];

	for (uint32_t i = 0; i < count; i++)
		raw[i] = cpu_to_fdt32(cells[i]);
	note(w, fdt_property(w->blob, name, raw, (int)(count * sizeof(raw[0]))));
}

static void put_bytes(struct writer *w, const char *name, const void *data, size_t bytes)
{
	note(w, fdt_property(w->blob, name, data, (int)bytes));
}

static void put_text(struct writer *w, const char *name, const char *text)
{
	put_bytes(w, name, text, strlen(text) + 1);
}

static void put_flag(struct writer *w, const char *name)
{
	put_bytes(w, name, NULL, 0);
}

static void put_reg(struct writer *w, uint64_t address, uint64_t bytes)
{
	const uint32_t cells[] = {(uint32_t)(address >> 32), (uint32_t)address,
				  (uint32_t)(bytes >> 32), (uint32_t)bytes};

	put_cells(w, "reg", cells, 4);
}

struct extension {
	const char *name;
	uint64_t isa; /* 0: always there */
	bool smp;     /* only where others can end the wait */
};

/* In the order of the ISA string: single letters, Z, then S extensions. */
static const struct extension extensions[] = {
	{"i", 0, false},
	{"m", 0, false},
	{"a", 0, false},
	{"f", ISA_D, false},
	{"d", ISA_D, false},
	{"c", 0, false},
	{"zicbom", ISA_ZICBOM, false},
	{"zicboz", ISA_ZICBOZ, false},
	{"zicntr", 0, false},
	{"zicsr", 0, false},
	{"zifencei", 0, false},
	{"zihintpause", 0, false},
	{"zawrs", 0, true},
	{"zba", ISA_ZBA, false},
	{"zbb", ISA_ZBA, false},
	{"zbc", ISA_ZBA, false},
	{"zbs", ISA_ZBA, false},
	{"ssaia", ISA_SSAIA, false},
	{"sstc", ISA_SSTC, false},
	{"svinval", ISA_SVINVAL, false},
	{"svnapot", ISA_SVNAPOT, false},
	{"svpbmt", ISA_SVPBMT, false},
};
#define EXTENSIONS   (sizeof(extensions) / sizeof(extensions[0]))
#define ISA_TEXT_MAX 256

/* The same list twice: one string as of old, and a list of strings (riscv/extensions.yaml). */
static void put_isa(struct writer *w, uint64_t isa, bool smp)
{
	char list[ISA_TEXT_MAX];
	const char *line = "rv64";
	size_t used = 0;

	for (size_t i = 0; i < EXTENSIONS; i++) {
		const char *name = extensions[i].name;
		size_t bytes = strlen(name) + 1;

		if ((extensions[i].isa && !(isa & extensions[i].isa)) ||
		    (extensions[i].smp && !smp) || used + bytes > sizeof(list))
			continue;
		memcpy(list + used, name, bytes);
		used += bytes;
		line = mem_printf("%s%s%s", line, name[1] ? "_" : "", name);
	}
	put_text(w, "riscv,isa", line);
	put_text(w, "riscv,isa-base", "rv64i");
	put_bytes(w, "riscv,isa-extensions", list, used);
	if (isa & ISA_ZICBOM)
		put_cell(w, "riscv,cbom-block-size", 64);
	if (isa & ISA_ZICBOZ)
		put_cell(w, "riscv,cboz-block-size", 64);
}

static void put_cpu(struct writer *w, const struct sys_vm *vm, uint32_t number)
{
	node_begin(w, mem_printf("cpu@%x", number));
	put_text(w, "device_type", "cpu");
	put_cell(w, "reg", number);
	put_text(w, "status", "okay");
	put_text(w, "compatible", "riscv");
	put_isa(w, vm->isa, vm->vcpu_count > 1);
	put_text(w, "mmu-type", "riscv,sv39");
	node_begin(w, "interrupt-controller");
	put_cell(w, "#address-cells", 0);
	put_cell(w, "#interrupt-cells", 1);
	put_flag(w, "interrupt-controller");
	put_text(w, "compatible", "riscv,cpu-intc");
	put_cell(w, "phandle", PHANDLE_CPU + number);
	node_end(w);
	node_end(w);
}

static void put_cpus(struct writer *w, const struct system *system, const struct sys_vm *vm)
{
	node_begin(w, "cpus");
	put_cell(w, "#address-cells", 1);
	put_cell(w, "#size-cells", 0);
	put_cell(w, "timebase-frequency", system->board->timebase_hz);
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		put_cpu(w, vm, i);
	node_end(w);
}

/* For each vCPU the given local interrupts, in pairs <phandle irq>. */
static void put_parents(struct writer *w, const struct sys_vm *vm, const uint32_t *irqs,
			uint32_t irq_count)
{
	uint32_t cells[4 * TABLE_MAX_VM_VCPUS], count = 0;

	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		for (uint32_t j = 0; j < irq_count; j++) {
			cells[count++] = PHANDLE_CPU + i;
			cells[count++] = irqs[j];
		}
	put_cells(w, "interrupts-extended", cells, count);
}

static void put_plic(struct writer *w, const struct sys_vm *vm)
{
	static const uint32_t irqs[] = {IRQ_M_EXTERNAL, IRQ_S_EXTERNAL};
	static const char plic[] = "sifive,plic-1.0.0\0riscv,plic0";

	node_begin(w, mem_printf("plic@%llx", GUEST_PLIC_GPA));
	put_bytes(w, "compatible", plic, sizeof(plic));
	put_reg(w, GUEST_PLIC_GPA, GUEST_PLIC_BYTES);
	put_parents(w, vm, irqs, 2);
	put_cell(w, "riscv,ndev", vm->vic_sources);
	put_flag(w, "interrupt-controller");
	put_cell(w, "#address-cells", 0);
	put_cell(w, "#interrupt-cells", 1);
	put_cell(w, "phandle", PHANDLE_CONTROLLER);
	node_end(w);
}

static void put_imsic(struct writer *w, const struct sys_vm *vm)
{
	static const uint32_t irqs[] = {IRQ_S_EXTERNAL};

	node_begin(w, mem_printf("interrupt-controller@%llx", GUEST_IMSIC_GPA));
	put_text(w, "compatible", "riscv,imsics");
	put_reg(w, GUEST_IMSIC_GPA, vm->vcpu_count * GUEST_IMSIC_STRIDE);
	put_parents(w, vm, irqs, 1);
	put_cell(w, "riscv,num-ids", 255);
	put_flag(w, "interrupt-controller");
	put_cell(w, "#address-cells", 0);
	put_cell(w, "#interrupt-cells", 0);
	put_flag(w, "msi-controller");
	put_cell(w, "#msi-cells", 0);
	put_cell(w, "phandle", PHANDLE_IMSIC);
	node_end(w);
}

static void put_aplic(struct writer *w, const struct sys_vm *vm)
{
	node_begin(w, mem_printf("interrupt-controller@%llx", GUEST_APLIC_GPA));
	put_text(w, "compatible", "riscv,aplic");
	put_reg(w, GUEST_APLIC_GPA, GUEST_APLIC_BYTES);
	put_cell(w, "msi-parent", PHANDLE_IMSIC);
	put_cell(w, "riscv,num-sources", vm->vic_sources);
	put_flag(w, "interrupt-controller");
	put_cell(w, "#address-cells", 0);
	put_cell(w, "#interrupt-cells", 2);
	put_cell(w, "phandle", PHANDLE_CONTROLLER);
	node_end(w);
}

static void put_interrupt(struct writer *w, const struct sys_vm *vm, uint32_t source)
{
	const uint32_t cells[] = {source, LEVEL_HIGH};

	if (!source)
		return;
	put_cell(w, "interrupt-parent", PHANDLE_CONTROLLER);
	put_cells(w, "interrupts", cells, vm->vic == VIC_PLIC ? 1 : 2);
}

static void put_uart(struct writer *w, const struct sys_vm *vm)
{
	node_begin(w, mem_printf("serial@%llx", GUEST_UART_GPA));
	put_text(w, "compatible", "ns16550a");
	put_reg(w, GUEST_UART_GPA, GUEST_UART_BYTES);
	put_cell(w, "clock-frequency", 3686400);
	put_interrupt(w, vm, vm->uart_source);
	node_end(w);
}

static void put_device(struct writer *w, const struct sys_vm *vm, const struct sys_device *device)
{
	const struct board_device *real = device->device;

	node_begin(w, mem_printf("%s@%llx", real->name, (unsigned long long)real->phys));
	put_text(w, "compatible", real->compatible);
	put_reg(w, real->phys, real->bytes);
	put_interrupt(w, vm, device->virt_source);
	node_end(w);
}

static void put_soc(struct writer *w, const struct sys_vm *vm)
{
	node_begin(w, "soc");
	put_cell(w, "#address-cells", 2);
	put_cell(w, "#size-cells", 2);
	put_text(w, "compatible", "simple-bus");
	put_flag(w, "ranges");
	if (vm->vic == VIC_PLIC)
		put_plic(w, vm);
	if (vm->vic == VIC_AIA) {
		put_imsic(w, vm);
		put_aplic(w, vm);
	}
	if (vm->uart)
		put_uart(w, vm);
	for (uint32_t i = 0; i < vm->device_count; i++)
		put_device(w, vm, &vm->devices[i]);
	node_end(w);
}

/*
 * Repeatable: FNV-1a over "SYSTEM/VM", stretched by splitmix64. It keeps an early guest from
 * waiting for randomness; it is no secret. Key rng-seed gives a real one.
 */
static const uint8_t *seed_from_names(const struct system *system, const struct sys_vm *vm)
{
	const char *text = mem_printf("%s/%s", system->name, vm->name);
	uint64_t state = 0xcbf29ce484222325ull;
	uint8_t *seed = mem_zero(64);

	for (; *text; text++)
		state = (state ^ (unsigned char)*text) * 0x100000001b3ull;
	for (size_t i = 0; i < 64; i += 8) {
		uint64_t z = state += 0x9e3779b97f4a7c15ull;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
		z ^= z >> 31;
		memcpy(seed + i, &z, 8);
	}
	return seed;
}

static void put_chosen(struct writer *w, const struct system *system, const struct sys_vm *vm,
		       struct initrd_span initrd)
{
	node_begin(w, "chosen");
	if (vm->cmdline)
		put_text(w, "bootargs", vm->cmdline);
	if (vm->uart)
		put_text(w, "stdout-path", mem_printf("/soc/serial@%llx", GUEST_UART_GPA));
	if (initrd.end) {
		note(w, fdt_property_u64(w->blob, "linux,initrd-start", initrd.start));
		note(w, fdt_property_u64(w->blob, "linux,initrd-end", initrd.end));
	}
	put_bytes(w, "rng-seed", vm->rng_seed ? vm->rng_seed : seed_from_names(system, vm), 64);
	node_end(w);
}

static void put_memory(struct writer *w, const struct sys_vm *vm)
{
	node_begin(w, mem_printf("memory@%llx", (unsigned long long)vm->gpa));
	put_text(w, "device_type", "memory");
	put_reg(w, vm->gpa, vm->memory_bytes);
	node_end(w);
}

static void put_root(struct writer *w, const struct system *system, const struct sys_vm *vm,
		     struct initrd_span initrd)
{
	static const char guest[] = "partita,guest\0riscv-virtio";

	node_begin(w, "");
	put_cell(w, "#address-cells", 2);
	put_cell(w, "#size-cells", 2);
	put_bytes(w, "compatible", guest, sizeof(guest));
	put_text(w, "model", mem_printf("Partita VM %s", vm->name));
	put_chosen(w, system, vm, initrd);
	if (vm->uart) {
		node_begin(w, "aliases");
		put_text(w, "serial0", mem_printf("/soc/serial@%llx", GUEST_UART_GPA));
		node_end(w);
	}
	put_cpus(w, system, vm);
	put_memory(w, vm);
	put_soc(w, vm);
	node_end(w);
}

struct dtree dtree_make(const struct system *system, const struct sys_vm *vm,
			struct initrd_span initrd)
{
	struct writer w = {.blob = mem_zero(TREE_MAX)};

	note(&w, fdt_create(w.blob, TREE_MAX));
	note(&w, fdt_finish_reservemap(w.blob));
	put_root(&w, system, vm, initrd);
	note(&w, fdt_finish(w.blob));
	if (w.error)
		return (struct dtree){.problem = fdt_strerror(w.error)};
	return (struct dtree){.data = w.blob, .bytes = fdt_totalsize(w.blob)};
}

static int complete_chosen(void *blob, const struct sys_vm *vm, struct initrd_span initrd)
{
	int chosen = fdt_path_offset(blob, "/chosen"), error = 0;

	if (chosen == -FDT_ERR_NOTFOUND)
		chosen = fdt_add_subnode(blob, 0, "chosen");
	if (chosen < 0)
		return chosen;
	if (vm->cmdline)
		error = fdt_setprop(blob, chosen, "bootargs", vm->cmdline,
				    (int)strlen(vm->cmdline) + 1);
	if (!error && initrd.end)
		error = fdt_setprop_u64(blob, chosen, "linux,initrd-start", initrd.start);
	if (!error && initrd.end)
		error = fdt_setprop_u64(blob, chosen, "linux,initrd-end", initrd.end);
	if (!error && vm->rng_seed)
		error = fdt_setprop(blob, chosen, "rng-seed", vm->rng_seed, 64);
	return error;
}

struct dtree dtree_complete(const struct sys_vm *vm, struct initrd_span initrd)
{
	size_t room = vm->dtb.bytes + 4096;
	void *blob;
	int error;

	if (vm->dtb.bytes < sizeof(struct fdt_header) || vm->dtb.bytes > (1u << 20) ||
	    fdt_check_header(vm->dtb.data) || fdt_totalsize(vm->dtb.data) > vm->dtb.bytes ||
	    fdt_check_full(vm->dtb.data, vm->dtb.bytes))
		return (struct dtree){.problem =
					      "is no device tree blob; make one with dtc -O dtb"};
	if (!vm->linux_node)
		return (struct dtree){.data = vm->dtb.data, .bytes = fdt_totalsize(vm->dtb.data)};
	blob = mem_zero(room);
	error = fdt_open_into(vm->dtb.data, blob, (int)room);
	if (!error)
		error = complete_chosen(blob, vm, initrd);
	if (!error)
		error = fdt_pack(blob);
	if (error)
		return (struct dtree){
			.problem = mem_printf("cannot be completed (%s); make it anew with dtc",
					      fdt_strerror(error))};
	return (struct dtree){.data = blob, .bytes = fdt_totalsize(blob)};
}
