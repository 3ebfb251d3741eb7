package gpu

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/resnet"
)

func drawPasses(t *rapid.T) *plan.Options {
	return &plan.Options{
		Fold: rapid.Bool().Draw(t, "fold"), Fuse: rapid.Bool().Draw(t, "fuse"),
		Demand: rapid.Bool().Draw(t, "demand"), Merge: rapid.Bool().Draw(t, "merge"),
	}
}

func TestRandomNetworksGiveTheSameWithAnyPasses(t *testing.T) {
	d := openTest(t)
	rapid.Check(t, func(t *rapid.T) {
		images := rapid.IntRange(1, 4).Draw(t, "images")
		g, in, want := optest.Network(t, rapid.Uint64().Draw(t, "seed"), images)
		n, err := Load(d, g, Options{Batch: images, Passes: drawPasses(t)})
		require.NoError(t, err)
		defer n.Close()
		got, err := n.RunAll(context.Background(), in)
		require.NoError(t, err)
		optest.RequireClose(t, nn.FP32, got, want)
	})
}

// runOnce loads the graph with these options, runs it, and lets it go.
func runOnce(t *testing.T, d *Device, g *nn.Graph, o Options, in []*nn.Tensor) []*nn.Tensor {
	n, err := Load(d, g, o)
	require.NoError(t, err)
	defer n.Close()
	out, err := n.RunAll(t.Context(), in)
	require.NoError(t, err)
	return out
}

// The demand pass leaves out positions and changes no sum: where the same kernel
// computes a layer, every bit stays.
func TestDemandKeepsEveryBit(t *testing.T) {
	d := openTest(t)
	with, without := plan.All(), plan.All()
	without.Demand = false
	for _, kernel := range runnable(d, "conv2d", "conv2d_tiles_32x32") {
		for seed := range uint64(20) {
			g, in, _ := optest.Network(t, seed, 2)
			a := runOnce(t, d, g, Options{Batch: 2, Kernel: kernel, Passes: &with}, in)
			b := runOnce(t, d, g, Options{Batch: 2, Kernel: kernel, Passes: &without}, in)
			require.Equal(t, b, a, "%s, seed %d", kernel, seed)
		}
	}
	g, err := resnet.Build("exercise", resnet.Options{})
	require.NoError(t, err)
	resnet.Initialise(g, optest.Seed)
	kernel := Options{Kernel: runnable(d, "conv2d_lanes_8_16x2", "conv2d_tiles_32x32", "conv2d")[0]}
	in := []*nn.Tensor{optest.Normal(rand.New(rand.NewPCG(optest.Seed, 5)), 0, 1, 1, 64, 64, 3)}
	a, b := kernel, kernel
	a.Passes, b.Passes = &with, &without
	require.Equal(t, runOnce(t, d, g, b, in), runOnce(t, d, g, a, in))
}
