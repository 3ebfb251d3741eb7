package resnet

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// Options are what every built-in architecture can vary. The zero value is the
// architecture as it was published.
type Options struct {
	Input   nn.Shape // (H, W, C) of one image; nil: the architecture's own
	Classes int      // 0: the architecture's own number

	// WidthDivisor makes a net of the same depth and wiring with every width
	// divided: 1, 2, 4, ... 64; 0 means 1.
	WidthDivisor int
}

// ErrOptions is the class of errors for options that no net has.
var ErrOptions = errors.New("options do not fit the architecture")

// withDefaults returns o with the zero values replaced, and checked.
func (o Options) withDefaults(input nn.Shape, classes int) (Options, error) {
	if o.Input == nil {
		o.Input = input
	}
	if o.Classes == 0 {
		o.Classes = classes
	}
	o.WidthDivisor = max(o.WidthDivisor, 1)
	switch {
	case len(o.Input) != 3:
		return o, fmt.Errorf("%w: expected an input of (height, width, channels), found %v", ErrOptions, o.Input)
	case o.Classes < 0:
		return o, fmt.Errorf("%w: expected at least 1 class, found %d", ErrOptions, o.Classes)
	case width%o.WidthDivisor != 0:
		return o, fmt.Errorf("%w: width divisor %d does not divide %d", ErrOptions, o.WidthDivisor, width)
	}
	return o, nil
}

// width is the number of channels of a ResNet's first stage (He et al. 2015,
// table 1); it doubles from stage to stage, and a block's output has four times
// as many.
const width = 64

// network is a Builder that speaks Keras: classes, and automatic names.
type network struct {
	*nn.Builder
	epsilon float32        // of every BatchNormalization
	unnamed bool           // every layer has its automatic name
	next    map[string]int // the next number of an automatic name, by base
}

func newNetwork(name string, epsilon float32, unnamed bool, first map[string]int) *network {
	next := maps.Clone(first)
	if next == nil {
		next = map[string]int{}
	}
	return &network{Builder: nn.NewBuilder(name), epsilon: epsilon, unnamed: unnamed, next: next}
}

// add adds a layer; with name "" it gets Keras's automatic one.
func (n *network) add(name string, op nn.Op, in ...*nn.Node) *nn.Node {
	class, base := kerasClass(op)
	if name == "" || n.unnamed {
		name = n.automatic(base)
	}
	return n.From(nn.Source{Layer: name, Class: class}, name, op, in...)
}

// automatic returns base, base_1, base_2, ..., as Keras names layers in the
// order in which they are made.
func (n *network) automatic(base string) string {
	i, ok := n.next[base]
	if !ok {
		i = n.next[""]
	}
	n.next[base] = i + 1
	if i == 0 {
		return base
	}
	return fmt.Sprintf("%s_%d", base, i)
}

// kerasClass returns the layer's class in Keras and the base of its automatic
// name.
func kerasClass(op nn.Op) (class, base string) {
	switch op.Kind() {
	case "Input":
		return "InputLayer", "input_layer"
	case "ZeroPad":
		return "ZeroPadding2D", "zero_padding2d"
	case "Conv2D":
		return "Conv2D", "conv2d"
	case "DepthwiseConv2D":
		return "DepthwiseConv2D", "depthwise_conv2d"
	case "BatchNorm":
		return "BatchNormalization", "batch_normalization"
	case "Activation":
		return "Activation", "activation"
	case "MaxPool":
		return "MaxPooling2D", "max_pooling2d"
	case "AvgPool":
		return "AveragePooling2D", "average_pooling2d"
	case "GlobalMaxPool":
		return "GlobalMaxPooling2D", "global_max_pooling2d"
	case "GlobalAvgPool":
		return "GlobalAveragePooling2D", "global_average_pooling2d"
	case "Concat":
		return "Concatenate", "concatenate"
	case "Rescale":
		return "Rescaling", "rescaling"
	default: // Add, Flatten, Dense
		return op.Kind(), strings.ToLower(op.Kind())
	}
}

// input adds the image input.
func (n *network) input(shape nn.Shape) *nn.Node {
	return n.add("", &nn.Input{Shape: shape.Clone()})
}

// pad adds the same number of zero rows and columns on all sides.
func (n *network) pad(x *nn.Node, name string, all int) *nn.Node {
	return n.add(name, &nn.ZeroPad{Pad: nn.Pad{Top: all, Bottom: all, Left: all, Right: all}}, x)
}

// conv adds a convolution with a bias.
func (n *network) conv(x *nn.Node, name string, filters int, w nn.Window) *nn.Node {
	return n.add(name, &nn.Conv2D{Window: w, Filters: filters, UseBias: true}, x)
}

// same returns a square window with Keras's padding="same" on x.
func same(x *nn.Node, size, stride int) nn.Window {
	w := nn.Square(size, stride)
	if len(x.Shape) != 3 {
		return w // an earlier error left x without a shape
	}
	return w.Same(x.Shape[0], x.Shape[1])
}

// norm adds a batch normalisation over the channels.
func (n *network) norm(x *nn.Node, name string) *nn.Node {
	return n.add(name, &nn.BatchNorm{Axis: 2, Epsilon: n.epsilon, Scale: true, Center: true}, x)
}

// relu adds a ReLU.
func (n *network) relu(x *nn.Node, name string) *nn.Node {
	return n.add(name, &nn.Activation{Func: nn.ReLU}, x)
}

// dense adds a fully connected layer with a bias and an activation: softmax
// where none is named.
func (n *network) dense(x *nn.Node, name string, units int, activation nn.Func) *nn.Node {
	x = n.add(name, &nn.Dense{Units: units, UseBias: true}, x)
	s := nn.Source{Layer: x.Layer, Class: x.Class}
	switch activation {
	case "", softmax:
		return n.From(s, x.Name+"/softmax", &nn.Softmax{}, x)
	case nn.Linear:
		return x
	default:
		return n.From(s, x.Name+"/"+string(activation), &nn.Activation{Func: activation}, x)
	}
}

const softmax nn.Func = "softmax"

// finish returns the graph with its nodes in the order of Keras's model.layers:
// those farthest from the output first, equals as they were made.
func (n *network) finish(output *nn.Node) (*nn.Graph, error) {
	made, err := n.Graph(output)
	if err != nil {
		return nil, err
	}
	depth := make([]int, len(made.Nodes))
	for _, node := range slices.Backward(made.Nodes) {
		for _, in := range node.Inputs {
			depth[in.Index] = max(depth[in.Index], depth[node.Index]+1)
		}
	}
	order := slices.Clone(made.Nodes)
	slices.SortStableFunc(order, func(a, b *nn.Node) int { return depth[b.Index] - depth[a.Index] })

	b := nn.NewBuilder(made.Name)
	moved := make(map[*nn.Node]*nn.Node, len(order))
	for _, node := range order {
		in := make([]*nn.Node, len(node.Inputs))
		for i, from := range node.Inputs {
			in[i] = moved[from]
		}
		moved[node] = b.From(nn.Source{Layer: node.Layer, Class: node.Class}, node.Name, node.Op, in...)
	}
	return b.Graph(moved[output])
}
