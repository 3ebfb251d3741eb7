package view

import (
	"errors"
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// ErrNoCAM is a network for which class activation maps are not exact.
var ErrNoCAM = errors.New("the network does not end in global average pooling and one dense layer")

// CAM makes class activation maps: Zhou et al. 2016, "Learning Deep Features for
// Discriminative Localization", section 2. Where a network ends in the mean over
// all positions of a feature map f and a dense layer with kernel k and bias b,
// the score of class c before softmax or sigmoid is
//
//	score(c) = b[c] + mean over y, x of M_c(y, x),   M_c(y, x) = sum over i of k[i, c] f[y, x, i]
//
// so M_c says exactly what each position adds.
type CAM struct {
	Features *nn.Node // whose result the mean is taken of
	dense    *nn.Dense
}

// NewCAM finds the features and the dense layer of a network, or returns
// ErrNoCAM.
func NewCAM(g *nn.Graph) (*CAM, error) {
	if len(g.Outputs) != 1 {
		return nil, fmt.Errorf("%w: it has %d outputs", ErrNoCAM, len(g.Outputs))
	}
	n := skip(g.Outputs[0], true)
	dense, ok := n.Op.(*nn.Dense)
	if !ok {
		return nil, fmt.Errorf("%w: %q is a %s", ErrNoCAM, n.Name, n.Op.Kind())
	}
	pool := skip(n.Inputs[0], false)
	if !averagesAll(pool) {
		return nil, fmt.Errorf("%w: what the dense layer reads, %q, is a %s", ErrNoCAM, pool.Name, pool.Op.Kind())
	}
	return &CAM{Features: pool.Inputs[0], dense: dense}, nil
}

// skip goes back over nodes that leave each element what it is, and over the
// final activation where head is set.
func skip(n *nn.Node, head bool) *nn.Node {
	for {
		switch op := n.Op.(type) {
		case *nn.Identity, *nn.Flatten, *nn.Reshape:
		case *nn.Softmax:
			if !head {
				return n
			}
		case *nn.Activation:
			if op.Func != nn.Linear && !(head && op.Func == nn.Sigmoid) {
				return n
			}
		default:
			return n
		}
		n = n.Inputs[0]
	}
}

// averagesAll reports whether the node is the mean over every position.
func averagesAll(n *nn.Node) bool {
	switch op := n.Op.(type) {
	case *nn.GlobalAvgPool:
		return true
	case *nn.AvgPool:
		in := n.Inputs[0].Shape
		return op.Size == [2]int{in[0], in[1]} && op.Pad == nn.Pad{} && n.Shape[0] == 1 && n.Shape[1] == 1
	}
	return false
}

// Classes returns how many classes there are.
func (c *CAM) Classes() int { return c.dense.Units }

// Map returns the map of a class; features is what the network computes at
// c.Features for one image, (H, W, C).
func (c *CAM) Map(features *nn.Tensor, class int) (*Map, error) {
	if want := c.Features.Shape; !features.Shape.Equal(want) {
		return nil, fmt.Errorf("%q: expected features of shape %v, found %v", c.Features.Name, want, features.Shape)
	}
	if class < 0 || class >= c.dense.Units {
		return nil, fmt.Errorf("class %d of %d", class, c.dense.Units)
	}
	h, w, channels := features.Shape[0], features.Shape[1], features.Shape[2]
	m := &Map{Height: h, Width: w, Values: make([]float64, h*w), Method: "class activation map, exact"}
	for at := range m.Values {
		for i := range channels {
			m.Values[at] += float64(features.Data[at*channels+i]) * float64(c.dense.Kernel.Data[i*c.dense.Units+class])
		}
	}
	return m, nil
}

// Bias returns what every score of the class begins with.
func (c *CAM) Bias(class int) float64 {
	if !c.dense.UseBias {
		return 0
	}
	return float64(c.dense.Bias.Data[class])
}
