/* SPDX-License-Identifier: Apache-2.0 */
#define VIC     VIC_AIA
#define SOURCES 31
#define FILES   1
#define DEVICE  0
static const unsigned INTERESTING[] = {0,      4,      8,      0x7c,   0x80,   0x1c00, 0x1cdc,
				       0x1d00, 0x1ddc, 0x1e00, 0x1edc, 0x1f00, 0x1fdc, 0x2000,
				       0x3000, 0x3004, 0x3008, 0x307c, 0x3080, 0x7ffc};
#include "vdev.h"
