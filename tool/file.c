/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (8ull << 30)

static bool read_all(int fd, uint8_t *data, size_t bytes)
{
	while (bytes) {
		ssize_t got = read(fd, data, bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (!got)
				errno = EIO;
			return false;
		}
		data += got;
		bytes -= (size_t)got;
	}
	return true;
}

const uint8_t *file_read(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint8_t *data = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status))
		goto out;
	if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > FILE_MAX) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		goto out;
	}
	*bytes = (size_t)status.st_size;
	data = mem_zero(*bytes + 1);
	if (!read_all(fd, data, *bytes))
		data = NULL;
out:
	close(fd);
	return data;
}

bool file_exists(const char *path)
{
	return !access(path, F_OK);
}

const char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	if (slash == path)
		return "/";
	return mem_copy_text(path, (size_t)(slash - path));
}

const char *path_stem(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	return dot && dot != base ? mem_copy_text(base, (size_t)(dot - base)) : base;
}

const char *path_join(const char *dir, const char *name)
{
	if (name[0] == '/' || !strcmp(dir, "."))
		return name;
	return mem_printf("%s/%s", dir, name);
}

bool path_make_dir(const char *path)
{
	const char *up = path_dir(path);

	if (!mkdir(path, 0777) || errno == EEXIST)
		return true;
	if (errno != ENOENT || !strcmp(up, path))
		return false;
	return path_make_dir(up) && (!mkdir(path, 0777) || errno == EEXIST);
}

const char *path_program_dir(void)
{
	char buffer[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", buffer, sizeof(buffer));

	if (length <= 0 || (size_t)length >= sizeof(buffer))
		return ".";
	return path_dir(mem_copy_text(buffer, (size_t)length));
}
