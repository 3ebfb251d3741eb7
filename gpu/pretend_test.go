package gpu

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// pretences are devices that the test layer makes of the one that is there.
// Subgroup sizes are those for which no kernel shuffles: the layer cannot
// change what a shuffle does.
func pretences() []string {
	return []string{
		"minimal", "minimal discrete", "minimal portability",
		"minimal subgroup1", "subgroup2", "minimal subgroup32 discrete", "subgroup64", "minimal subgroup128",
	}
}

// openPretended opens a device that pretends, while validation holds the
// package to what is pretended.
func openPretended(t *testing.T, words string) *Device {
	pretend(t, words)
	d := openTest(t)
	t.Cleanup(func() { requireSilence(t) })
	return d
}

func requireSilence(t *testing.T) {
	require.Empty(t, ValidationMessages())
}

func TestLesserDevicesGiveWhatTheReferenceGives(t *testing.T) {
	for _, words := range pretences() {
		t.Run(words, func(t *testing.T) {
			d := openPretended(t, words)
			if strings.Contains(words, "minimal") {
				require.Equal(t, 128, d.Info().MaxGroup)
				require.False(t, d.Info().Timestamps)
			}
			if words == "minimal" {
				requireRefusals(t, d)
				optest.Run(t, func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
					return Apply(t.Context(), d, Options{}, op, in...)
				}, optest.FP32)
			}
			for seed := range uint64(5) {
				g, in, want := optest.Network(t, seed, 3)
				for _, o := range []Options{{Batch: 2}, {Batch: 2, LayerByLayer: true}} {
					n, err := Load(d, g, o)
					require.NoError(t, err)
					got, err := n.RunAll(t.Context(), in)
					require.NoError(t, err)
					optest.RequireClose(t, nn.FP32, got, want)
					require.NoError(t, n.Close())
				}
			}
		})
	}
}

// Silence proves nothing unless the layer that validates sees what is pretended.
func TestValidationHoldsToWhatIsPretended(t *testing.T) {
	pretend(t, "minimal")
	d := openTest(t)
	if !Validating() {
		t.Skip("the validation layer is not installed")
	}
	large, ok := shaders.Named("conv2d_tiles_128x128")
	require.True(t, ok)
	require.False(t, d.limits.Fits(large))
	require.NoError(t, d.vulkan.MakePipelines([]shaders.Kernel{large}, nil)) // which no net may ask for
	require.Contains(t, fmt.Sprint(ValidationMessages()), "maxComputeWorkGroupInvocations (128)")
}

// requireRefusals requires that a kernel runs if and only if the device lists it.
func requireRefusals(t *testing.T, d *Device) {
	g, in, want := smallNet(t)
	refused := 0
	for _, k := range lower.TileKernels() {
		n, err := Load(d, g, Options{Batch: 2, Kernel: k.Name, Precision: k.Precision})
		if !slices.Contains(d.Kernels(), k.Name) {
			require.ErrorIs(t, err, ErrNoKernel)
			require.ErrorContains(t, err, k.Name)
			refused++
			continue
		}
		require.NoError(t, err)
		got, err := n.RunAll(t.Context(), in)
		require.NoError(t, err)
		optest.RequireClose(t, k.Precision, got, want)
		require.NoError(t, n.Close())
	}
	require.Positive(t, refused, "work groups of 256 on a device that takes 128")
}

// What 1 MiB of texels cannot show goes to the plain kernels.
func TestProductsBeyondTheTexelsAreComputedToo(t *testing.T) {
	d := openPretended(t, "minimal")
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []struct {
		name  string
		op    nn.Op
		shape nn.Shape // with the batch axis
	}{
		{"weights of a convolution", &nn.Conv2D{Filters: 132, Window: nn.Square(3, 1), UseBias: true}, nn.Shape{1, 3, 3, 256}},
		{"weights of a dense layer", &nn.Dense{Units: 1028, UseBias: true}, nn.Shape{2, 256}},
		{"a row of a convolution", &nn.Conv2D{Filters: 4, Window: nn.Square(1, 1), UseBias: true}, nn.Shape{1, 2, 520, 512}},
		{"an input of few channels", &nn.Conv2D{Filters: 4, Window: nn.Window{Size: [2]int{7, 7}, Stride: [2]int{2, 2}}, UseBias: true}, nn.Shape{24, 64, 64, 3}},
		{"images of a dense layer", &nn.Dense{Units: 4, UseBias: true}, nn.Shape{2100, 128}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, p := range c.op.Params([]nn.Shape{c.shape[1:]}) {
				*p.Value = optest.Normal(rng, 0, 1, p.Shape...)
			}
			require.NoError(t, optest.Case{Name: c.name, Op: c.op, Inputs: []*nn.Tensor{optest.Normal(rng, 0, 1, c.shape...)}}.Check(
				func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
					return Apply(t.Context(), d, Options{}, op, in...)
				}, optest.FP32))
		})
	}
}

func TestDevicesWithoutWhatIsNeededAreRefusedByName(t *testing.T) {
	g, _, _ := smallNet(t)
	for words, c := range map[string]struct {
		is   error
		says string
	}{
		"forgetful": {ErrOutOfMemory, "make a buffer"},
		"aloof":     {ErrOutOfMemory, "make a buffer"},
		"tiny":      {ErrOutOfMemory, "make a buffer"},
		"graphics":  {ErrNoVulkan, "lists no device that computes"},
	} {
		t.Run(words, func(t *testing.T) {
			pretend(t, words)
			d, err := Open(Default())
			if err == nil {
				_, err = Load(d, g, Options{})
				require.NoError(t, d.Close())
			}
			require.ErrorIs(t, err, c.is)
			require.ErrorContains(t, err, c.says)
			requireSilence(t)
		})
	}
}
