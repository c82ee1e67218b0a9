/* SPDX-License-Identifier: Apache-2.0 */
#define VIC     VIC_PLIC
#define SOURCES 127
#define FILES   0
#define DEVICE  0
static const unsigned INTERESTING[] = {0,        4,        0x1fc,    0x200,    0x1000,
				       0x100c,   0x2000,   0x2080,   0x2180,   0x208c,
				       0x201000, 0x201004, 0x203000, 0x203004, 0x5ffffc};
#include "vdev.h"
