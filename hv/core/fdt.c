/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of flattened device trees (Devicetree Specification 0.4, chapter 5) that knows just the
 * nodes it compares: /memory@N, /reserved-memory and its children, /cpus and /cpus/cpu@N. Two
 * address and two size cells at the root, as every RISC-V board has them.
 */
#include "core/fdt.h"
#include "core/table.h"
#include "lib/string.h"

#define FDT_MAGIC     0xd00dfeedu
#define FDT_MAX_BYTES (1024u * 1024)
#define FDT_MAX_DEPTH 16

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };

struct cell {
	uint8_t b[4];
};

struct fdt_header {
	struct cell magic, bytes, structure, strings, reserve, version, compatible, boot_cpu,
		strings_bytes, structure_bytes;
};

enum node_kind { OTHER, ROOT, MEMORY, RESERVED, RESERVED_CHILD, CPUS, CPU };

struct reader {
	const char *tree, *strings;
	uint32_t bytes, strings_bytes, at, end;
	enum node_kind kinds[FDT_MAX_DEPTH];
	uint32_t depth;
	/* of the CPU node being read */
	uint32_t hart;
	bool isa_fits;
	/* found so far */
	bool memory_fits, timebase_fits, ended;
	uint32_t harts_found; /* bit: index in table.cpus */
	const char *wrong;
};

static uint32_t __attribute__((noinline)) be32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint64_t be64(const void *p)
{
	return (uint64_t)be32(p) << 32 | be32((const uint8_t *)p + 4);
}

static bool starts_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

static enum node_kind kind_of(enum node_kind parent, const char *name)
{
	if (parent == ROOT) {
		if (starts_with(name, "memory@"))
			return MEMORY;
		if (!strcmp(name, "reserved-memory"))
			return RESERVED;
		if (!strcmp(name, "cpus"))
			return CPUS;
	}
	if (parent == RESERVED)
		return RESERVED_CHILD;
	if (parent == CPUS && starts_with(name, "cpu@"))
		return CPU;
	return OTHER;
}

/* Whether the ISA string names extension `x` as a whole word (after '_') or, for one letter, in
 * front. */
static bool isa_has(const char *isa, uint32_t bytes, const char *x)
{
	uint32_t n = (uint32_t)strlen(x), i = 4; /* behind "rv64" */

	if (n == 1) {
		for (; i < bytes && isa[i] && isa[i] != '_'; i++)
			if (isa[i] == *x)
				return true;
		return false;
	}
	for (; i + n < bytes; i++)
		if (isa[i] == '_' && starts_with(isa + i + 1, x) &&
		    (i + 1 + n == bytes || isa[i + 1 + n] == '_' || !isa[i + 1 + n]))
			return true;
	return false;
}

static bool isa_fits(const char *isa, uint32_t bytes)
{
	static const struct {
		uint64_t bit;
		const char name[12];
	} needed[] = {
		{ISA_D, "d"},
		{ISA_SSTC, "sstc"},
		{ISA_SSAIA, "ssaia"},
		{ISA_SVPBMT, "svpbmt"},
		{ISA_ZICBOM, "zicbom"},
		{ISA_ZICBOZ, "zicboz"},
		{ISA_SMSTATEEN, "smstateen"},
	};

	if (!isa_has(isa, bytes, "h"))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(needed); i++)
		if (table->isa & needed[i].bit && !isa_has(isa, bytes, needed[i].name))
			return false;
	return true;
}

/* reg = pairs of (address, size), two cells each: how the system's memory relates to them. */
static void memory_ranges(struct reader *r, const char *value, uint32_t bytes)
{
	uint64_t start = table->image_phys, end = start + table->image_bytes;

	for (; bytes >= 16; value += 16, bytes -= 16) {
		uint64_t from = be64(value), to = from + be64(value + 8);

		if (r->kinds[r->depth] == MEMORY && from <= start && to >= end)
			r->memory_fits = true;
		if (r->kinds[r->depth] == RESERVED_CHILD && from < end && to > start)
			r->wrong = "the firmware has reserved memory that this system uses";
	}
}

