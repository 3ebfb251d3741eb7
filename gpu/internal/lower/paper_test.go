package lower

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/resnet"
)

// onPaper reads the devices of testdata/devices.json.
func onPaper(t *testing.T) []Limits {
	text, err := os.ReadFile("testdata/devices.json")
	require.NoError(t, err)
	var devices []struct {
		Source string
		Limits Limits
	}
	require.NoError(t, json.Unmarshal(text, &devices))
	var all []Limits
	for _, d := range devices {
		require.NotEmpty(t, d.Source, d.Limits.Name)
		all = append(all, d.Limits)
	}
	return all
}

// named returns the device on paper of that name.
func named(t *testing.T, name string) Limits {
	for _, l := range onPaper(t) {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no device %q on paper", name)
	return Limits{}
}

// requireWithin requires that a device of these limits can run the dispatches:
// every group, every binding.
func requireWithin(t *testing.T, l Limits, dispatches []Dispatch) {
	t.Helper()
	for _, d := range dispatches {
		require.True(t, l.Fits(d.Kernel), "%s by %s", d.Step.Name, d.Kernel.Name)
		for axis, n := range d.Groups {
			require.Positive(t, n, d.Kernel.Name)
			require.LessOrEqual(t, int64(n), int64(l.MaxGroupCount[axis]), d.Kernel.Name)
		}
		require.LessOrEqual(t, len(d.Push), 128, "the push constants that Vulkan guarantees")
		for i, r := range d.Args {
			if i < d.Kernel.Texels {
				require.Zero(t, r.Offset%l.TexelAlignment, "%s, binding %d", d.Kernel.Name, i)
				require.LessOrEqual(t, r.Bytes/d.Kernel.TexelBytes(i), l.MaxTexelElements, d.Kernel.Name)
				continue
			}
			require.Zero(t, r.Offset%l.StorageAlignment, "%s, binding %d", d.Kernel.Name, i)
			require.LessOrEqual(t, r.Bytes, l.MaxStorageRange, d.Kernel.Name)
		}
	}
}

// lowered lowers a program in a precision as package gpu does, on paper.
func lowered(t *testing.T, l Limits, p nn.Precision, program *plan.Program, batch int) []Dispatch {
	t.Helper()
	target, err := NewTarget(l, Options{Precision: p})
	require.NoError(t, err)
	layout, err := Lay(target, program, batch, false)
	require.NoError(t, err)
	at, weights := int64(0), map[*plan.Step]Region{}
	for _, s := range Parts(program) {
		packed, err := Pack(target, s)
		require.NoError(t, err)
		weights[s] = Region{Weights, at, packed.Bytes}
		at += (packed.Bytes + target.Align() - 1) / target.Align() * target.Align()
	}
	dispatches, err := Lower(target, program, layout, weights)
	require.NoError(t, err)
	return dispatches
}

func TestResNet50IsWithinTheLimitsOfEveryDeviceOnPaper(t *testing.T) {
	g, err := resnet.Build("resnet50", resnet.Options{})
	require.NoError(t, err)
	for _, p := range g.Params() {
		*p.Value = nn.NewTensor(p.Shape...)
	}
	kinds := map[string]string{ // of the kernels of most convolutions
		"the least that Vulkan guarantees": "conv2d", "llvmpipe": "conv2d_lanes",
	}
	for _, l := range onPaper(t) {
		t.Run(l.Name, func(t *testing.T) {
			for _, p := range nn.Precisions() {
				if p.HalfTensors() && !l.Storage16 {
					continue
				}
				for _, batch := range []int{1, 8} {
					dispatches := lowered(t, l, p, plan.Compile(g, plan.All()), batch)
					requireWithin(t, l, dispatches)
					want, ok := kinds[l.Name]
					if !ok {
						want = "conv2d_" // tiles, rows or cooperative matrices
					}
					of := 0
					for _, d := range dispatches {
						if strings.HasPrefix(d.Kernel.Base, want) {
							of++
						}
					}
					require.GreaterOrEqual(t, of, 50, "of %d dispatches", len(dispatches))
				}
			}
		})
	}
}

func TestEveryOperationIsWithinTheLimitsOfEveryDeviceOnPaper(t *testing.T) {
	for _, l := range onPaper(t) {
		t.Run(l.Name, func(t *testing.T) {
			for _, s := range optest.All(optest.Seed) {
				for _, c := range s.Cases {
					b := nn.NewBuilder(c.Name)
					var in []*nn.Node
					for i, x := range c.Inputs {
						in = append(in, b.Input(string(rune('a'+i)), x.Shape[1:]))
					}
					g, err := b.Graph(b.Add("y", c.Op, in...))
					require.NoError(t, err)
					requireWithin(t, l, lowered(t, l, nn.FP32, plan.Compile(g, plan.Options{}), c.Inputs[0].Shape[0]))
				}
			}
		})
	}
}
