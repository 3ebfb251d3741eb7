package lower

import "errors"

// Sentinel errors, which package gpu hands on under the same names.
var (
	ErrTooLarge  = errors.New("beyond the device's limits")
	ErrNoKernel  = errors.New("no such kernel for the device")
	ErrPrecision = errors.New("precision that the device lacks")
	ErrHalfRange = errors.New("beyond the range of float16")
)
