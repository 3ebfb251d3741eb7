package resnet_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// fixture is testdata/architectures.json.gz, which tools/keras/architectures.py
// writes with real Keras.
type fixture struct {
	Demo demoFile
	Nets []kerasNet
}

func readFixture(t testing.TB) fixture {
	t.Helper()
	f, err := os.Open("../testdata/architectures.json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var all fixture
	require.NoError(t, json.NewDecoder(z).Decode(&all))
	require.NotEmpty(t, all.Nets)
	return all
}

// demoFile is what the demo model's file says of itself, read with h5py.
type demoFile struct {
	Layers  []demoLayer
	Weights map[string]map[string]nn.Shape // by layer and role
}

type demoLayer struct {
	Name, Class string
	Reads       []string
}

func (l *demoLayer) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&l.Name, &l.Class, &l.Reads})
}

// kerasNet is a net and the options that it was built with.
type kerasNet struct {
	Net     string
	Options kerasOptions
	Model   string
	Params  int64
	Layers  []kerasLayer
}

// kerasOptions are the arguments that Keras's net was built with.
type kerasOptions struct {
	Variant, Application string
	Naming               resnet.Naming
	First                map[string]int
	Input                nn.Shape
	Classes, Divisor     int
	NoTop                bool
	Pooling              resnet.Pooling
	Classifier           nn.Func
}

func (o kerasOptions) build() (*nn.Graph, error) {
	common := resnet.Options{Input: o.Input, Classes: o.Classes, WidthDivisor: o.Divisor}
	if o.Application != "" {
		return resnet.Applications(o.Application, resnet.ApplicationOptions{Options: common, NoTop: o.NoTop, Pooling: o.Pooling, Classifier: o.Classifier})
	}
	return resnet.Variant(o.Variant, resnet.ExerciseOptions{Options: common, Naming: o.Naming, First: o.First})
}

// kerasLayer is one row: a layer as Keras describes it.
type kerasLayer struct {
	Name, Class  string
	Shape        nn.Shape // of one output image
	Params, MACs int64
	Reads        []string
	Geometry     string
}

func (l *kerasLayer) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&l.Name, &l.Class, &l.Shape, &l.Params, &l.MACs, &l.Reads, &l.Geometry})
}

func TestGraphsAreKerasModelsLayerForLayer(t *testing.T) {
	for _, k := range readFixture(t).Nets {
		t.Run(k.Net, func(t *testing.T) {
			g, err := k.Options.build()
			require.NoError(t, err)
			require.Equal(t, k.Model, g.Name)
			require.Equal(t, k.Layers, describeAll(g))
			total, _ := g.Parameters()
			require.Equal(t, k.Params, total)
		})
	}
}

// describeAll describes a graph's layers as the fixture does.
func describeAll(g *nn.Graph) []kerasLayer {
	var all []kerasLayer
	for _, l := range g.Layers() {
		reads := []string{}
		for _, n := range l.ConnectedTo() {
			reads = append(reads, n.Layer)
		}
		all = append(all, kerasLayer{l.Name, l.Class, l.Output().Shape, l.Params(), l.MACs(), reads, geometry(l)})
	}
	return all
}

// geometry writes what a layer does, as describe of architectures.py does.
func geometry(l nn.Layer) string {
	switch op := l.Nodes[0].Op.(type) {
	case *nn.Conv2D:
		return op.Window.String() + bias(op.UseBias)
	case *nn.DepthwiseConv2D:
		return op.Window.String() + bias(op.UseBias)
	case *nn.MaxPool:
		return op.Window.String()
	case *nn.AvgPool:
		return op.Window.String()
	case *nn.BatchNorm:
		return fmt.Sprintf("axis %d epsilon %g", op.Axis+1, op.Epsilon)
	case *nn.ZeroPad:
		return fmt.Sprintf("%d,%d,%d,%d", op.Top, op.Bottom, op.Left, op.Right)
	case *nn.Dense:
		return strings.TrimSpace(bias(op.UseBias) + " " + activation(l.Output()))
	case *nn.Activation:
		return activation(l.Output())
	case *nn.Rescale:
		return fmt.Sprintf("scale %g offset %g", op.Scale[0], op.Offset[0])
	}
	return ""
}

func bias(use bool) string {
	if use {
		return " bias"
	}
	return ""
}

func activation(n *nn.Node) string {
	switch op := n.Op.(type) {
	case *nn.Softmax:
		return "softmax"
	case *nn.Activation:
		return op.String()
	}
	return "linear"
}
