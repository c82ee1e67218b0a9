/* SPDX-License-Identifier: Apache-2.0 */
/* With FUZZ_SEEDS=folder, the target writes its seeds there before it reads its corpus. */
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *folder = getenv("FUZZ_SEEDS");
	static uint8_t seed[65536] __attribute__((aligned(8)));
	char path[512];
	size_t bytes;

	(void)argc, (void)argv;
	for (unsigned n = 0; folder && (bytes = fuzz_seed(n, seed)); n++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/seed-%u", folder, n);
		file = fopen(path, "w");
		if (!file || fwrite(seed, 1, bytes, file) != bytes || fclose(file))
			exit(1);
	}
	return 0;
}
