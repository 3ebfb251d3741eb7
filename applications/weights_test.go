package applications_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/applications"
	"github.com/vkeras/vkeras/internal/kerasdata"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// weightsFile is a file of testdata/weights.zip, which tools/keras/weights_alone.py
// writes with real Keras.
type weightsFile struct {
	File, Architecture string
	Top                bool
	Classes            int
	Size               [2]int
	Preset             pictures.Preset
	Input, Output      string // "" where the file has names and shapes alone
}

func weightsFiles(t *testing.T) (folder string, all []weightsFile) {
	t.Helper()
	folder = kerasdata.Unpack(t, "testdata/weights.zip")
	text, err := os.ReadFile(filepath.Join(folder, "index.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &all))
	require.NotEmpty(t, all)
	return folder, all
}

func TestWeightsAloneOpen(t *testing.T) {
	folder, all := weightsFiles(t)
	for _, f := range all {
		if f.Architecture == "" {
			continue // see below
		}
		t.Run(f.File, func(t *testing.T) {
			options := []loader.Option{applications.Recognition(applications.Choice{})}
			if f.Output != "" {
				options = append(options, loader.WithInputShape(nn.Shape{f.Size[0], f.Size[1], 0}))
			} else {
				options = append(options, loader.WithDeferredWeights(nil))
			}
			m, err := loader.Open(filepath.Join(folder, f.File), options...)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, m.Close()) })
			require.Equal(t, nn.Shape{f.Size[0], f.Size[1], 3}, m.Graph.Inputs[0].Shape)

			known := applications.Recognise(m.Graph)
			require.Equal(t, f.Architecture, known.Architecture)
			require.Equal(t, f.Top, known.Whole)
			require.Equal(t, f.Preset, known.Preset, known.Why)
			require.Equal(t, f.Classes == 1000, known.ImageNet)
			if f.Top {
				require.Equal(t, nn.Shape{f.Classes}, m.Graph.Outputs[0].Shape)
			} else {
				require.Len(t, m.Graph.Outputs[0].Shape, 3)
			}
			if f.Output == "" {
				return
			}
			y, err := reference.Run(t.Context(), m.Graph, []*nn.Tensor{kerasdata.ReadNPY(t, filepath.Join(folder, f.Input))}, nil)
			require.NoError(t, err)
			want := kerasdata.ReadNPY(t, filepath.Join(folder, f.Output))
			require.Equal(t, want.Shape, y[0].Shape)
			largest := max(slices.Max(want.Data), -slices.Min(want.Data))
			// Keras's float32, which a net of rounded weights amplifies; another net is off by the whole.
			require.InDeltaSlice(t, want.Data, y[0].Data, 5e-4*float64(largest))
		})
	}
}

func TestAWrongNameIsRefused(t *testing.T) {
	folder, all := weightsFiles(t)
	path := filepath.Join(folder, all[0].File)
	for name, want := range map[string]error{
		"mobilenet-0.25": nil,
		"MobileNet-0.25": nil,
		"mobilenetv2":    loader.ErrWeights,
		"resnet50":       loader.ErrWeights,
		"resnet5":        resnet.ErrUnknown,
	} {
		m, err := loader.Open(path, applications.Recognition(applications.Choice{Name: name}))
		require.ErrorIs(t, err, want, name)
		if want == nil {
			require.Equal(t, nn.Shape{224, 224, 3}, m.Graph.Inputs[0].Shape)
		}
	}
	_, err := loader.Open(path, applications.Recognition(applications.Choice{Name: "mobilenet-0.25", Classes: 9}))
	require.ErrorIs(t, err, loader.ErrWeights)
}

// TestWeightsThatSeveralNetsHave opens weights of the course's names: nobody knows
// which way of halving they were trained with.
func TestWeightsThatSeveralNetsHave(t *testing.T) {
	folder, _ := weightsFiles(t)
	path := filepath.Join(folder, "resnet50_course.h5")
	_, err := loader.Open(path, loader.WithDeferredWeights(nil), applications.Recognition(applications.Choice{}))
	require.ErrorIs(t, err, applications.ErrAmbiguous)
	for _, part := range []string{" exercise,", "exercise-v1.5", "resnet50-keras1", "--architecture"} {
		require.ErrorContains(t, err, part)
	}
	m, err := loader.Open(path, loader.WithDeferredWeights(nil), applications.Recognition(applications.Choice{Name: "exercise"}))
	require.NoError(t, err)
	require.Equal(t, nn.Shape{64, 64, 3}, m.Graph.Inputs[0].Shape)
	require.NoError(t, m.Close())
}

func TestAFileWithAnArchitectureTakesNoOther(t *testing.T) {
	path := filepath.Join("..", "testdata", "demo", "signs_resnet50.h5")
	_, err := loader.Open(path, applications.Recognition(applications.Choice{}))
	require.NoError(t, err)
	_, err = loader.Open(path, applications.Recognition(applications.Choice{Name: "resnet50"}))
	require.ErrorIs(t, err, loader.ErrUnsupported)
}
