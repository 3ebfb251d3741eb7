package resnet_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

func TestEveryArchitectureBuildsAsItSays(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range resnet.Architectures() {
		for _, name := range append([]string{a.Name, strings.ToUpper(a.Name)}, a.Aliases...) {
			require.False(t, seen[name], "two architectures are called %s", name)
			seen[name] = true
			g, err := resnet.Build(name, resnet.Options{})
			require.NoError(t, err, name)
			require.Equal(t, a.Input, g.Inputs[0].Shape, name)
			require.Equal(t, nn.Shape{a.Classes}, g.Outputs[0].Shape, name)
		}
		require.NotEmpty(t, a.Summary, a.Name)
		require.NotContains(t, a.Summary, "\n", a.Name)
		require.NotEmpty(t, a.Source, a.Name)
		require.Equal(t, a.Paper == "", a.Section == "", a.Name)
		require.Contains(t, pictures.Presets(), a.Preset, a.Name)
	}
	require.True(t, seen["exercise"])
	require.True(t, seen["exercise-b"])
	require.True(t, seen["resnet152v2"])
}

func TestEveryArchitectureTakesEveryOption(t *testing.T) {
	for _, a := range resnet.Architectures() {
		g, err := resnet.Build(a.Name, resnet.Options{Input: nn.Shape{235, 250, 1}, Classes: 4, WidthDivisor: 64})
		require.NoError(t, err, a.Name)
		require.Equal(t, nn.Shape{235, 250, 1}, g.Inputs[0].Shape, a.Name)
		require.Equal(t, nn.Shape{4}, g.Outputs[0].Shape, a.Name)
		total, _ := g.Parameters()
		require.Less(t, total, int64(100_000), a.Name)
	}
}

func TestBuildListsTheNamesThatItKnows(t *testing.T) {
	_, err := resnet.Build("resnet18", resnet.Options{})
	require.ErrorIs(t, err, resnet.ErrUnknown)
	require.ErrorContains(t, err, `"resnet18"; known are exercise, exercise-auto, exercise-option-a,`)
	require.ErrorContains(t, err, "resnet50, resnet101")
}

func TestBuildNamesTheArchitectureInItsErrors(t *testing.T) {
	_, err := resnet.Build("ResNet50", resnet.Options{Classes: -2})
	require.ErrorIs(t, err, resnet.ErrOptions)
	require.ErrorContains(t, err, "resnet50: ")
}

func TestApplicationsRefusesWhatKerasRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		o          resnet.ApplicationOptions
		err        error
	}{
		{"VGG16", `keras.applications has no residual network "VGG16"`, resnet.ApplicationOptions{}, resnet.ErrUnknown},
		{"ResNet50", `classifier activation "softMAX" is not known`, resnet.ApplicationOptions{Classifier: "softMAX"}, resnet.ErrOptions},
		{"ResNet50", `pooling "sum" is none of`, resnet.ApplicationOptions{Pooling: "sum"}, resnet.ErrOptions},
	} {
		_, err := resnet.Applications(c.name, c.o)
		require.ErrorIs(t, err, c.err)
		require.ErrorContains(t, err, c.want)
	}
}
