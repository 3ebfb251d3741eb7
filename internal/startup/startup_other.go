//go:build !unix || !cgo

package startup

import "math"

// Closed reports whether the process was started without one of the standard
// streams, as far as that can be known.
func Closed(int) bool { return false }

// AddressSpace returns how many bytes of addresses the process may have, the
// largest int64 where no limit is known.
func AddressSpace() int64 { return math.MaxInt64 }
