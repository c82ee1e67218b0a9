/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in a VM's memory at start: image or kernel, initrd, device tree; and where. */
#include "dtree.h"
#include "elf64.h"
#include "mem.h"
#include "parts.h"
#include "units.h"

#include <string.h>

#define HEX         "0x%llx"
#define FULL(value) ((unsigned long long)(value))

static uint64_t memory_end(const struct sys_vm *vm)
{
	return vm->gpa + vm->memory_bytes;
}

/* Keeps pieces in guest-physical order; returns the piece that it would cover, if any. */
static const struct piece *piece_add(struct sys_vm *vm, struct piece piece)
{
	struct piece **link = &vm->pieces, *made;

	for (; *link && (*link)->gpa < piece.gpa + piece.bytes; link = &(*link)->next)
		if ((*link)->gpa + (*link)->bytes > piece.gpa)
			return *link;
	made = mem_zero(sizeof(*made));
	*made = piece;
	made->next = *link;
	*link = made;
	return NULL;
}

static bool piece_place(struct system *system, struct sys_vm *vm, struct place at,
			struct piece piece)
{
	const struct piece *other;

	if (piece.gpa < vm->gpa || piece.gpa > memory_end(vm) ||
	    piece.bytes > memory_end(vm) - piece.gpa) {
		diag_error(&system->diag, at,
			   "%s of VM %s at " HEX "-" HEX " does not fit its memory " HEX "-" HEX
			   " (%s); enlarge or move the memory",
			   piece.what, vm->name, FULL(piece.gpa), FULL(piece.gpa + piece.bytes),
			   FULL(vm->gpa), FULL(memory_end(vm)), show_size(vm->memory_bytes));
		return false;
	}
	other = piece_add(vm, piece);
	if (other)
		diag_error(&system->diag, at,
			   "%s of VM %s at " HEX "-" HEX " covers its %s at " HEX "-" HEX
			   "; enlarge the memory or correct the image",
			   piece.what, vm->name, FULL(piece.gpa), FULL(piece.gpa + piece.bytes),
			   other->what, FULL(other->gpa), FULL(other->gpa + other->bytes));
	return !other;
}

static bool entry_in_image(const struct sys_vm *vm)
{
	for (const struct piece *piece = vm->pieces; piece; piece = piece->next)
		if (vm->entry >= piece->gpa && vm->entry < piece->gpa + piece->filled)
			return true;
	return false;
}

static void check_entry(struct system *system, const struct sys_vm *vm)
{
	struct place at = vm->entry_node ? vm->entry_node->at : vm->image.node->at;

	if (!entry_in_image(vm))
		diag_error(&system->diag, at,
			   "entry " HEX " of VM %s lies outside its image (" HEX "-" HEX
			   "); correct 'entry' or the image",
			   FULL(vm->entry), vm->name, FULL(vm->pieces->gpa),
			   FULL(vm->pieces->gpa + vm->pieces->bytes));
	else if (vm->entry % 2)
		diag_error(&system->diag, at, "entry " HEX " is odd; instructions are not",
			   FULL(vm->entry));
}

static bool content_elf(struct system *system, struct sys_vm *vm)
{
	const struct node *node = vm->image.node;
	struct elf64_segment segment;
	struct elf64 elf;
	const char *problem = elf64_open(&elf, vm->image.data, vm->image.bytes);
	bool good = true;

	if (vm->load_node)
		diag_error(&system->diag, node_place(vm->load_node),
			   "'load' is for flat binaries; an ELF file says itself where it lies");
	if (!problem && !vm->entry_node && !elf64_entry_phys(&elf, &vm->entry))
		problem = "has its entry outside its segments; correct it or give 'entry'";
	if (problem) {
		diag_error(&system->diag, node->at, "'image': '%s' %s%s", node->text, problem,
			   strchr(problem, ';') ? "" : "; give a linked program for rv64");
		return false;
	}
	for (uint32_t i = 0; good && i < elf.segments; i++)
		if (elf64_segment(&elf, i, &segment))
			good = piece_place(system, vm, node->at,
					   (struct piece){.what = "image",
							  .gpa = segment.paddr,
							  .bytes = segment.memory_bytes,
							  .data = segment.data,
							  .filled = segment.file_bytes});
	return good;
}

static bool content_flat(struct system *system, struct sys_vm *vm)
{
	const struct node *node = vm->image.node;

	if (!vm->image.bytes) {
		diag_error(&system->diag, node->at, "'image': '%s' is empty; build it anew",
			   node->text);
		return false;
	}
	if (!vm->load_node)
		vm->load = vm->gpa;
	if (!vm->entry_node)
		vm->entry = vm->load;
	return piece_place(system, vm, vm->load_node ? vm->load_node->at : node->at,
			   (struct piece){.what = "image",
					  .gpa = vm->load,
					  .bytes = vm->image.bytes,
					  .data = vm->image.data,
					  .filled = vm->image.bytes});
}

#define TREE_WITHIN (128ull << 20)

/*
 * A device tree for other guests than Linux lies in the last pages of memory; of a large memory, in
 * the last pages of its first 128 MiB or behind the image, so that the boot image does not become
 * as large.
 */
static uint64_t tree_place(const struct sys_vm *vm, uint64_t bytes)
{
	uint64_t end = vm->gpa + TREE_WITHIN;

	for (const struct piece *piece = vm->pieces; piece; piece = piece->next)
		if (end < align_up(piece->gpa + piece->bytes, MIB2) + MIB2)
			end = align_up(piece->gpa + piece->bytes, MIB2) + MIB2;
	if (end > memory_end(vm))
		end = memory_end(vm);
	return align_down(end - bytes, PAGE);
}

