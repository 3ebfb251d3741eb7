package resnet_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// variantNames lists the ways to halve.
func variantNames() []string {
	var names []string
	for _, a := range resnet.Architectures() {
		if a.Variant != "" {
			names = append(names, a.Variant)
		}
	}
	return names
}

func variant(t testing.TB, name string, o resnet.Options) *nn.Graph {
	t.Helper()
	g, err := resnet.Variant(name, resnet.ExerciseOptions{Options: o})
	require.NoError(t, err)
	return g
}

func TestEveryVariantHalvesToTheSameShapes(t *testing.T) {
	for _, size := range []int{64, 65, 70, 97, 224} {
		o := resnet.Options{Input: nn.Shape{size, size + 9, 3}, WidthDivisor: 16}
		want := sums(variant(t, "a", o))
		require.Len(t, want, 16)
		for _, name := range variantNames() {
			require.Equal(t, want, sums(variant(t, name, o)), "%s at %d", name, size)
		}
	}
}

// sums returns the shapes of a graph's residual sums.
func sums(g *nn.Graph) []nn.Shape {
	var shapes []nn.Shape
	for _, n := range g.Nodes {
		if _, ok := n.Op.(*nn.Add); ok {
			shapes = append(shapes, n.Shape)
		}
	}
	return shapes
}

// Bag of Tricks, table 5, for (224, 224, 3). The tolerance covers the exercise's
// unpadded pool: 55 positions in stage 2 where the paper has 56.
func TestCostsAreThoseOfBagOfTricks(t *testing.T) {
	for name, want := range map[string]float64{"a": 3.8e9, "b": 4.1e9, "c": 4.3e9, "d": 4.3e9} {
		g := variant(t, name, resnet.Options{Input: nn.Shape{224, 224, 3}, Classes: 1000})
		require.InEpsilon(t, want, convMACs(g), 0.05, name)
	}
}

func TestHalvingsThatPoolFirstCostWhatTheExerciseCosts(t *testing.T) {
	for _, size := range []int{64, 96} {
		o := resnet.Options{Input: nn.Shape{size, size, 3}}
		want := convMACs(variant(t, "a", o))
		require.Equal(t, want, convMACs(variant(t, "maxpool", o)))
		require.Equal(t, want, convMACs(variant(t, "avgpool", o)))
		require.Greater(t, convMACs(variant(t, "v1.5", o)), want)
		require.Less(t, convMACs(variant(t, "option-a", o)), want)
	}
}

func TestVariantsShareTheExercisesWeights(t *testing.T) {
	exercise := weights(variant(t, "a", resnet.Options{}))
	for name, differ := range map[string][]string{
		"v1.5":          nil,
		"maxpool":       nil,
		"avgpool":       nil,
		"maxpool-after": nil,
		"avgpool-after": nil,
		"blurpool":      {"_blur/kernel"},
		"option-a":      {"_branch1/"},
		"c":             {"conv1"},
		"d":             {"conv1"},
	} {
		got := weights(variant(t, name, resnet.Options{}))
		for _, both := range [][2]map[string]nn.Shape{{exercise, got}, {got, exercise}} {
			for weight, shape := range both[0] {
				if !both[1][weight].Equal(shape) {
					require.True(t, containsAny(weight, differ), "%s: %s %v", name, weight, shape)
				}
			}
		}
	}
}

func weights(g *nn.Graph) map[string]nn.Shape {
	all := map[string]nn.Shape{}
	for _, p := range g.Params() {
		all[p.Node.Layer+"/"+p.Role] = p.Shape
	}
	return all
}

func containsAny(s string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func TestBlocksOfEveryVariantAreTheExercises(t *testing.T) {
	want := blocks(variant(t, "a", resnet.Options{}))
	require.Equal(t, "conv1 res2a res2b res2c res3a res3b res3c res3d res4a res4b res4c res4d res4e res4f res5a res5b res5c fc", want)
	for _, name := range variantNames() {
		require.Equal(t, want, blocks(variant(t, name, resnet.Options{})), name)
	}
}

// blocks lists the blocks of a graph in the order in which they begin.
func blocks(g *nn.Graph) string {
	var names []string
	for _, n := range g.Nodes {
		if len(names) == 0 || names[len(names)-1] != n.Block {
			names = append(names, n.Block)
		}
	}
	return strings.Join(names, " ")
}

func TestBlurKernelsAreTheTriangleFilter(t *testing.T) {
	g := variant(t, "blurpool", resnet.Options{WidthDivisor: 32})
	n, ok := g.Node("res3a_branch2b_blur")
	require.True(t, ok)
	kernel := n.Op.(*nn.DepthwiseConv2D).Kernel
	require.Equal(t, nn.Shape{3, 3, 4, 1}, kernel.Shape)
	taps := []float32{1, 2, 1, 2, 4, 2, 1, 2, 1}
	for i, v := range kernel.Data {
		require.Equal(t, taps[i/4]/16, v)
	}
	resnet.Initialise(g, 1)
	require.Same(t, kernel, n.Op.(*nn.DepthwiseConv2D).Kernel, "fixed taps stay")
}

func TestOptionAHasNoWeightInItsShortcuts(t *testing.T) {
	g := variant(t, "option-a", resnet.Options{})
	for _, name := range []string{"res2a_branch1_concat", "res3a_branch1_concat", "res5a_branch1_concat"} {
		n, ok := g.Node(name)
		require.True(t, ok)
		zeros := 0
		for _, in := range n.Inputs[1:] {
			require.Equal(t, []float32{0}, in.Op.(*nn.Rescale).Scale)
			zeros += in.Shape.Channels()
		}
		require.Equal(t, n.Shape.Channels(), n.Inputs[0].Shape.Channels()+zeros)
	}
}

func TestVariantNamesItsKin(t *testing.T) {
	_, err := resnet.Variant("e", resnet.ExerciseOptions{})
	require.ErrorIs(t, err, resnet.ErrUnknown)
	require.ErrorContains(t, err, `variant "e"; known are a, option-a, v1.5, c, d, blurpool, maxpool, avgpool, maxpool-after, avgpool-after`)
	_, err = resnet.Variant("", resnet.ExerciseOptions{})
	require.ErrorIs(t, err, resnet.ErrUnknown)
}
