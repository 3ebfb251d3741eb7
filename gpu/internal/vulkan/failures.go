//go:build cgo

package vulkan

import (
	"errors"
	"fmt"

	vk "github.com/vulkan-go/vulkan"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
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
