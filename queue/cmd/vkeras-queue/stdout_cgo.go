//go:build unix && cgo

package main

// #include <errno.h>
// #include <fcntl.h>
//
// static int closed_output;
//
// // Before Go's runtime begins, which opens the null device in place of a standard
// // stream that is closed.
// __attribute__((constructor)) static void look(void) {
//	closed_output = fcntl(1, F_GETFD) < 0 && errno == EBADF;
// }
//
// static int output_was_closed(void) { return closed_output; }
import "C"

// outputClosed reports whether the process was started without a standard output.
func outputClosed() bool { return C.output_was_closed() != 0 }
