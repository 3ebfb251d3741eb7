package resnet_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

func TestTheExerciseIsTheDemoModelsConfig(t *testing.T) {
	g, err := resnet.Exercise(resnet.ExerciseOptions{})
	require.NoError(t, err)
	var got []demoLayer
	for _, l := range describeAll(g) {
		got = append(got, demoLayer{l.Name, l.Class, l.Reads})
	}
	require.Equal(t, readFixture(t).Demo.Layers, got)
}

func TestTheDemoModelsWeightsBindByName(t *testing.T) {
	g, err := resnet.Exercise(resnet.ExerciseOptions{})
	require.NoError(t, err)
	got := map[string]map[string]nn.Shape{}
	for _, p := range g.Params() {
		if got[p.Node.Layer] == nil {
			got[p.Node.Layer] = map[string]nn.Shape{}
		}
		got[p.Node.Layer][p.Role] = p.Shape
	}
	require.Equal(t, readFixture(t).Demo.Weights, got)
}

// convMACs sums the multiply-accumulates of the convolutions alone.
func convMACs(g *nn.Graph) int64 {
	var sum int64
	for _, n := range g.Nodes {
		if _, ok := n.Op.(*nn.Conv2D); ok {
			sum += n.MACs()
		}
	}
	return sum
}

func TestSizesAreThePublishedOnes(t *testing.T) {
	for _, c := range []struct {
		name       string
		params     int64
		trainable  int64
		convMACs   int64
		nodes      int
		lastOutput nn.Shape
	}{
		// model.summary() of the course's notebook prints these three sums.
		{"exercise", 23_600_006, 23_546_886, 308_166_656, 178, nn.Shape{6}},
		// https://keras.io/api/applications: 25.6 M parameters.
		{"resnet50", 25_636_712, 25_583_592, 3_855_925_248, 178, nn.Shape{1000}},
	} {
		g, err := resnet.Build(c.name, resnet.Options{})
		require.NoError(t, err)
		total, trainable := g.Parameters()
		require.Equal(t, c.params, total, c.name)
		require.Equal(t, c.trainable, trainable, c.name)
		require.Equal(t, c.convMACs, convMACs(g), c.name)
		require.Len(t, g.Nodes, c.nodes, c.name)
		require.Equal(t, c.lastOutput, g.Outputs[0].Shape, c.name)
	}
}

func TestBlocksOfTheExerciseAreNamedAsItsLayers(t *testing.T) {
	g, err := resnet.Exercise(resnet.ExerciseOptions{})
	require.NoError(t, err)
	for _, n := range g.Nodes {
		if _, ok := n.Op.(*nn.Conv2D); ok && n.Name != "conv1" {
			require.Equal(t, n.Name[:len("res2a")], n.Block, n.Name)
		}
	}
}

func TestAutomaticNamesCountFromWhereTheyAreTold(t *testing.T) {
	for _, c := range []struct {
		first map[string]int
		want  []string
	}{
		{nil, []string{"input_layer", "zero_padding2d", "conv2d", "batch_normalization", "activation"}},
		{map[string]int{"": 1}, []string{"input_layer_1", "zero_padding2d_1", "conv2d_1", "batch_normalization_1", "activation_1"}},
		{map[string]int{"conv2d": 7, "activation": 6}, []string{"input_layer", "zero_padding2d", "conv2d_7", "batch_normalization", "activation_6"}},
	} {
		g, err := resnet.Exercise(resnet.ExerciseOptions{Naming: resnet.AutoNames, First: c.first})
		require.NoError(t, err)
		var got []string
		for _, n := range g.Nodes[:len(c.want)] {
			got = append(got, n.Name)
		}
		require.Equal(t, c.want, got)
	}
}

func TestFirstIsNotChanged(t *testing.T) {
	first := map[string]int{"conv2d": 3}
	for range 2 {
		g, err := resnet.Exercise(resnet.ExerciseOptions{Naming: resnet.AutoNames, First: first})
		require.NoError(t, err)
		_, ok := g.Node("conv2d_3")
		require.True(t, ok)
	}
	require.Equal(t, map[string]int{"conv2d": 3}, first)
}

func TestOptionsThatNoNetHasAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		o    resnet.ExerciseOptions
		want string
	}{
		{"a vector", resnet.ExerciseOptions{Options: resnet.Options{Input: nn.Shape{64}}}, "expected an input of (height, width, channels), found (64,)"},
		{"no classes", resnet.ExerciseOptions{Options: resnet.Options{Classes: -1}}, "at least 1 class, found -1"},
		{"a divisor of 3", resnet.ExerciseOptions{Options: resnet.Options{WidthDivisor: 3}}, "width divisor 3 does not divide 64"},
		{"a naming", resnet.ExerciseOptions{Naming: "mine"}, `naming "mine" is neither "course" nor "auto"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resnet.Exercise(c.o)
			require.ErrorIs(t, err, resnet.ErrOptions)
			require.ErrorContains(t, err, c.want)
		})
	}
	for _, input := range []nn.Shape{{8, 8, 3}, {64, 64, 0}, {-64, 64, 3}, {1 << 40, 64, 3}} {
		for _, a := range resnet.Architectures() {
			if a.Variant != "" {
				_, err := resnet.Build(a.Name, resnet.Options{Input: input})
				require.Error(t, err, "%s of %v", a.Name, input)
			}
		}
	}
}
