/* SPDX-License-Identifier: Apache-2.0 */
/* How the analysis shows numbers to people. */
#ifndef TOOL_ANALYSE_SHOW_H
#define TOOL_ANALYSE_SHOW_H

#include <stdint.h>

/* At most three decimals, rounded up: 3.124ms. UINT64_MAX: "no bound". */
const char *show_near(uint64_t ns);
/* At most two decimals, rounded up: 40.06 %. */
const char *show_percent(uint64_t ppm);

#endif
