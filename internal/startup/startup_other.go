//go:build !unix || !cgo

package startup

import "math"

// OutputClosed reports whether the process was started without a standard output,
// as far as that can be known.
func OutputClosed() bool { return false }

// AddressSpace returns how many bytes of addresses the process may have, the
// largest int64 where no limit is known.
func AddressSpace() int64 { return math.MaxInt64 }
