package profile

import (
	"context"
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// ErrNoSteps is a device that computes layer by layer and tells no times of them.
var ErrNoSteps = errors.New("the reference has no steps to time: a profile needs a Vulkan device or " + engine.CPU)

// Net is a net on a device, to be measured.
type Net struct {
	Subject
	roof  func(ctx context.Context, folder string, again bool) (*Roof, error)
	close func() error
}

// Load puts a graph on a device, one plain kernel a layer if so asked. Errors are
// ErrNoSteps and those of loading.
func Load(d engine.Device, g *nn.Graph, o engine.Options, layerByLayer bool) (*Net, error) {
	if d.Info().Plain {
		return nil, fmt.Errorf("%s: %w", d, ErrNoSteps)
	}
	if device, ok := engine.Vulkan(d); ok {
		net, err := gpu.Load(device, g, gpu.Options{
			Batch: o.Batch, LayerByLayer: layerByLayer, Passes: o.Passes, Precision: o.Precision, NoMatrices: o.NoMatrices, Tune: o.Tune,
		})
		if err != nil {
			return nil, err
		}
		roof := func(ctx context.Context, folder string, again bool) (*Roof, error) {
			return CachedRoof(ctx, device, folder, again)
		}
		return &Net{OnGPU(net), roof, net.Close}, nil
	}
	net, err := cpu.Load(g, cpu.Options{Batch: o.Batch, LayerByLayer: layerByLayer, Passes: o.Passes, Precision: o.Precision})
	if err != nil {
		return nil, err
	}
	roof := func(ctx context.Context, folder string, again bool) (*Roof, error) {
		return CachedNativeRoof(ctx, net.Options(), folder, again)
	}
	return &Net{OnCPU(net), roof, net.Close}, nil
}

// Roof is the device's: see CachedRoof.
func (n *Net) Roof(ctx context.Context, folder string, again bool) (*Roof, error) {
	return n.roof(ctx, folder, again)
}

// Close frees the net.
func (n *Net) Close() error { return n.close() }

// Measure is the package's Measure on Noise, a batch of so many images, with the roof
// from the folder where Options.Roof is nil.
func (n *Net) Measure(ctx context.Context, batch int, folder string, o Options) (*Measurement, error) {
	if o.Roof == nil {
		var err error
		if o.Roof, err = n.Roof(ctx, folder, false); err != nil {
			return nil, err
		}
	}
	var in []*nn.Tensor
	for _, x := range n.Program().Graph.Inputs {
		in = append(in, Noise(x.Shape.Batch(batch)))
	}
	m, err := Measure(ctx, n, in, o)
	if err != nil {
		return nil, err
	}
	return m, m.Renew(func() (*Roof, error) { return n.Roof(ctx, folder, true) })
}
