package cpu

import (
	"errors"

	"github.com/vkeras/vkeras/cpu/internal/simd"
)

// What can go wrong, besides wrong arguments.
var (
	ErrClosed      = errors.New("used after Close")
	ErrOutOfMemory = simd.ErrOutOfMemory
	ErrHalfRange   = errors.New("beyond the range of float16")
	ErrPrecision   = errors.New("the processor computes in fp32 or fp16w")
	ErrNoKernels   = errors.New("the processor has no such kernels")
)
