package classify

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/resnet/pictures"
)

const kerasModels = "../testdata/keras"

func optionsOf(preset pictures.Preset) pictures.Options { return pictures.Options{Preset: preset} }

func openFixture(t *testing.T, name string) *nn.Graph {
	t.Helper()
	m, err := loader.Open(filepath.Join(kerasModels, name, "model.keras"))
	require.NoError(t, err)
	return m.Graph
}

func TestAHeadIsTheOutputThatIsNamed(t *testing.T) {
	g := openFixture(t, "two_heads_keras3")
	x := kerasdata.ReadNPY(t, filepath.Join(kerasModels, "two_heads_keras3", "input.npy"))
	for i, name := range []string{"kind", "size"} {
		head, err := Head(g, name)
		require.NoError(t, err)
		require.Equal(t, name, head.OutputName(0))
		require.Equal(t, "pictures", head.InputName(0))
		y, err := reference.Run(t.Context(), head, []*nn.Tensor{x}, nil)
		require.NoError(t, err)
		require.Len(t, y, 1)
		want := kerasdata.ReadNPY(t, filepath.Join(kerasModels, "two_heads_keras3", kerasdata.OutputFile(i)))
		require.InDeltaSlice(t, want.Data, y[0].Data, 1e-5)
		require.Less(t, len(head.Nodes), len(g.Nodes), "what the other head needs is left out")
	}
	_, err := Head(g, "")
	require.ErrorIs(t, err, ErrOutput)
	require.ErrorContains(t, err, "kind (3,), size (1,)")
	_, err = Head(g, "age")
	require.ErrorIs(t, err, ErrOutput)
	require.ErrorContains(t, err, `none is called "age"`)
}

func TestPlanesAreGivenAsPictures(t *testing.T) {
	g := openFixture(t, "channels_first_keras3")
	head, err := Head(g, "")
	require.NoError(t, err)
	require.True(t, TakesPictures(head))
	planes := kerasdata.ReadNPY(t, filepath.Join(kerasModels, "channels_first_keras3", "input.npy"))
	n, c, h, w := planes.Shape[0], planes.Shape[1], planes.Shape[2], planes.Shape[3]
	x := nn.NewTensor(n, h, w, c)
	for i := range x.Data {
		at, channel := i/c, i%c
		x.Data[i] = planes.Data[(at/(h*w)*c+channel)*h*w+at%(h*w)]
	}
	y, err := reference.Run(t.Context(), head, []*nn.Tensor{x}, nil)
	require.NoError(t, err)
	require.InDeltaSlice(t, kerasdata.ReadNPY(t, filepath.Join(kerasModels, "channels_first_keras3", "output.npy")).Data, y[0].Data, 1e-5)
	task, err := NewTask(g, TaskOptions{Pictures: optionsOf("none")})
	require.NoError(t, err)
	require.Equal(t, nn.Shape{9, 8, 3}, task.Shape())
}

func TestOneOutputStaysAsItIs(t *testing.T) {
	g := openFixture(t, "no_bias_keras3")
	head, err := Head(g, "")
	require.NoError(t, err)
	require.Same(t, g, head)
}

func TestOneSigmoidUnitIsTwoClasses(t *testing.T) {
	g := openFixture(t, "head_sigmoid_keras3")
	task, err := NewTask(g, TaskOptions{Pictures: optionsOf("none"), Labels: func(classes int) ([]string, error) {
		require.Equal(t, 2, classes)
		return []string{"cat", "dog"}, nil
	}})
	require.NoError(t, err)
	require.Equal(t, "probability", task.Score)
	x := kerasdata.ReadNPY(t, filepath.Join(kerasModels, "head_sigmoid_keras3", "input.npy"))
	y, err := reference.Run(t.Context(), task.Graph, []*nn.Tensor{x}, nil)
	require.NoError(t, err)
	keras := kerasdata.ReadNPY(t, filepath.Join(kerasModels, "head_sigmoid_keras3", "output.npy"))
	own, err := reference.Run(t.Context(), g, []*nn.Tensor{x}, nil)
	require.NoError(t, err)
	for i, p := range keras.Data {
		require.InDeltaSlice(t, []float32{1 - p, p}, y[0].Image(i), 1e-5)
		require.InDeltaSlice(t, []float32{1 - p, p}, task.Scores(own, i), 1e-5)
		best := Best(y[0].Image(i), task.Labels, 1)[0]
		require.Equal(t, map[bool]string{true: "dog", false: "cat"}[p > 0.5], best.Label)
	}
}

func TestNetsOfGreyPicturesAreReadGrey(t *testing.T) {
	g := openFixture(t, "valid_padding_keras3")
	task, err := NewTask(g, TaskOptions{Pictures: optionsOf("exercise")})
	require.NoError(t, err)
	require.True(t, task.Pictures.Grey)
	require.Equal(t, nn.Shape{22, 31, 1}, task.Shape())
	require.Equal(t, "L", task.Preprocessing().Channels)
	x, err := task.Batch(t.Context(), []string{"../testdata/demo/pictures/five_1.png"})
	require.NoError(t, err)
	require.Equal(t, nn.Shape{1, 22, 31, 1}, x.Shape)
	_, err = NewTask(g, TaskOptions{Pictures: optionsOf("caffe")})
	require.ErrorIs(t, err, ErrPreset)
	require.ErrorContains(t, err, "caffe is for colours")
}
