package resnet_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

func TestEveryArchitectureRecognisesItself(t *testing.T) {
	for _, a := range resnet.Architectures() {
		for _, divisor := range []int{1, 8} {
			g, err := resnet.Build(a.Name, resnet.Options{WidthDivisor: divisor})
			require.NoError(t, err)
			known := resnet.Recognise(g)
			want := a.Name
			if want == "exercise-auto" {
				want = "exercise" // names say nothing
			}
			require.Equal(t, want, known.Architecture)
			require.Equal(t, a.Preset, known.Preset, a.Name)
			require.Equal(t, a.Preset == pictures.Exercise, known.Labels != nil, a.Name)
			require.NotEmpty(t, known.Why)
		}
	}
}

// renamed copies a graph with other names, its nodes in another order: each
// Add's inputs are swapped too.
func renamed(t *testing.T, g *nn.Graph) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("renamed")
	copies := map[*nn.Node]*nn.Node{}
	var visit func(n *nn.Node) *nn.Node
	visit = func(n *nn.Node) *nn.Node {
		if c := copies[n]; c != nil {
			return c
		}
		in := make([]*nn.Node, len(n.Inputs))
		for i := len(in) - 1; i >= 0; i-- {
			in[i] = visit(n.Inputs[i])
		}
		if _, ok := n.Op.(*nn.Add); ok {
			in[0], in[1] = in[1], in[0]
		}
		copies[n] = b.Add("node"+n.Name, n.Op, in...)
		return copies[n]
	}
	out, err := b.Graph(visit(g.Outputs[0]))
	require.NoError(t, err)
	return out
}

func TestNamesAndOrderDoNotMatter(t *testing.T) {
	for _, name := range []string{"exercise", "exercise-d", "exercise-option-a", "resnet50v2"} {
		g, err := resnet.Build(name, resnet.Options{})
		require.NoError(t, err)
		require.Equal(t, resnet.Recognise(g), resnet.Recognise(renamed(t, g)), name)
	}
}

// transfer builds a graph of the head's layers, the named architecture without
// its top, and the tail's layers.
func transfer(t *testing.T, name string, input nn.Shape, head, tail []nn.Op) *nn.Graph {
	t.Helper()
	base, err := resnet.Applications(name, resnet.ApplicationOptions{Options: resnet.Options{Input: input}, NoTop: true})
	require.NoError(t, err)
	b := nn.NewBuilder("transfer")
	x := b.Input("picture", input)
	for _, op := range head {
		x = b.Add("head/"+op.Kind(), op, x)
	}
	copies := map[*nn.Node]*nn.Node{base.Inputs[0]: x}
	for _, n := range base.Nodes[1:] {
		in := make([]*nn.Node, len(n.Inputs))
		for i, from := range n.Inputs {
			in[i] = copies[from]
		}
		x = b.Add("base/"+n.Name, n.Op, in...)
		copies[n] = x
	}
	for _, op := range tail {
		x = b.Add("tail/"+op.Kind(), op, x)
	}
	g, err := b.Graph(x)
	require.NoError(t, err)
	return g
}

func TestRecogniseKnowsWhatItMay(t *testing.T) {
	build := func(name string, o resnet.Options) *nn.Graph {
		g, err := resnet.Build(name, o)
		require.NoError(t, err)
		return g
	}
	// Dropout and all, that is the head that keras.applications has itself.
	classifier := []nn.Op{&nn.GlobalAvgPool{}, &nn.Identity{}, &nn.Dense{Units: 5, UseBias: true}, &nn.Softmax{}}
	another := []nn.Op{&nn.GlobalMaxPool{}, &nn.Dense{Units: 1, UseBias: true}, &nn.Activation{Func: nn.Sigmoid}}
	scale := func(v float32) *nn.Rescale { return &nn.Rescale{Scale: []float32{v}, Offset: []float32{0}} }
	size := nn.Shape{160, 160, 3}
	for _, c := range []struct {
		name         string
		graph        *nn.Graph
		architecture string
		preset       pictures.Preset
		labels       []string
		why          string
	}{
		{"the exercise", build("exercise", resnet.Options{}), "exercise", pictures.Exercise, resnet.Signs(), "divided by 255"},
		{"the exercise for other classes", build("exercise", resnet.Options{Classes: 10}), "exercise", "", nil, "(64, 64, 3) to (10,)"},
		{"the exercise for larger pictures", build("exercise-v1.5", resnet.Options{Input: size}), "exercise-v1.5", "", nil, "is open"},
		{"ResNet50 for other classes", build("resnet50", resnet.Options{Classes: 4}), "resnet50", pictures.Caffe, nil, `scales as "caffe"`},
		{"a base with a head", transfer(t, "ResNet50", size, nil, classifier), "resnet50", pictures.Caffe, nil, "the net is resnet50, whose"},
		{"a base with another head", transfer(t, "ResNet101", size, nil, another), "resnet101", pictures.Caffe, nil, "with another head"},
		{"a base of version 2", transfer(t, "ResNet101V2", size, nil, another), "resnet101v2", pictures.TF, nil, "with another head"},
		{"a base alone", transfer(t, "ResNet152", size, nil, nil), "resnet152", pictures.Caffe, nil, "with another head"},
		{"augmentation first", transfer(t, "ResNet50", size, []nn.Op{&nn.Identity{}}, classifier), "resnet50", pictures.Caffe, nil, "caffe"},
		{"Rescaling first", transfer(t, "ResNet50V2", size, []nn.Op{&nn.Identity{}, scale(1 / 127.5)}, classifier), "resnet50v2", pictures.None, nil, "Rescaling of its own"},
		{"Rescaling of scaled pictures", transfer(t, "ResNet50V2", size, []nn.Op{scale(2)}, classifier), "resnet50v2", "", nil, "Rescaling by 2"},
		{"Normalization first", transfer(t, "ResNet50", size, []nn.Op{&nn.Normalize{Adapted: true}}, classifier), "", "", nil, "none of the built-in"},
		{"Rescaling before an unknown net", plain(t, scale(1.0/255)), "", pictures.None, nil, "Rescaling of its own"},
		{"an unknown net", plain(t, &nn.Identity{}), "", "", nil, "none of the built-in"},
		{"a crop first", transfer(t, "ResNet50", size, []nn.Op{&nn.Crop{Pad: nn.Pad{Top: 1}}}, classifier), "", "", nil, "none of the built-in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			known := resnet.Recognise(c.graph)
			require.Equal(t, c.architecture, known.Architecture)
			require.Equal(t, c.preset, known.Preset)
			require.Equal(t, c.labels, known.Labels)
			require.Contains(t, known.Why, c.why)
		})
	}
}

