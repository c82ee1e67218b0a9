/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_TABLE_WRITE_H
#define TOOL_TABLE_WRITE_H

#include "plan.h"

/* The system table of abi/table.h, checksummed. */
const uint8_t *table_make(const struct plan *plan, const struct system *system, uint32_t *bytes);

/* The table inside a boot image file's content, checksum verified; NULL if there is none. */
const struct table_header *table_find(const uint8_t *image, size_t bytes);

#endif
