//go:build unix

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

unsigned vkeras_closed_streams; // a bit for each of the standard ones

// Measured with Go 1.26: with fewer, the runtime ends with a dump, and libraries are
// said to be missing; of addresses at times with 1.5 GiB, while 1.1 may do, and never with 1.6. That is
// for the runtime alone: what computes needs more, and says so itself.
enum { least_files = 8, least_mebibytes = 1700 };

static void refuse(const char *format, unsigned long long found, unsigned long long other) {
	char line[200];
	int n = snprintf(line, sizeof line, format, found, other);
	if (write(2, line, n) < 0) {
	}
	_exit(1);
}

// openable returns how many files can be opened beside those that are, up to a number.
static int openable(int most) {
	int files[least_files], n = 0;
	while (n < most && (files[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) n++;
	for (int i = 0; i < n; i++) close(files[i]);
	return n == 0 && errno != EMFILE ? most : n;
}

__attribute__((constructor)) static void look(void) {
	for (int stream = 0; stream < 3; stream++)
		if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) vkeras_closed_streams |= 1u << stream;
	struct rlimit r;
	int files = openable(least_files);
	if (files < least_files && getrlimit(RLIMIT_NOFILE, &r) == 0)
		refuse("vkeras: files open at once (ulimit -n): the limit is %llu, which leaves %llu; at least 8 are needed\n", r.rlim_cur, files);
	if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur != RLIM_INFINITY && r.rlim_cur >> 20 < least_mebibytes)
		refuse("vkeras: MiB of address space (ulimit -v): the limit is %llu, at least %llu are needed\n", r.rlim_cur >> 20, least_mebibytes);
}