// plain returns a net of one layer that no paper describes, behind op.
func plain(t *testing.T, op nn.Op) *nn.Graph {
	t.Helper()
	b := nn.NewBuilder("plain")
	x := b.Add("first", op, b.Input("picture", nn.Shape{64, 64, 3}))
	g, err := b.Graph(b.Add("dense", &nn.Dense{Units: 6, UseBias: true}, b.Add("flatten", &nn.Flatten{}, x)))
	require.NoError(t, err)
	return g
}

// change returns the exercise's net after one change to its operations.
func change(t *testing.T, node string, edit func(nn.Op)) *nn.Graph {
	t.Helper()
	g, err := resnet.Exercise(resnet.ExerciseOptions{})
	require.NoError(t, err)
	n, ok := g.Node(node)
	require.True(t, ok, node)
	edit(n.Op)
	return g
}

func TestOneChangedOperationIsAnotherNet(t *testing.T) {
	for name, g := range map[string]*nn.Graph{
		"an activation": change(t, "activation_7", func(op nn.Op) { op.(*nn.Activation).Max = 6 }),
		"an epsilon":    change(t, "bn4b_branch2b", func(op nn.Op) { op.(*nn.BatchNorm).Epsilon = 1e-5 }),
		"a bias":        change(t, "res3c_branch2a", func(op nn.Op) { op.(*nn.Conv2D).UseBias = false }),
		"a stride":      change(t, "max_pooling2d", func(op nn.Op) { op.(*nn.MaxPool).Size = [2]int{2, 2} }),
	} {
		known := resnet.Recognise(g)
		require.Empty(t, known.Architecture, name)
		require.Empty(t, known.Preset, name)
	}
}

func TestNetsThatSeeNoPictureAreNotRecognised(t *testing.T) {
	b := nn.NewBuilder("vectors")
	g, err := b.Graph(b.Add("dense", &nn.Dense{Units: 6}, b.Input("vector", nn.Shape{12288})))
	require.NoError(t, err)
	known := resnet.Recognise(g)
	require.Empty(t, known.Preset)
	require.Contains(t, known.Why, "does not map one picture to one output")
}

func BenchmarkRecognise(b *testing.B) {
	for _, name := range []string{"exercise", "resnet152v2"} {
		g, err := resnet.Build(name, resnet.Options{})
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				resnet.Recognise(g)
			}
		})
	}
}

func TestOnlyWholeNetsOfKerasApplicationsTellImageNetsClasses(t *testing.T) {
	for _, a := range resnet.Architectures() {
		for _, classes := range []int{a.Classes, 10} {
			g, err := resnet.Build(a.Name, resnet.Options{Classes: classes})
			require.NoError(t, err)
			want := a.Preset != pictures.Exercise && classes == 1000
			require.Equal(t, want, resnet.Recognise(g).ImageNet, "%s to %d classes", a.Name, classes)
		}
	}
	head := []nn.Op{&nn.Flatten{}, &nn.Dense{Units: 1000}, &nn.Softmax{}}
	require.False(t, resnet.Recognise(transfer(t, "ResNet50", nn.Shape{224, 224, 3}, nil, head)).ImageNet, "another head")
}
