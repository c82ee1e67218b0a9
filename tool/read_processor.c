/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's view of the processor (CPU-3). */
#include "parts.h"

static const struct choice extensions[] = {
	{"d", ISA_D, NULL},
	{"svpbmt", ISA_SVPBMT, NULL},
	{"zicbom", ISA_ZICBOM, NULL},
	{"zicboz", ISA_ZICBOZ, NULL},
	{"svinval", ISA_SVINVAL, NULL},
	{"svnapot", ISA_SVNAPOT, NULL},
	{"zba", ISA_ZBA, NULL},
};
#define EXTENSIONS (sizeof(extensions) / sizeof(extensions[0]))

static void read_without(struct reader *reader, const struct node *value, void *object)
{
	struct sys_vm *vm = object;

	if (value->kind != NODE_LIST) {
		diag_error(reader->diag, value->at,
			   "'without' must be a list of extensions; write such as [d, zicbom]");
		return;
	}
	for (const struct node *child = value->first; child; child = child->next) {
		uint32_t bit;

		if (read_choice(reader, child, extensions, EXTENSIONS, &bit))
			vm->isa &= ~(uint64_t)bit;
	}
}

static void read_vendor_id(struct reader *reader, const struct node *value, void *object)
{
	read_number(reader, value, &((struct sys_vm *)object)->vendor_id);
}

static void read_arch_id(struct reader *reader, const struct node *value, void *object)
{
	read_number(reader, value, &((struct sys_vm *)object)->arch_id);
}

static void read_implementation_id(struct reader *reader, const struct node *value, void *object)
{
	read_number(reader, value, &((struct sys_vm *)object)->implementation_id);
}

static const struct key processor_keys[] = {
	{"without", read_without, "list of d, svpbmt, zicbom, zicboz, svinval, svnapot, zba", "[]",
	 "extensions that the guest does not get"},
	{"vendor-id", read_vendor_id, "number", "0", "what SBI reports as mvendorid"},
	{"arch-id", read_arch_id, "number", "0", "what SBI reports as marchid"},
	{"implementation-id", read_implementation_id, "number", "0", "what SBI reports as mimpid"},
};
const struct key_table keys_processor =
	KEY_TABLE("vms.NAME.processor", "processor", processor_keys, NULL);

void processor_default(struct sys_vm *vm)
{
	vm->isa = ISA_D | ISA_SSTC | ISA_SVPBMT | ISA_ZICBOM | ISA_ZICBOZ | ISA_SVINVAL |
		  ISA_SVNAPOT | ISA_ZBA;
}

void read_processor(struct reader *reader, const struct node *value, void *object)
{
	keys_read(reader, value, &keys_processor, object);
}