static bool content_tree_last(struct system *system, struct sys_vm *vm)
{
	struct initrd_span none = {0, 0};
	struct dtree tree = vm->dtb.data ? dtree_complete(vm, none) : dtree_make(system, vm, none);
	struct place at = vm->dtb.node ? vm->dtb.node->at : vm->memory_node->at;

	if (tree.problem) {
		diag_error(&system->diag, at, "'dtb': '%s' %s",
			   vm->dtb.node ? vm->dtb.node->text : "generated", tree.problem);
		return false;
	}
	vm->dtb_gpa = tree_place(vm, tree.bytes);
	return piece_place(system, vm, at,
			   (struct piece){.what = "device tree",
					  .gpa = vm->dtb_gpa,
					  .bytes = tree.bytes,
					  .data = tree.data,
					  .filled = tree.bytes});
}

/* Linux Documentation/arch/riscv/boot-image-header.rst */
struct linux_header {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags;
	uint32_t version, reserved1;
	uint64_t reserved2, magic;
	uint32_t magic2, reserved3;
};
#define LINUX_MAGIC2     0x05435352u /* "RSC\5" */
#define LINUX_BIG_ENDIAN 1u

static const char *kernel_header(const struct sys_file *kernel, struct linux_header *header)
{
	static const char *const no_kernel =
		"is no RISC-V Linux kernel; use the flat Image (arch/riscv/boot/Image)";
	const uint8_t *data = kernel->data;

	if (kernel->bytes >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		return "is compressed; gunzip it";
	if (kernel->bytes >= 8 && !memcmp(data + 4, "zimg", 4))
		return "is a compressed EFI image; use the flat Image (arch/riscv/boot/Image)";
	if (elf64_is(data, kernel->bytes))
		return "is an ELF file (vmlinux); use the flat Image (arch/riscv/boot/Image)";
	if (kernel->bytes < sizeof(*header))
		return no_kernel;
	memcpy(header, data, sizeof(*header));
	if (header->magic2 != LINUX_MAGIC2 || header->flags & LINUX_BIG_ENDIAN)
		return no_kernel;
	return NULL;
}

static bool linux_initrd(struct system *system, struct sys_vm *vm, uint64_t *end,
			 struct initrd_span *span)
{
	if (!vm->initrd.data)
		return true;
	span->start = align_up(*end, PAGE);
	*end = span->end = span->start + vm->initrd.bytes;
	return piece_place(system, vm, vm->initrd.node->at,
			   (struct piece){.what = "initrd",
					  .gpa = span->start,
					  .bytes = vm->initrd.bytes,
					  .data = vm->initrd.data,
					  .filled = vm->initrd.bytes});
}

static bool linux_tree(struct system *system, struct sys_vm *vm, uint64_t end,
		       struct initrd_span span)
{
	struct dtree tree = vm->dtb.data ? dtree_complete(vm, span) : dtree_make(system, vm, span);
	struct place at = vm->dtb.node ? vm->dtb.node->at : vm->memory_node->at;

	if (tree.problem) {
		diag_error(&system->diag, at, "'dtb': '%s' %s",
			   vm->dtb.node ? vm->dtb.node->text : "generated", tree.problem);
		return false;
	}
	vm->dtb_gpa = align_up(end, 8);
	return piece_place(system, vm, at,
			   (struct piece){.what = "device tree",
					  .gpa = vm->dtb_gpa,
					  .bytes = tree.bytes,
					  .data = tree.data,
					  .filled = tree.bytes});
}

/* Kernel at the start of memory; initrd and device tree behind all that the kernel uses at start.
 */
static bool content_linux(struct system *system, struct sys_vm *vm)
{
	const struct node *node = vm->kernel.node;
	struct linux_header header;
	struct initrd_span span = {0, 0};
	const char *problem = kernel_header(&vm->kernel, &header);
	uint64_t end, file = vm->kernel.bytes;

	if (problem) {
		diag_error(&system->diag, node->at, "'kernel': '%s' %s", node->text, problem);
		return false;
	}
	end = header.image_size > file ? header.image_size : file;
	if (end > vm->memory_bytes) {
		diag_error(
			&system->diag, node->at,
			"kernel of VM %s needs %llu bytes for itself and its memory is %s; enlarge "
			"the memory",
			vm->name, FULL(end), show_size(vm->memory_bytes));
		return false;
	}
	/* The kernel claims its memory in units of 2 MiB and drops an initrd that reaches into it.
	 */
	end = align_up(end, MIB2) + vm->gpa;
	vm->entry = vm->gpa;
	if (!piece_place(system, vm, node->at,
			 (struct piece){.what = "kernel",
					.gpa = vm->gpa,
					.bytes = file,
					.data = vm->kernel.data,
					.filled = file}))
		return false;
	return linux_initrd(system, vm, &end, &span) && linux_tree(system, vm, end, span);
}

/* Files that could not be read were reported; what can be judged without them is. */
static bool files_are_there(const struct sys_vm *vm)
{
	if (vm->dtb.node && !vm->dtb.data)
		return false;
	if (vm->linux_node)
		return vm->kernel.data && !vm->image.node && (!vm->initrd.node || vm->initrd.data);
	return vm->image.data != NULL;
}

void content_make(struct system *system, struct sys_vm *vm)
{
	bool good;

	if (vm->bad || !files_are_there(vm))
		return;
	if (vm->linux_node) {
		vm->bad |= !content_linux(system, vm);
		return;
	}
	if (elf64_is(vm->image.data, vm->image.bytes))
		good = content_elf(system, vm);
	else
		good = content_flat(system, vm);
	if (good) {
		check_entry(system, vm);
		good = content_tree_last(system, vm);
	}
	vm->bad |= !good;
}
