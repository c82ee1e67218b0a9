/* SPDX-License-Identifier: Apache-2.0 */
/* ELF fields are copied out before use: a file may hold them at any alignment. */
#include "elf64.h"

#include <elf.h>
#include <string.h>

#ifndef EM_RISCV
#define EM_RISCV 243
#endif

static bool copy_out(const struct elf64 *elf, uint64_t offset, void *to, size_t bytes)
{
	if (offset > elf->bytes || elf->bytes - offset < bytes)
		return false;
	memcpy(to, elf->data + offset, bytes);
	return true;
}

bool elf64_is(const uint8_t *data, size_t bytes)
{
	return bytes >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG);
}

static bool program_header(const struct elf64 *elf, uint32_t i, Elf64_Phdr *header)
{
	return copy_out(elf, elf->phoff + (uint64_t)i * sizeof(*header), header, sizeof(*header));
}

static const char *check_segments(const struct elf64 *elf)
{
	uint32_t loads = 0;

	for (uint32_t i = 0; i < elf->segments; i++) {
		Elf64_Phdr header;
		uint64_t end;

		if (!program_header(elf, i, &header))
			return "has a program header beyond its end";
		if (header.p_type != PT_LOAD || !header.p_memsz)
			continue;
		loads++;
		if (header.p_offset > elf->bytes || elf->bytes - header.p_offset < header.p_filesz)
			return "is cut short: a segment reaches beyond its end";
		if (header.p_filesz > header.p_memsz ||
		    __builtin_add_overflow(header.p_paddr, header.p_memsz, &end))
			return "has an impossible segment";
	}
	return loads ? NULL : "has nothing to load";
}

const char *elf64_open(struct elf64 *elf, const uint8_t *data, size_t bytes)
{
	Elf64_Ehdr header;

	*elf = (struct elf64){.data = data, .bytes = bytes};
	if (!copy_out(elf, 0, &header, sizeof(header)) || !elf64_is(data, bytes))
		return "is no ELF file";
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    header.e_machine != EM_RISCV)
		return "is not for 64-bit RISC-V";
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return "is not linked (an object file)";
	if (header.e_phentsize != sizeof(Elf64_Phdr) && header.e_phnum)
		return "has program headers of an unknown size";
	elf->entry = header.e_entry;
	elf->phoff = header.e_phoff;
	elf->segments = header.e_phnum;
	elf->shoff = header.e_shoff;
	elf->sections = header.e_shentsize == sizeof(Elf64_Shdr) ? header.e_shnum : 0;
	if (elf->phoff > bytes || elf->shoff > bytes)
		return "has headers beyond its end";
	return check_segments(elf);
}

bool elf64_segment(const struct elf64 *elf, uint32_t i, struct elf64_segment *segment)
{
	Elf64_Phdr header;

	if (!program_header(elf, i, &header) || header.p_type != PT_LOAD || !header.p_memsz)
		return false;
	*segment = (struct elf64_segment){.vaddr = header.p_vaddr,
					  .paddr = header.p_paddr,
					  .file_bytes = header.p_filesz,
					  .memory_bytes = header.p_memsz,
					  .data = elf->data + header.p_offset};
	return true;
}

bool elf64_entry_phys(const struct elf64 *elf, uint64_t *phys)
{
	struct elf64_segment segment;

	for (uint32_t i = 0; i < elf->segments; i++)
		if (elf64_segment(elf, i, &segment) && elf->entry >= segment.vaddr &&
		    elf->entry - segment.vaddr < segment.memory_bytes) {
			*phys = elf->entry - segment.vaddr + segment.paddr;
			return true;
		}
	return false;
}

static bool name_is(const struct elf64 *elf, const Elf64_Shdr *strings, uint32_t at,
		    const char *name)
{
	size_t bytes = strlen(name) + 1;

	if (at >= strings->sh_size || strings->sh_size - at < bytes ||
	    strings->sh_offset > elf->bytes || elf->bytes - strings->sh_offset < strings->sh_size)
		return false;
	return !memcmp(elf->data + strings->sh_offset + at, name, bytes);
}

static bool table_symbol(const struct elf64 *elf, const Elf64_Shdr *table, const char *name,
			 uint64_t *value)
{
	Elf64_Shdr strings;
	Elf64_Sym symbol;

	if (table->sh_link >= elf->sections ||
	    !copy_out(elf, elf->shoff + table->sh_link * sizeof(strings), &strings,
		      sizeof(strings)))
		return false;
	for (uint64_t i = 0; i < table->sh_size / sizeof(symbol); i++) {
		if (!copy_out(elf, table->sh_offset + i * sizeof(symbol), &symbol, sizeof(symbol)))
			return false;
		if (symbol.st_shndx != SHN_UNDEF && name_is(elf, &strings, symbol.st_name, name)) {
			*value = symbol.st_value;
			return true;
		}
	}
	return false;
}

bool elf64_symbol(const struct elf64 *elf, const char *name, uint64_t *value)
{
	Elf64_Shdr section;

	for (uint32_t i = 0; i < elf->sections; i++)
		if (copy_out(elf, elf->shoff + i * sizeof(section), &section, sizeof(section)) &&
		    section.sh_type == SHT_SYMTAB && table_symbol(elf, &section, name, value))
			return true;
	return false;
}
