package simd

import "errors"

// ErrOutOfMemory is memory that the system does not have.
var ErrOutOfMemory = errors.New("out of memory")
