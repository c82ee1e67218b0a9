/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"
#include "mem.h"
#include "table_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux Documentation/arch/riscv/boot-image-header.rst */
#define HEADER_IMAGE_SIZE 16u
#define HEADER_MAGIC2     56u

struct output {
	int fd;
	uint64_t base; /* physical address of the file's first byte */
	uint64_t end;  /* behind the last byte of content */
	bool failed;
};

static size_t without_zeros(const uint8_t *data, size_t bytes)
{
	while (bytes && !data[bytes - 1])
		bytes--;
	return bytes;
}

/* Writes at a physical address, leaving holes for zeros. Content counts to its end, also if that is
 * zero. */
static void put(struct output *out, uint64_t phys, const uint8_t *data, uint64_t bytes)
{
	while (bytes && !out->failed) {
		uint64_t offset = phys - out->base;
		uint64_t chunk = PAGE - offset % PAGE;
		size_t used;

		if (chunk > bytes)
			chunk = bytes;
		used = without_zeros(data, (size_t)chunk);
		if (used && pwrite(out->fd, data, used, (off_t)offset) != (ssize_t)used)
			out->failed = true;
		if (offset + chunk > out->end)
			out->end = offset + chunk;
		phys += chunk;
		data += chunk;
		bytes -= chunk;
	}
}

static bool put_hypervisor(struct output *out, const struct plan *plan)
{
	uint64_t span = plan->end_phys - out->base;
	struct elf64_segment segment;
	uint8_t magic[4] = {0};

	for (uint32_t i = 0; i < plan->hv.elf.segments; i++) {
		if (!elf64_segment(&plan->hv.elf, i, &segment))
			continue;
		if (segment.paddr < out->base ||
		    segment.paddr + segment.memory_bytes > plan->hv.end_phys)
			return false;
		put(out, segment.paddr, segment.data, segment.file_bytes);
	}
	if (pread(out->fd, magic, 4, HEADER_MAGIC2) != 4 || memcmp(magic, "RSC\5", 4))
		return false;
	put(out, out->base + HEADER_IMAGE_SIZE, (const uint8_t *)&span, sizeof(span));
	return true;
}

static void put_vm(struct output *out, const struct sys_vm *vm)
{
	for (const struct piece *piece = vm->pieces; piece; piece = piece->next)
		put(out, vm->phys + (piece->gpa - vm->gpa), piece->data, piece->filled);
	for (const struct copy *copy = vm->copies; copy; copy = copy->next)
		put(out, copy->phys, copy->data, copy->bytes);
}

static bool put_all(struct output *out, const struct plan *plan, const struct system *system)
{
	const uint8_t *table;
	uint32_t bytes;

	if (!put_hypervisor(out, plan)) {
		fprintf(stderr,
			"partita: the hypervisor does not start with a RISC-V image header "
			"at its link address, or is not one piece; build it anew with 'make "
			"hv'\n");
		return false;
	}
	table = table_make(plan, system, &bytes);
	put(out, plan->table_phys, table, bytes);
	for (uint32_t i = 0; i < system->vm_count; i++)
		put_vm(out, &system->vms[i]);
	if (out->failed || ftruncate(out->fd, (off_t)out->end)) {
		fprintf(stderr, "partita: cannot write the image: %s\n", strerror(errno));
		return false;
	}
	return true;
}

bool image_write(const struct plan *plan, const struct system *system, const char *path)
{
	const char *part = mem_printf("%s.%ld.part", path, (long)getpid());
	struct output out = {.base = system->board->image_phys};
	bool good;

	out.fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out.fd < 0) {
		fprintf(stderr, "partita: cannot write '%s': %s\n", part, strerror(errno));
		return false;
	}
	good = put_all(&out, plan, system);
	close(out.fd);
	if (good && rename(part, path)) {
		fprintf(stderr, "partita: cannot write '%s': %s\n", path, strerror(errno));
		good = false;
	}
	if (!good)
		unlink(part);
	return good;
}
