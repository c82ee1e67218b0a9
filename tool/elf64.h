/* SPDX-License-Identifier: Apache-2.0 */
/* Reading RISC-V ELF64 files, every access bounded by the file's size. */
#ifndef TOOL_ELF64_H
#define TOOL_ELF64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf64 {
	const uint8_t *data;
	size_t bytes;
	uint64_t entry; /* as in the header: virtual */
	uint64_t phoff, shoff;
	uint32_t segments, sections;
};

struct elf64_segment {
	uint64_t vaddr, paddr, file_bytes, memory_bytes;
	const uint8_t *data;
};

bool elf64_is(const uint8_t *data, size_t bytes);

/* NULL, or what is wrong with the file. After success, segments can be read. */
const char *elf64_open(struct elf64 *elf, const uint8_t *data, size_t bytes);

/* True if program header `i` is a LOAD segment with memory. elf64_open() has checked its bounds. */
bool elf64_segment(const struct elf64 *elf, uint32_t i, struct elf64_segment *segment);

/* The entry as a physical address, by the segment that holds it; false if none does. */
bool elf64_entry_phys(const struct elf64 *elf, uint64_t *phys);

bool elf64_symbol(const struct elf64 *elf, const char *name, uint64_t *value);

#endif
