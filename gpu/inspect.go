package gpu

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/shaders"
)

// ErrNoStatistics is a device whose driver says nothing of the code that it makes.
var ErrNoStatistics = errors.New("the driver tells nothing of its code (VK_KHR_pipeline_executable_properties)")

// Executable is a piece of machine code that a driver made of a kernel, with its
// statistics under the driver's own names.
type Executable struct {
	Name, Description string
	Subgroup          int // invocations
	Statistics        []Statistic
	Forms             []Form
}

// Statistic is a number that a driver gives of its code. Value is a bool, an int64,
// a uint64 or a float64.
type Statistic struct {
	Name, Description string
	Value             any
}

// Form is one of a driver's forms of its code, from what it read to machine code.
type Form struct{ Name, Description, Text string }

// Inspect has the driver compile a kernel, with its specialization constants, and
// returns what it says of the machine code. Nothing runs, so it works on devices
// that only compile. Errors are ErrNoStatistics and ErrNoKernel, for a kernel that
// the device cannot run.
func (d *Device) Inspect(k shaders.Kernel) ([]Executable, error) {
	if k.Precision != "" && !slices.Contains(d.Kernels(), k.Name) {
		return nil, fmt.Errorf("%w: %s needs what %s lacks", ErrNoKernel, k.Name, d.info.Name)
	}
	return d.inspect(k, nil)
}

// InspectCode does the same to anybody's SPIR-V: a compute kernel with bindings in
// set 0, storage texel buffers before storage buffers. Errors are
// shaders.ErrSPIRV, too.
func (d *Device) InspectCode(name string, code []byte, constants ...uint32) ([]Executable, error) {
	face, err := shaders.Reflect(code)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if face.Entry != "main" {
		return nil, fmt.Errorf("%s: %w: expected the entry point \"main\", found %q", name, shaders.ErrSPIRV, face.Entry)
	}
	k := shaders.Kernel{Name: name, Constants: constants}
	for _, b := range face.Texels {
		k.Texels = max(k.Texels, int(b)+1)
	}
	for _, b := range face.Buffers {
		if int(b) < k.Texels {
			return nil, fmt.Errorf("%s: %w: storage buffer %d comes before a texel buffer", name, shaders.ErrSPIRV, b)
		}
		k.Buffers = max(k.Buffers, int(b)+1-k.Texels)
	}
	if k.Texels+k.Buffers > shaders.MaxBindings {
		return nil, fmt.Errorf("%s: %w: %d bindings; %d can be compiled", name, shaders.ErrSPIRV, k.Texels+k.Buffers, shaders.MaxBindings)
	}
	if !d.limits.Takes(face) {
		return nil, fmt.Errorf("%s: %w: its work groups of %v with %d bytes of shared memory are too large for %s", name, ErrTooLarge, face.Group, face.Shared, d.info.Name)
	}
	return d.inspect(k, code)
}

func (d *Device) inspect(k shaders.Kernel, code []byte) ([]Executable, error) {
	if !d.vulkan.Executables {
		return nil, fmt.Errorf("%s: %w", d.info.Name, ErrNoStatistics)
	}
	found, err := d.vulkan.Inspect(k, code)
	if err != nil {
		return nil, err
	}
	return executables(found), nil
}

func executables(found []vulkan.Executable) []Executable {
	list := make([]Executable, len(found))
	for i, e := range found {
		list[i] = Executable{Name: e.Name, Description: e.Description, Subgroup: e.SubgroupSize}
		for _, s := range e.Statistics {
			list[i].Statistics = append(list[i].Statistics, Statistic(s))
		}
		for _, f := range e.Forms {
			list[i].Forms = append(list[i].Forms, Form(f))
		}
	}
	return list
}
