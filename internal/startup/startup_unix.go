//go:build unix && cgo

package startup

// extern int vkeras_stdout_closed;
import "C"

import (
	"math"

	"golang.org/x/sys/unix"
)

// OutputClosed reports whether the process was started without a standard output.
func OutputClosed() bool { return C.vkeras_stdout_closed != 0 }

// AddressSpace returns how many bytes of addresses the process may have (ulimit
// -v), the largest int64 where there is no limit.
func AddressSpace() int64 {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &r); err != nil || uint64(r.Cur) > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(r.Cur)
}
