package gpu

import (
	"errors"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/internal/inflight"
)

// Sentinel errors, for errors.Is.
var (
	ErrNoVulkan     = vulkan.ErrNoVulkan
	ErrManifest     = vulkan.ErrManifest    // a driver's or layer's manifest that is no JSON; ErrNoVulkan too
	ErrDriverFiles  = vulkan.ErrDriverFiles // an environment variable that names the drivers' files; ErrNoVulkan too
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
	ErrCompilesOnly = errors.New("the device only compiles: there is no hardware that computes")
	ErrClosed       = inflight.ErrClosed
)
