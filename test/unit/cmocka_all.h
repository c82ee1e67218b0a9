/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka and what it wants included before. */
#ifndef UNIT_CMOCKA_ALL_H
#define UNIT_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "world.h"

#define CASE(name) cmocka_unit_test(name)

#endif
