package gpu

import (
	"errors"
	"fmt"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
)

// Sentinel errors, for errors.Is.
var (
	ErrNoVulkan    = errors.New("no Vulkan driver was found")
	ErrNoDevice    = errors.New("no such Vulkan device")
	ErrNotGPU      = errors.New("no GPU among the Vulkan devices")
	ErrOutOfMemory = errors.New("out of memory")
	ErrDeviceLost  = errors.New("the device was lost")
	ErrTooLarge    = errors.New("beyond the device's limits")
	ErrNoKernel    = errors.New("no such kernel for the device")
	ErrClosed      = errors.New("used after Close")
	ErrNoScreen    = errors.New("no device that computes can show pictures on this display")
	ErrSurfaceLost = errors.New("the window's surface was lost")
	ErrPrecision   = errors.New("precision that the device lacks")
	ErrHalfRange   = errors.New("beyond the range of float16")
)

// fail wraps what a Vulkan call returned with what was being done.
func fail(what string, err error) error {
	if err == nil {
		return nil
	}
	var r vkc.Result
	if errors.As(err, &r) {
		switch r {
		case vkc.OutOfHostMemory, vkc.OutOfDeviceMemory:
			return fmt.Errorf("%s: %w (%w)", what, ErrOutOfMemory, err)
		case vkc.SurfaceLost:
			return fmt.Errorf("%s: %w (%w)", what, ErrSurfaceLost, err)
		case vkc.DeviceLost:
			return fmt.Errorf("%s: %w (%w)", what, ErrDeviceLost, err)
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// failed is fail for the results of package vulkan.
func failed(what string, r vk.Result) error {
	if r >= 0 {
		return nil
	}
	return fail(what, vkc.Result(r))
}
