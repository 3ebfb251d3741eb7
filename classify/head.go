package classify

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/nn"
)

// ErrOutput is a choice among a net's outputs that is not one: none is named and
// several may be meant, or there is none of that name. The text lists them.
var ErrOutput = errors.New("the net has several outputs")

// twoClasses is the Class of the nodes that Head adds.
const twoClasses = "TwoClasses"

// Head returns the net with one output, of classes: of several the one that is
// named, or, where none is, the only one that may be classes. An output of one
// sigmoid unit, the probability of the second of two classes, becomes the
// probabilities of both. An input of planes, (3, H, W) or (1, H, W), becomes one of
// pictures, (H, W, 3) or (H, W, 1). What the output does not need is left out;
// operations are shared with the net.
func Head(g *nn.Graph, output string) (*nn.Graph, error) {
	i, err := chosen(g, output)
	if err != nil {
		return nil, err
	}
	out := g.Outputs[i]
	binary := out.Shape.Equal(nn.Shape{1}) && endsIn(out, nn.Sigmoid)
	if len(g.Outputs) == 1 && !binary && !planes(g) {
		return g, nil
	}
	b, instead := nn.NewBuilder(g.Name), map[*nn.Node]*nn.Node{}
	if planes(g) {
		in := g.Inputs[0]
		picture := b.Input(in.Name, nn.Shape{in.Shape[1], in.Shape[2], in.Shape[0]})
		source := nn.Source{Layer: in.Layer + " (channels first)", Class: "ChannelsFirst"}
		instead[in] = b.From(source, source.Layer, &nn.Transpose{Axes: []int{2, 0, 1}}, picture)
	}
	end := g.CopyOver(b, instead, out)[0]
	if binary {
		source := nn.Source{Layer: out.Layer + " (two classes)", Class: twoClasses}
		first := b.From(source, source.Layer+"/first", &nn.Rescale{Scale: []float32{-1}, Offset: []float32{1}}, end)
		end = b.From(source, source.Layer, &nn.Concat{Axis: 0}, first, end)
	}
	head, err := b.Graph(end)
	if err != nil {
		return nil, err
	}
	head.OutputNames = []string{g.OutputName(i)}
	for _, n := range head.Inputs {
		for k, in := range g.Inputs {
			if in.Name == n.Name {
				head.InputNames = append(head.InputNames, g.InputName(k))
			}
		}
	}
	return head, nil
}

// TakesPictures reports whether the net has one input, of (H, W, 3) or, for grey
// pictures, (H, W, 1).
func TakesPictures(g *nn.Graph) bool {
	if len(g.Inputs) != 1 || len(g.Inputs[0].Shape) != 3 {
		return false
	}
	c := g.Inputs[0].Shape[2]
	return c == 3 || c == 1
}

// planes reports whether the net's only input is a picture with its channels first.
func planes(g *nn.Graph) bool {
	if len(g.Inputs) != 1 || len(g.Inputs[0].Shape) != 3 || TakesPictures(g) {
		return false
	}
	c := g.Inputs[0].Shape[0]
	return c == 3 || c == 1
}

// chosen returns which output is meant.
func chosen(g *nn.Graph, output string) (int, error) {
	var vectors []int
	for i, n := range g.Outputs {
		switch {
		case output != "" && (g.OutputName(i) == output || n.Layer == output):
			return i, nil
		case len(n.Shape) == 1:
			vectors = append(vectors, i)
		}
	}
	if output == "" && len(g.Outputs) == 1 {
		return 0, nil
	}
	if output == "" && len(vectors) == 1 {
		return vectors[0], nil
	}
	what := make([]string, len(g.Outputs))
	for i, n := range g.Outputs {
		what[i] = fmt.Sprintf("%s %v", g.OutputName(i), n.Shape)
	}
	if output != "" {
		return 0, fmt.Errorf("%w: none is called %q: %s", ErrOutput, output, strings.Join(what, ", "))
	}
	return 0, fmt.Errorf("%w: %s", ErrOutput, strings.Join(what, ", "))
}

// endsIn reports whether a node's result is what the function makes, or the same
// numbers in another shape.
func endsIn(n *nn.Node, f nn.Func) bool {
	for {
		switch op := n.Op.(type) {
		case *nn.Identity, *nn.Flatten, *nn.Reshape:
			n = n.Inputs[0]
		case *nn.Activation:
			return op.Func == f
		default:
			return false
		}
	}
}
