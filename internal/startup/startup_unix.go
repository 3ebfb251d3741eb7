//go:build unix && cgo

package startup

// extern unsigned vkeras_closed_streams;
import "C"

import (
	"math"

	"golang.org/x/sys/unix"
)

// Closed reports whether the process was started without one of the standard
// streams: 0 is the input, 1 the output, 2 errors.
func Closed(stream int) bool { return C.vkeras_closed_streams>>stream&1 != 0 }

// AddressSpace returns how many bytes of addresses the process may have (ulimit
// -v), the largest int64 where there is no limit.
func AddressSpace() int64 {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &r); err != nil || uint64(r.Cur) > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(r.Cur)
}
