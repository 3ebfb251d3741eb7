package vkeras_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras"
	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

const demo = "testdata/demo/signs_resnet50.h5"

func TestAllDevicesGiveTheSameClasses(t *testing.T) {
	var first []vkeras.Class
	for _, device := range []string{"", "reference"} {
		m, err := vkeras.OpenWith(demo, vkeras.Options{Device: device})
		require.NoError(t, err)
		require.NotEmpty(t, m.Device())
		classes, err := m.Classify(t.Context(), "testdata/demo/pictures/three_1.png")
		require.NoError(t, err)
		require.Len(t, classes, 6)
		require.Equal(t, "3", classes[0].Label)
		if first != nil {
			require.InDelta(t, first[0].Score, classes[0].Score, 1e-4)
		}
		first = classes
		require.NoError(t, m.Close())
	}
}

func TestErrorsOfTheDoorNameWhatWasOpened(t *testing.T) {
	_, err := vkeras.Open("none.keras")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = vkeras.Open("vkeras.go")
	require.ErrorContains(t, err, "vkeras.go")
	_, err = vkeras.OpenWith(demo, vkeras.Options{Device: "no such device"})
	require.ErrorIs(t, err, gpu.ErrNoDevice)
	_, err = vkeras.OpenWith(demo, vkeras.Options{Device: "reference", Labels: "none.txt"})
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = vkeras.OpenWith(demo, vkeras.Options{Device: "reference", Labels: "go.mod"})
	require.ErrorContains(t, err, "not a list of class names")

	m, err := vkeras.OpenWith(demo, vkeras.Options{Device: "reference"})
	require.NoError(t, err)
	defer m.Close()
	_, err = m.Classify(t.Context(), "none.png")
	require.ErrorIs(t, err, fs.ErrNotExist)
	text := filepath.Join(t.TempDir(), "text.png")
	require.NoError(t, os.WriteFile(text, []byte("no picture"), 0o644))
	_, err = m.Classify(t.Context(), text)
	require.ErrorContains(t, err, text)
	_, err = m.Predict(t.Context(), nn.NewTensor(1, 2, 2, 3))
	require.ErrorContains(t, err, "expected a batch of (64, 64, 3)")
}

func TestAModelOfTensorsAloneRefusesPictures(t *testing.T) {
	found, err := filepath.Glob("testdata/keras/two_heads_*/model*.keras")
	require.NoError(t, err)
	for _, file := range found {
		m, err := vkeras.OpenWith(file, vkeras.Options{Device: "reference"})
		require.NoError(t, err)
		_, err = m.Classify(t.Context(), "testdata/demo/pictures/two_1.png")
		require.True(t, errors.Is(err, classify.ErrOutput) || errors.Is(err, classify.ErrNoPreset), err)
		require.NoError(t, m.Close())
	}
	require.NotEmpty(t, found)
}

func TestTheOutputThatIsNamedClassifies(t *testing.T) {
	m, err := vkeras.OpenWith("testdata/keras/two_heads_keras3/model.keras", vkeras.Options{
		Device: "reference", Output: "kind", Pictures: pictures.Options{Preset: pictures.Exercise},
	})
	require.NoError(t, err)
	defer m.Close()
	classes, err := m.Classify(t.Context(), "testdata/demo/pictures/two_1.png")
	require.NoError(t, err)
	require.Len(t, classes, 3)
	_, err = vkeras.OpenWith("testdata/keras/two_heads_keras3/model.keras", vkeras.Options{Device: "reference", Output: "age"})
	require.ErrorIs(t, err, classify.ErrOutput)
}

func TestPicturesAreGivenToNetsWithTheirChannelsFirst(t *testing.T) {
	m, err := vkeras.OpenWith("testdata/keras/channels_first_keras3/model.keras", vkeras.Options{Device: "reference", Pictures: pictures.Options{Preset: pictures.None}})
	require.NoError(t, err)
	defer m.Close()
	const file, h, w = "testdata/demo/pictures/two_1.png", 9, 8
	classes, err := m.Classify(t.Context(), file)
	require.NoError(t, err)
	picture, err := os.Open(file)
	require.NoError(t, err)
	defer picture.Close()
	pixels := make([]float32, h*w*3)
	_, err = pictures.Tensor(pixels, picture, w, h, pictures.Options{})
	require.NoError(t, err)
	x := nn.NewTensor(1, 3, h, w)
	for at := range h * w {
		for c := range 3 {
			x.Data[c*h*w+at] = pixels[3*at+c]
		}
	}
	y, err := m.Predict(t.Context(), x)
	require.NoError(t, err)
	require.Len(t, classes, len(y.Data))
	for _, c := range classes {
		require.Equal(t, y.Data[c.Index], c.Score)
	}
}
