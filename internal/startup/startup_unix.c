//go:build unix

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int vkeras_stdout_closed;

// Measured with Go 1.26: with fewer, the runtime ends with a dump; of addresses at
// times with 1.5 GiB, while 1.1 may do.
enum { least_files = 8, least_mebibytes = 2048 };

static void refuse(const char *what, unsigned long long found, unsigned long long least) {
	char line[200];
	int n = snprintf(line, sizeof line, "vkeras: %s: the limit is %llu, at least %llu are needed\n", what, found, least);
	if (write(2, line, n) < 0) {
	}
	_exit(1);
}

__attribute__((constructor)) static void look(void) {
	vkeras_stdout_closed = fcntl(1, F_GETFD) < 0 && errno == EBADF;
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < least_files)
		refuse("files open at once (ulimit -n)", r.rlim_cur, least_files);
	if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur != RLIM_INFINITY && r.rlim_cur >> 20 < least_mebibytes)
		refuse("MiB of address space (ulimit -v)", r.rlim_cur >> 20, least_mebibytes);
}
