//go:build unix

#include <errno.h>
#include <fcntl.h>

int vkeras_stdout_closed;

__attribute__((constructor)) static void look_at_stdout(void) {
	vkeras_stdout_closed = fcntl(1, F_GETFD) < 0 && errno == EBADF;
}
