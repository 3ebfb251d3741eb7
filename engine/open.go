package engine

import (
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// Choice says which device to open.
type Choice struct {
	// Name: "" for the best GPU, or CPU where there is none; CPU; Reference; or a
	// Vulkan device by gpu.Choice's rules: an index, "uuid:...", "pci:...",
	// "name:..." or a part of the name. Vulkan drivers that run on the CPU are
	// taken by name alone: CPU is faster.
	Name       string
	RequireGPU bool // refuse what computes on the CPU
	Compiles   bool // take Vulkan devices that only compile, too: nothing runs on them
}

// ErrReferencePrecision is a precision that the reference does not have.
var ErrReferencePrecision = errors.New("the reference computes in " + string(nn.FP32) + " alone")

// Open opens the device that the choice means. Errors are those of gpu.Open.
func Open(c Choice) (Device, error) {
	switch {
	case c.Name == Reference && c.RequireGPU:
		return nil, fmt.Errorf("%w: the reference computes on the CPU", gpu.ErrNotGPU)
	case c.Name == Reference:
		return plain{}, nil
	case c.Name == CPU && c.RequireGPU:
		return nil, fmt.Errorf("%w: %s is the CPU", gpu.ErrNotGPU, CPU)
	case c.Name == CPU:
		return newNative(""), nil
	case c.Name != "":
		return OpenVulkan(c)
	}
	d, err := OpenVulkan(Choice{RequireGPU: true, Compiles: c.Compiles})
	if why, is := noGPU(err); is && !c.RequireGPU {
		return newNative(why), nil
	}
	return d, err
}

// noGPU reports whether the error says that there is none, and why in short.
func noGPU(err error) (why string, is bool) {
	switch {
	case errors.Is(err, gpu.ErrNotGPU), errors.Is(err, gpu.ErrCompilesOnly):
		return "no GPU was found", true
	case errors.Is(err, gpu.ErrNoVulkan):
		return fmt.Sprintf("no GPU: %v", err), true
	}
	return "", false
}

// OpenVulkan opens the device that the choice means among those of Vulkan.
func OpenVulkan(c Choice) (Device, error) {
	d, err := gpu.Open(gpu.Choice{Name: c.Name, RequireGPU: c.RequireGPU, Compiles: c.Compiles})
	if err != nil {
		return nil, err
	}
	return vulkan{d}, nil
}

// Devices lists the devices that Open takes: those of Vulkan, where there is any,
// the native one and the reference.
func Devices() ([]Info, error) {
	all, err := gpu.Devices()
	if err != nil && !errors.Is(err, gpu.ErrNoVulkan) {
		return nil, err
	}
	var list []Info
	for _, d := range all {
		list = append(list, infoOf(d))
	}
	return append(list, newNative("").Info(), plain{}.Info()), nil
}
