package engine

import (
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// Choice says which device to open.
type Choice struct {
	// Name: "" for the best; Reference; or a Vulkan device by gpu.Choice's rules:
	// an index, "uuid:...", "pci:...", "name:..." or a part of the name.
	Name       string
	RequireGPU bool // refuse what computes on the CPU
}

// ErrReferencePrecision is a precision that the reference does not have.
var ErrReferencePrecision = errors.New("the reference computes in " + string(nn.FP32) + " alone")

// Open opens the device that the choice means. Errors are those of gpu.Open.
func Open(c Choice) (Device, error) {
	if c.Name == Reference {
		if c.RequireGPU {
			return nil, fmt.Errorf("%w: the reference computes on the CPU", gpu.ErrNotGPU)
		}
		return plain{}, nil
	}
	return OpenVulkan(c)
}

// OpenVulkan opens the device that the choice means among those of Vulkan.
func OpenVulkan(c Choice) (Device, error) {
	d, err := gpu.Open(gpu.Choice{Name: c.Name, RequireGPU: c.RequireGPU})
	if err != nil {
		return nil, err
	}
	return vulkan{d}, nil
}

// Devices lists the devices that Open takes, the reference last. Where there is
// no Vulkan, it is alone.
func Devices() ([]Info, error) {
	all, err := gpu.Devices()
	if err != nil && !errors.Is(err, gpu.ErrNoVulkan) {
		return nil, err
	}
	var list []Info
	for _, d := range all {
		list = append(list, infoOf(d))
	}
	return append(list, plain{}.Info()), nil
}
