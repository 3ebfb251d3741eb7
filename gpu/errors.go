package gpu

import (
	"errors"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
)

// Sentinel errors, for errors.Is.
var (
	ErrNoVulkan     = vulkan.ErrNoVulkan
	ErrNoValidation = vulkan.ErrNoValidation
	ErrOutOfMemory  = vulkan.ErrOutOfMemory
	ErrDeviceLost   = vulkan.ErrDeviceLost
	ErrSurfaceLost  = vulkan.ErrSurfaceLost
	ErrTooLarge     = lower.ErrTooLarge
	ErrNoKernel     = lower.ErrNoKernel
	ErrPrecision    = lower.ErrPrecision
	ErrHalfRange    = lower.ErrHalfRange
	ErrNoDevice     = errors.New("no such Vulkan device")
	ErrNotGPU       = errors.New("no GPU among the Vulkan devices")
	ErrClosed       = errors.New("used after Close")
)
