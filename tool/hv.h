/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's side of an image: linked from core and the units that a system needs. */
#ifndef TOOL_HV_H
#define TOOL_HV_H

#include "elf64.h"
#include "system.h"

struct hv {
	bool estimated;  /* no hypervisor was built: sizes are guesses, good enough for `check` */
	const char *why; /* then: what is missing */
	const uint8_t *file;
	size_t file_bytes;
	struct elf64 elf;
	uint64_t end_phys; /* __hv_end */
	struct hv_sizes sizes;
};

/*
 * Links into `elf_path`, or into a temporary file that is removed if it is NULL, and reads the
 * result. False if something is missing or wrong; hv->why says what.
 */
bool hv_link(struct hv *hv, const struct system *system, const char *elf_path, bool verbose);

/* Sizes to go on with when nothing can be linked. */
void hv_estimate(struct hv *hv, const struct board *board, const char *why);

#endif