static void property(struct reader *r, const char *name, const char *value, uint32_t bytes)
{
	switch (r->kinds[r->depth]) {
	case MEMORY:
	case RESERVED_CHILD:
		if (!strcmp(name, "reg"))
			memory_ranges(r, value, bytes);
		break;
	case CPUS:
		if (!strcmp(name, "timebase-frequency") && bytes == 4)
			r->timebase_fits = be32(value) == table->timebase_hz;
		break;
	case CPU:
		if (!strcmp(name, "reg") && bytes >= 4)
			r->hart = be32(value + bytes - 4);
		if (!strcmp(name, "riscv,isa"))
			r->isa_fits = isa_fits(value, bytes);
		break;
	default:
		break;
	}
}

static void node_ends(struct reader *r)
{
	if (r->kinds[r->depth] != CPU)
		return;
	for (uint32_t i = 0; i < table->cpus.count; i++) {
		if (table_cpu(i)->hart_id != r->hart)
			continue;
		r->harts_found |= 1u << i;
		if (!r->isa_fits)
			r->wrong = "a hart lacks an ISA extension that this system needs";
	}
}

/* Reads one token; false at the end or when the tree is damaged. */
static bool step(struct reader *r)
{
	const char *name, *value;
	uint32_t token, length;

	if (r->end - r->at < 4)
		return false;
	token = be32(r->tree + r->at);
	r->at += 4;
	switch (token) {
	case BEGIN_NODE:
		name = r->tree + r->at;
		for (length = 0; r->at + length < r->end && name[length]; length++)
			;
		if (r->at + length >= r->end || r->depth + 1 >= FDT_MAX_DEPTH)
			return false;
		r->at += (length + 4) & ~3u;
		r->depth++;
		r->kinds[r->depth] = r->depth == 1 ? ROOT : kind_of(r->kinds[r->depth - 1], name);
		if (r->kinds[r->depth] == CPU)
			r->isa_fits = false;
		return true;
	case END_NODE:
		if (!r->depth)
			return false;
		node_ends(r);
		r->depth--;
		return true;
	case PROPERTY:
		if (r->end - r->at < 8)
			return false;
		length = be32(r->tree + r->at);
		token = be32(r->tree + r->at + 4);
		r->at += 8;
		if (length > r->end - r->at || token >= r->strings_bytes)
			return false;
		value = r->tree + r->at;
		r->at += (length + 3) & ~3u;
		if (r->kinds[r->depth] != OTHER && r->kinds[r->depth] != ROOT)
			property(r, r->strings + token, value, length);
		return true;
	case NOP:
		return true;
	case END:
		r->ended = !r->depth;
		return false;
	default:
		return false;
	}
}

const char *fdt_check(const void *dtb)
{
	const struct fdt_header *h = dtb;
	struct reader r = {.tree = dtb};
	uint32_t strings;

	if (!dtb || be32(&h->magic) != FDT_MAGIC)
		return "the firmware gave no device tree";
	r.bytes = be32(&h->bytes);
	r.at = be32(&h->structure);
	strings = be32(&h->strings);
	r.strings_bytes = be32(&h->strings_bytes);
	if (r.bytes > FDT_MAX_BYTES || r.at > r.bytes || strings > r.bytes ||
	    be32(&h->structure_bytes) > r.bytes - r.at || !r.strings_bytes ||
	    r.strings_bytes > r.bytes - strings)
		return "the firmware's device tree is damaged";
	r.end = r.at + (be32(&h->structure_bytes) & ~3u); /* padded steps never pass it */
	r.strings = r.tree + strings;
	if (r.strings[r.strings_bytes - 1])
		return "the firmware's device tree is damaged";
	while (step(&r))
		;
	if (!r.ended)
		return "the firmware's device tree is damaged";
	if (r.wrong)
		return r.wrong;
	if (!r.memory_fits)
		return "the board has less memory than this system needs";
	if (!r.timebase_fits)
		return "the board's timebase-frequency is not the one of this system";
	if (r.harts_found != (1u << table->cpus.count) - 1)
		return "the board lacks a hart that this system uses";
	return NULL;
}
