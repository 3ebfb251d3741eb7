package cpu

import (
	"errors"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/internal/inflight"
)

// What can go wrong, besides wrong arguments.
var (
	ErrClosed      = inflight.ErrClosed
	ErrOutOfMemory = simd.ErrOutOfMemory
	ErrHalfRange   = errors.New("beyond the range of float16")
	ErrPrecision   = errors.New("the processor computes in fp32 or fp16w")
	ErrNoKernels   = errors.New("the processor has no such kernels")
)
