/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PULSE_SELFTEST_H
#define PULSE_SELFTEST_H

#include <stdint.h>

#define SELFTEST_PRIORITY 10 /* its helpers use the ones around it */

/* From a task of that priority, before other tasks exist; NULL or what failed. */
const char *selftest(void);

#endif
