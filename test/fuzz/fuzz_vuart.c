/* SPDX-License-Identifier: Apache-2.0 */
#define VIC     VIC_PLIC
#define SOURCES 10
#define FILES   0
#define DEVICE  1
static const unsigned INTERESTING[] = {0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 255};
#include "vdev.h"
