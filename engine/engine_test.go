package engine_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
)

// halves is a network that halves its input by average pooling.
func halves(t *testing.T) *nn.Graph {
	b := nn.NewBuilder("halves")
	x := b.Input("x", nn.Shape{4, 4, 3})
	g, err := b.Graph(b.Add("pool", &nn.AvgPool{Window: nn.Square(2, 2)}, x))
	require.NoError(t, err)
	return g
}

func TestEveryDeviceOfTheListOpensAndComputesTheSame(t *testing.T) {
	list, err := engine.Devices()
	require.NoError(t, err)
	require.Equal(t, engine.Reference, list[len(list)-1].Selector)
	x := nn.NewTensor(3, 4, 4, 3)
	for i := range x.Data {
		x.Data[i] = float32(i % 7)
	}
	for _, info := range list {
		t.Run(info.Name, func(t *testing.T) {
			device, err := engine.Open(engine.Choice{Name: info.Selector})
			require.NoError(t, err)
			require.Equal(t, info, device.Info())
			passes := device.Passes()
			net, err := device.Load(halves(t), engine.Options{Batch: 2, Passes: &passes})
			require.NoError(t, err)
			require.Equal(t, device, net.Device())
			y, err := net.Run(t.Context(), x)
			require.NoError(t, err)
			require.Equal(t, nn.Shape{3, 2, 2, 3}, y.Shape)
			// Channel 1 of the first image's first window: elements 1, 4, 13 and 16, modulo 7.
			require.InDelta(t, (1.0+4+6+2)/4, y.Data[1], 1e-6)
			times, err := net.Time(t.Context(), []*nn.Tensor{nn.NewTensor(2, 4, 4, 3)})
			require.NoError(t, err)
			require.Positive(t, times.Total)
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			_, err = net.Run(cancelled, x)
			require.ErrorIs(t, err, context.Canceled)
			require.NoError(t, net.Close())
			require.NoError(t, device.Close())
		})
	}
}

func TestTheReferenceRefusesWhatItCannotHonour(t *testing.T) {
	_, err := engine.Open(engine.Choice{Name: engine.Reference, RequireGPU: true})
	require.ErrorIs(t, err, gpu.ErrNotGPU)
	device, err := engine.Open(engine.Choice{Name: engine.Reference})
	require.NoError(t, err)
	_, err = device.Load(halves(t), engine.Options{Precision: nn.FP16})
	require.ErrorIs(t, err, engine.ErrReferencePrecision)
	_, is := engine.Vulkan(device)
	require.False(t, is)
}

func TestWhereThereIsNoGPUTheProcessorIsOpenedAndSaysWhy(t *testing.T) {
	device, err := engine.Open(engine.Choice{})
	require.NoError(t, err)
	defer device.Close()
	info := device.Info()
	require.True(t, info.GPU || info.Selector == engine.CPU && info.Why != "", "%+v", info)
	named, err := engine.Open(engine.Choice{Name: engine.CPU})
	require.NoError(t, err)
	defer named.Close()
	require.Empty(t, named.Info().Why)
	_, err = engine.Open(engine.Choice{Name: engine.CPU, RequireGPU: true})
	require.ErrorIs(t, err, gpu.ErrNotGPU)
	if !info.GPU {
		_, err = engine.Open(engine.Choice{RequireGPU: true})
		require.ErrorIs(t, err, gpu.ErrNotGPU)
	}
}
