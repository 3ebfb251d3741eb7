package optest_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

func TestCasesAreValid(t *testing.T) {
	total := 0
	for _, s := range optest.All(optest.Seed) {
		names := map[string]bool{}
		require.NotEmpty(t, s.Cases, s.Kind)
		for _, c := range s.Cases {
			require.Equal(t, s.Kind, c.Op.Kind())
			require.False(t, names[c.Name], "%s: %s is there twice", s.Kind, c.Name)
			require.NotContains(t, c.Name, "/")
			require.NotContains(t, c.Name, " ")
			names[c.Name] = true
			requireFiniteResult(t, c)
		}
		total += len(s.Cases)
	}
	require.Greater(t, total, 300)
}

func requireFiniteResult(t *testing.T, c optest.Case) {
	t.Helper()
	y, err := reference.Apply(c.Op, c.Inputs...)
	require.NoError(t, err, c.Name)
	for _, v := range y.Data {
		require.False(t, math.IsNaN(float64(v)) || math.IsInf(float64(v), 0), "%s %s", c.Op.Kind(), c.Name)
	}
}

func TestCasesFollowFromTheSeed(t *testing.T) {
	require.Equal(t, optest.All(7), optest.All(7))
	require.NotEqual(t, optest.All(7), optest.All(8))
}

func TestRunAcceptsTheReference(t *testing.T) {
	optest.Run(t, reference.Apply, optest.Tolerance{})
}

func TestGraphsAreVariedAndFollowFromTheSeed(t *testing.T) {
	kinds := map[string]int{}
	var severalOutputs, severalInputs, dead, shared, forks int
	for seed := range uint64(300) {
		g := graph(seed)
		require.NoError(t, g.CheckWeights())
		require.Equal(t, g.MACs(), graph(seed).MACs())
		require.Equal(t, g.Params(), graph(seed).Params())
		ops := map[nn.Op]bool{}
		for _, n := range g.Nodes {
			kinds[n.Op.Kind()]++
			shared += count(ops[n.Op])
			ops[n.Op] = true
		}
		isOutput := map[*nn.Node]bool{}
		for _, n := range g.Outputs {
			isOutput[n] = true
		}
		for i, readers := range g.Consumers() {
			forks += count(len(readers) > 1)
			dead += count(len(readers) == 0 && !isOutput[g.Nodes[i]])
		}
		severalOutputs += count(len(g.Outputs) > 1)
		severalInputs += count(len(g.Inputs) > 1)
	}
	for _, s := range optest.All(optest.Seed) {
		if !apart[s.Kind] {
			require.NotZero(t, kinds[s.Kind], s.Kind)
		}
	}
	for what, n := range map[string]int{
		"several outputs": severalOutputs, "several inputs": severalInputs, "dead nodes": dead,
		"shared operations": shared, "several readers": forks,
	} {
		require.Greater(t, n, 20, what)
	}
}

// apart are the operations that random networks do without.
var apart = map[string]bool{"Constant": true, "Gather": true, "MatMul": true, "Normalize": true, "Reduce": true, "Reshape": true, "Sort": true, "Unary": true}

func TestGraphsRunToFiniteValues(t *testing.T) {
	for seed := range uint64(60) {
		g := graph(seed)
		out, err := reference.Run(t.Context(), g, optest.Inputs(rand.New(rand.NewPCG(seed, 1)), g, 2), nil)
		require.NoError(t, err, "seed %d", seed)
		for _, y := range out {
			for _, v := range y.Data {
				require.Less(t, math.Abs(float64(v)), 1e6, "seed %d", seed)
			}
		}
	}
}

func graph(seed uint64) *nn.Graph { return optest.Graph(rand.New(rand.NewPCG(seed, 0))) }

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The second number supports Keras's sparsemax where it is more than the first less
// 1, and its result is then far from 0: a rounding of float16 decides.
func TestTheNoiseOfANetworkThatJumpsHasTheJump(t *testing.T) {
	b := nn.NewBuilder("jump")
	x := b.Input("x", nn.Shape{1, 1, 2})
	jump := b.Add("jump", &nn.Sparsemax{Axes: []int{-1}}, x)
	calm := b.Add("calm", &nn.Softmax{Axes: []int{-1}}, x)
	g, err := b.Graph(jump, calm)
	require.NoError(t, err)
	pair, err := nn.FromSlice([]float32{2.0003, 1.0004}, 1, 1, 1, 2)
	require.NoError(t, err)
	in := []*nn.Tensor{pair}
	want, err := reference.Run(t.Context(), g, in, nil)
	require.NoError(t, err)
	noise, err := optest.HalfNoise(t.Context(), g, in, want)
	require.NoError(t, err)
	require.Greater(t, noise[0], 1e-3)
	require.Less(t, noise[1], 1e-5)
}
