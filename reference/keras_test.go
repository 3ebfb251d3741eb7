package reference_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio"
	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
)

// kerasCase is one layer of testdata/layers.zip, written by
// tools/keras/layer_cases.py, or one function of testdata/ops.zip, by
// tools/keras/op_cases.py.
type kerasCase struct {
	Kind    string
	Op      json.RawMessage // the fields of the nn.Op
	Same    bool            // padding="same": the window's padding follows from the input
	Inputs  int
	Weights []string // by role
}

// TestKerasAgrees compares every operation with the Keras layer that it stands
// for, run in float64: what is left is one rounding to float32.
func TestKerasAgrees(t *testing.T) {
	covered := map[string]bool{}
	for _, archive := range []string{"layers.zip", "ops.zip"} {
		agree(t, unzip(t, filepath.Join("testdata", archive)), covered)
	}
	for _, s := range optest.All(optest.Seed) {
		require.True(t, covered[s.Kind], "no Keras case of %s", s.Kind)
	}
}

// agree compares the cases of an archive, and notes their kinds.
func agree(t *testing.T, files map[string][]byte, covered map[string]bool) {
	for _, name := range caseNames(files) {
		t.Run(name, func(t *testing.T) {
			var c kerasCase
			require.NoError(t, json.Unmarshal(files[name+"/case.json"], &c))
			covered[c.Kind] = true
			var in []*nn.Tensor
			for i := range c.Inputs {
				in = append(in, readNPY(t, files, fmt.Sprintf("%s/in%d.npy", name, i)))
			}
			op := c.operation(t, in)
			for _, p := range op.Params(imagesOf(in)) {
				require.Contains(t, c.Weights, p.Role)
				*p.Value = readNPY(t, files, name+"/"+p.Role+".npy")
			}
			got, err := reference.Apply(op, in...)
			require.NoError(t, err)
			d, err := optest.Compare(got, readNPY(t, files, name+"/out.npy"))
			require.NoError(t, err)
			tolerance := optest.Tolerance{NMSE: 1e-14, MaxOverRMS: 5e-7}
			if c.Kind == "Resize" { // TensorFlow computes it in float32
				tolerance = optest.Tolerance{NMSE: 3e-12, MaxOverRMS: 5e-6}
			}
			require.True(t, tolerance.Holds(d), "%v", d)
		})
	}
}

// operation makes the nn.Op of the case, without its weights.
func (c kerasCase) operation(t *testing.T, in []*nn.Tensor) nn.Op {
	t.Helper()
	op := map[string]nn.Op{
		"Activation": &nn.Activation{}, "Add": &nn.Add{}, "AvgPool": &nn.AvgPool{}, "BatchNorm": &nn.BatchNorm{},
		"Binary": &nn.Binary{}, "Constant": &nn.Constant{}, "Gather": &nn.Gather{}, "MatMul": &nn.MatMul{},
		"Reduce": &nn.Reduce{}, "Slice": &nn.Slice{}, "Transpose": &nn.Transpose{}, "Unary": &nn.Unary{},
		"Concat": &nn.Concat{}, "Conv2D": &nn.Conv2D{}, "Crop": &nn.Crop{}, "Dense": &nn.Dense{},
		"DepthwiseConv2D": &nn.DepthwiseConv2D{}, "Flatten": &nn.Flatten{}, "GlobalAvgPool": &nn.GlobalAvgPool{},
		"Conv2DTranspose": &nn.Conv2DTranspose{}, "Resize": &nn.Resize{}, "GroupNorm": &nn.GroupNorm{}, "GroupedConv2D": &nn.GroupedConv2D{}, "LayerNorm": &nn.LayerNorm{}, "LayerScale": &nn.LayerScale{}, "PReLU": &nn.PReLU{},
		"GlobalMaxPool": &nn.GlobalMaxPool{}, "Identity": &nn.Identity{}, "LogSoftmax": &nn.LogSoftmax{}, "MaxPool": &nn.MaxPool{}, "Multiply": &nn.Multiply{},
		"Normalize": &nn.Normalize{}, "Rescale": &nn.Rescale{}, "Reshape": &nn.Reshape{}, "Softmax": &nn.Softmax{}, "Sort": &nn.Sort{}, "Sparsemax": &nn.Sparsemax{}, "ZeroPad": &nn.ZeroPad{},
	}[c.Kind]
	require.NotNil(t, op, c.Kind)
	require.NoError(t, json.Unmarshal(c.Op, op))
	if c.Same {
		w := windowOf(op)
		require.NotNil(t, w, c.Kind)
		*w = w.Same(in[0].Shape[1], in[0].Shape[2])
	}
	return op
}

func windowOf(op nn.Op) *nn.Window {
	switch op := op.(type) {
	case *nn.Conv2D:
		return &op.Window
	case *nn.DepthwiseConv2D:
		return &op.Window
	case *nn.GroupedConv2D:
		return &op.Window
	case *nn.MaxPool:
		return &op.Window
	case *nn.AvgPool:
		return &op.Window
	}
	return nil
}

func imagesOf(in []*nn.Tensor) []nn.Shape {
	var shapes []nn.Shape
	for _, x := range in {
		shapes = append(shapes, x.Shape[1:])
	}
	return shapes
}

func unzip(t *testing.T, path string) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(r)
		require.NoError(t, err)
	}
	return files
}

// caseNames returns the folders that hold a case.json, in order.
func caseNames(files map[string][]byte) []string {
	var names []string
	for name := range maps.Keys(files) {
		if folder, ok := strings.CutSuffix(name, "/case.json"); ok {
			names = append(names, folder)
		}
	}
	slices.Sort(names)
	return names
}

func readNPY(t *testing.T, files map[string][]byte, name string) *nn.Tensor {
	t.Helper()
	r, err := npyio.NewReader(bytes.NewReader(files[name]))
	require.NoError(t, err, name)
	require.False(t, r.Header.Descr.Fortran, name)
	x := &nn.Tensor{Shape: r.Header.Descr.Shape}
	require.NoError(t, r.Read(&x.Data), name)
	return x
}
