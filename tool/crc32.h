/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_CRC32_H
#define TOOL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* IEEE 802.3, as in zip and zlib. */
uint32_t crc32_of(const uint8_t *data, size_t bytes);

#endif
