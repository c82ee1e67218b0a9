/* SPDX-License-Identifier: Apache-2.0 */
#include "crc32.h"

uint32_t crc32_of(const uint8_t *data, size_t bytes)
{
	uint32_t crc = 0xffffffffu;

	while (bytes--) {
		crc ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}
