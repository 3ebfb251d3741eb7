package gpu

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// session does all that a program does with a device, and returns the first
// error and the outputs of its run.
func session(g *nn.Graph, in []*nn.Tensor, o Options) (out []*nn.Tensor, err error) {
	d, err := Open(Default())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	n, err := Load(d, g, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	if d.Info().Timestamps {
		if _, err := n.Profile(context.Background(), in, DeviceClock); err != nil {
			return nil, err
		}
	}
	out, err = n.RunAll(context.Background(), in)
	return out, err
}

// smallNet is a net that needs every kind of object, and few of them.
func smallNet(t testing.TB) (g *nn.Graph, in, want []*nn.Tensor) {
	rng := rand.New(rand.NewPCG(3, 4))
	b := nn.NewBuilder("small")
	x := b.Add("conv", &nn.Conv2D{Filters: 8, Window: nn.Square(3, 1), UseBias: true}, b.Input("picture", nn.Shape{6, 6, 4}))
	g, err := b.Graph(b.Add("softmax", &nn.Softmax{}, b.Add("pool", &nn.GlobalAvgPool{}, x)))
	require.NoError(t, err)
	for _, p := range g.Params() {
		*p.Value = optest.Normal(rng, 0, 1, p.Shape...)
	}
	in = optest.Inputs(rng, g, 2)
	want, err = reference.Run(context.Background(), g, in, nil)
	require.NoError(t, err)
	return g, in, want
}

// Every call that can fail does, one after the other to the end of a session:
// each time there is an error of the right class, nothing is left, and the next
// session works.
func TestEveryFailureOfTheDriverIsAnErrorAndLeavesNothing(t *testing.T) {
	g, in, want := smallNet(t)
	for _, c := range []struct {
		result vkc.Result
		is     error
		device string
		layers []string
	}{
		{vkc.OutOfDeviceMemory, ErrOutOfMemory, "", []string{testLayer, validationLayer}},
		{vkc.OutOfHostMemory, ErrOutOfMemory, "discrete", []string{testLayer}},
		{vkc.DeviceLost, ErrDeviceLost, "", []string{testLayer, validationLayer}},
		{vkc.DeviceLost, ErrDeviceLost, "discrete", []string{testLayer}},
	} {
		t.Run(fmt.Sprint(c.result, " ", c.device), func(t *testing.T) {
			useLayers(t, c.layers...)
			t.Setenv("VKERAS_LAYER_FAULT", "") // for the end
			t.Setenv(ValidationVariable, "")
			t.Setenv("VKERAS_LAYER_DEVICE", c.device)
			_, err := session(g, in, Options{Batch: 2}) // so that what is found out once is known
			require.NoError(t, err)
			for n := 1; ; n++ {
				os.Setenv("VKERAS_LAYER_FAULT", fmt.Sprintf("%d:%d", n, c.result))
				out, err := session(g, in, Options{Batch: 2})
				r := layerReport(t)
				require.Zero(t, r.live, "objects left after failure %d: %v", n, err)
				require.Empty(t, ValidationMessages(), "failure %d: %v", n, err)
				if out != nil { // what failed was the closing
					optest.RequireClose(t, nn.FP32, out, want)
				}
				switch {
				case r.failed == "-":
					require.NoError(t, err)
					require.NotNil(t, out)
					require.Equal(t, r.calls+1, n, "every call has failed once")
					return
				case strings.Contains(r.failed, "PipelineCache") && err == nil: // it saves time and no more
					require.NotNil(t, out)
				default:
					require.ErrorIs(t, err, c.is, "failure %d, of %s", n, r.failed)
				}
			}
		})
	}
}
