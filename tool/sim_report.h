/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOL_SIM_REPORT_H
#define TOOL_SIM_REPORT_H

#include "timeline.h"

void sim_print(const struct sim *sim, FILE *out);
/* How fast the simulation itself was. */
void sim_print_speed(const struct sim *sim, FILE *out);
/* docs/analysis.md, "partita sim --json". */
void sim_json(const struct sim *sim, const struct timeline *timeline, bool speed, FILE *out);
uint64_t sim_misses(const struct sim *sim);

#endif
