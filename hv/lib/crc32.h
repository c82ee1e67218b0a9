/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HV_LIB_CRC32_H
#define HV_LIB_CRC32_H

#include "lib/types.h"

/* CRC-32 of IEEE 802.3 (reflected, polynomial 0xEDB88320), continued: start with crc = 0. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t bytes);

#endif
