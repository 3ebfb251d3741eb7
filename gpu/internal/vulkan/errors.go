package vulkan

import "errors"

// Sentinel errors, which package gpu hands on under the same names.
var (
	ErrNoVulkan     = errors.New("no Vulkan driver was found")
	ErrDriverFiles  = errors.New("it names no driver that can be used")
	ErrManifest     = errors.New("the Vulkan loader stops at a manifest that it cannot read")
	ErrNoValidation = errors.New("the validation layer VK_LAYER_KHRONOS_validation is not installed")
	ErrOutOfMemory  = errors.New("out of memory")
	ErrDeviceLost   = errors.New("the device was lost")
	ErrSurfaceLost  = errors.New("the window's surface was lost")
)
