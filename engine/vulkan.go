package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// vulkan is a Vulkan device as a Device.
type vulkan struct{ device *gpu.Device }

// Vulkan returns the Vulkan device behind a Device, for those whose subject it
// is: validate, profile, doctor. Closing is the Device's.
func Vulkan(d Device) (*gpu.Device, bool) {
	v, ok := d.(vulkan)
	return v.device, ok
}

// besideTheHost is how many batches at a time pay on a device that computes
// while the host reads and writes the others.
const besideTheHost = 2

func infoOf(i gpu.Info) Info {
	return Info{Selector: i.Selector(), Name: i.Name, Kind: string(i.Type), Driver: i.Driver, GPU: i.Type.GPU(), Streams: true, CompilesOnly: i.CompilesOnly, InFlight: besideTheHost}
}

func (v vulkan) String() string       { return v.device.Info().String() }
func (v vulkan) Info() Info           { return infoOf(v.device.Info()) }
func (v vulkan) Passes() plan.Options { return v.device.Passes() }
func (v vulkan) Doubts() []string     { return v.device.Doubts() }
func (v vulkan) Close() error         { return v.device.Close() }

func (v vulkan) Load(g *nn.Graph, o Options) (Net, error) {
	n, err := gpu.Load(v.device, g, gpu.Options{
		Batch: o.Batch, InFlight: o.InFlight, Precision: o.Precision, Passes: o.Passes, Tune: o.Tune, NoMatrices: o.NoMatrices,
	})
	if err != nil {
		return nil, err
	}
	return vulkanNet{n, v}, nil
}

// vulkanNet is a net on a Vulkan device.
type vulkanNet struct {
	*gpu.Net
	device vulkan
}

func (n vulkanNet) Device() Device { return n.device }

func (n vulkanNet) Notes() []string {
	if t := n.Tuned(); t.Measured+t.Left > 0 {
		return []string{fmt.Sprintf("tuning: the fastest kernels for %d shapes were measured, for %d they were known, %d are left for the next time", t.Measured, t.Remembered, t.Left)}
	}
	return nil
}

// Time sums the steps by the device's clock; where it has none, by the host's,
// with a submission in every block.
func (n vulkanNet) Time(ctx context.Context, in []*nn.Tensor) (Times, error) {
	p, err := n.Profile(ctx, in, n.Clock())
	if err != nil {
		return Times{}, err
	}
	t := Times{Blocks: map[string]time.Duration{}}
	for _, s := range p.Submissions {
		for _, w := range s.Work {
			t.Total += w.Took
			t.Blocks[w.Steps[0].Main().Block] += w.Took
		}
	}
	return t, nil
}
