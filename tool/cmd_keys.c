/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "keys.h"

static const struct key_table *const tables[] = {
	&keys_system,  &keys_cpu,  &keys_plan,      &keys_slot,   &keys_trace,
	&keys_console, &keys_vm,   &keys_linux,     &keys_memory, &keys_vcpu,
	&keys_service, &keys_task, &keys_processor, &keys_device,
};

static int list(const struct arguments *arguments)
{
	(void)arguments;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (size_t j = 0; j < tables[i]->count; j++) {
			const struct key *key = &tables[i]->keys[j];
			bool top = tables[i] == &keys_system;

			printf("%s%s%s: %s (%s; %s%s)\n", top ? "" : tables[i]->path,
			       top ? "" : ".", key->name, key->about, key->type,
			       key->preset ? "default " : "required",
			       key->preset ? key->preset : "");
		}
	return EXIT_GOOD;
}

const struct command command_keys = {
	.name = "keys",
	.synopsis = "",
	.about = "Lists every key of a system file with its meaning, type and default.",
	.examples = "  partita keys\n  partita keys | grep memory\n",
	.no_subject = true,
	.run = list,
};
