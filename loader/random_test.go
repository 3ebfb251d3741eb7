package loader_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// Monte Carlo dropout: what Keras gives differs from run to run. The answer here is
// that of the same weights in a net without the layers that draw.
func TestLayersThatDrawAtRandomAtInferenceDoNothingAndAreNamed(t *testing.T) {
	m, err := loader.Open("testdata/monte_carlo.h5")
	require.NoError(t, err)
	require.Len(t, m.Random, 4)
	require.Contains(t, m.Random[0], `RandomFlip "flip" is called with training=True`)
	require.Contains(t, m.Random[1], `TFOpLambda "tf.image.random_flip_up_down": Keras draws at random`)
	require.Contains(t, m.Random[2], `Dropout "drop" is called with training=True`)
	require.Contains(t, m.Random[3], `TFOpLambda "tf.nn.dropout": Keras draws at random`)
	y, err := reference.Run(t.Context(), m.Graph, []*nn.Tensor{kerasdata.ReadNPY(t, "testdata/monte_carlo.x.npy")}, nil)
	require.NoError(t, err)
	require.InDeltaSlice(t, kerasdata.ReadNPY(t, "testdata/monte_carlo.y.npy").Data, y[0].Data, 1e-6)

	m, err = loader.Open("../testdata/demo/signs_resnet50.h5")
	require.NoError(t, err)
	require.Empty(t, m.Random)
}
