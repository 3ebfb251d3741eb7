package validate

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/reference"
)

// maxSuspectMACs bounds what searching for suspects may compute in a run.
const maxSuspectMACs = 20e9

// suspect looks for a mistake that gives exactly what a failed step gave: the
// step is computed by the reference with one usual mistake after the other. It
// returns "" where none fits. Only the image with the worst element is looked at.
func (r *run) suspect(s *plan.Step, l *Layer) string {
	if l.Isolated.Worst == nil || computes(s) == nil {
		return ""
	}
	image := l.Isolated.Worst.At[0]
	got, want := oneImage(l.got, image), oneImage(l.want, image)
	if image > 0 && same(got, oneImage(l.got, 0)) && !same(want, oneImage(l.want, 0)) {
		return fmt.Sprintf("image %d has the result of image 0", image)
	}
	fits := l.Isolated.Tolerance.loosened(judgeRounds)
	for _, n := range s.Nodes {
		in := make([]*nn.Tensor, len(n.Inputs))
		for i, node := range n.Inputs {
			in[i] = oneImage(r.values[node.Index], image)
		}
		for _, m := range mistakes(n, in) {
			if r.suspectMACs += s.Op.MACs(s.InputShapes(), s.Out.Node.Shape); r.suspectMACs > maxSuspectMACs {
				return ""
			}
			y, err := r.after(s, n, m, image)
			if err != nil {
				continue // a mistake that this layer has no room for
			}
			y = sample(y, l.held)
			d, err := Compare(got, y)
			if err != nil || !fits.Holds(d) {
				continue
			}
			if d, err := Compare(y, want); err == nil && !l.Isolated.Tolerance.Holds(d) {
				return m.text
			}
		}
	}
	return ""
}

// after computes the step for one image with a mistake in node n.
func (r *run) after(s *plan.Step, n *nn.Node, m mistake, image int) (*nn.Tensor, error) {
	wrong := map[*nn.Node]*nn.Tensor{}
	y, err := reference.Apply(m.op, m.in...)
	if err != nil {
		return nil, err
	}
	wrong[n] = y
	at := slices.Index(s.Nodes, n)
	for _, next := range s.Nodes[at+1:] {
		in, touched := make([]*nn.Tensor, len(next.Inputs)), false
		for i, node := range next.Inputs {
			if in[i] = wrong[node]; in[i] != nil {
				touched = true
			} else {
				in[i] = oneImage(r.values[node.Index], image)
			}
		}
		if !touched {
			continue
		}
		if wrong[next], err = reference.Apply(next.Op, in...); err != nil {
			return nil, err
		}
	}
	if y = wrong[s.Last()]; y == nil {
		return nil, fmt.Errorf("layer %q: the result of %q does not reach its end", s.Name, n.Name)
	}
	return y, nil
}

// oneImage returns an image of a batch, as a batch of one.
func oneImage(t *nn.Tensor, image int) *nn.Tensor {
	return &nn.Tensor{Shape: nn.Shape(t.Shape[1:]).Batch(1), Data: t.Image(image)}
}

// same reports whether two tensors of one shape are equal.
func same(a, b *nn.Tensor) bool { return slices.Equal(a.Data, b.Data) }

// mistake is an operation as somebody got it wrong.
type mistake struct {
	text string
	op   nn.Op
	in   []*nn.Tensor
}

// mistakes lists the usual ones for a node whose inputs are in.
func mistakes(n *nn.Node, in []*nn.Tensor) []mistake {
	switch op := n.Op.(type) {
	case *nn.Conv2D:
		return convMistakes(op, n.Shape, in[0])
	case *nn.DepthwiseConv2D:
		return depthwiseMistakes(op, n.Shape, in[0])
	case *nn.Dense:
		return denseMistakes(op, in[0])
	case *nn.BatchNorm:
		return normMistakes(op, in)
	case *nn.MaxPool:
		with := func(w nn.Window) nn.Op { return &nn.MaxPool{Window: w} }
		return append(zerosCount("padding is 0 where it should never win", op.Window, n.Shape, in[0], with), slides(op.Window, n.Shape, in[0], with)...)
	case *nn.AvgPool:
		with := func(w nn.Window) nn.Op { return &nn.AvgPool{Window: w} }
		return append(zerosCount("padding is counted in the divisor", op.Window, n.Shape, in[0], with), slides(op.Window, n.Shape, in[0], with)...)
	case *nn.Activation:
		return activationMistakes(op, in)
	case *nn.Add:
		return leftOut(in)
	case *nn.Concat:
		reversed := slices.Clone(in)
		slices.Reverse(reversed)
		return []mistake{{"the inputs are joined in the reverse order", op, reversed}}
	}
	return layerMistakes(n, in)
}

// leftOut lists sums that lack an input.
func leftOut(in []*nn.Tensor) []mistake {
	var list []mistake
	for i, x := range in {
		rest := slices.Delete(slices.Clone(in), i, i+1)
		var op nn.Op = &nn.Add{}
		if len(rest) == 1 {
			op = &nn.Identity{}
		}
		if len(rest) > 0 && x.Shape.Equal(rest[0].Shape) {
			list = append(list, mistake{fmt.Sprintf("input %d of %d is not added", i+1, len(in)), op, rest})
		}
	}
	return list
}

func normMistakes(op *nn.BatchNorm, in []*nn.Tensor) []mistake {
	var list []mistake
	add := func(text string, change func(*nn.BatchNorm)) {
		wrong := *op
		change(&wrong)
		list = append(list, mistake{text, &wrong, in})
	}
	add("mean and variance are exchanged", func(b *nn.BatchNorm) { b.Mean, b.Variance = b.Variance, b.Mean })
	add("mean and variance are exchanged, and the variance's sign is dropped", func(b *nn.BatchNorm) { b.Mean, b.Variance = b.Variance, absolute(b.Mean) })
	for _, epsilon := range []float32{0, 1e-3, 1e-5, 1e-6, 1.001e-5, 1e-4, 1e-2, 1e-1} {
		if max(epsilon-op.Epsilon, op.Epsilon-epsilon) > op.Epsilon/100 {
			add(fmt.Sprintf("epsilon is %v and not %v", epsilon, op.Epsilon), func(b *nn.BatchNorm) { b.Epsilon = epsilon })
		}
	}
	add("gamma is left out", func(b *nn.BatchNorm) { b.Scale = false })
	add("beta is left out", func(b *nn.BatchNorm) { b.Center = false })
	if op.Scale && op.Center {
		add("gamma and beta are exchanged", func(b *nn.BatchNorm) { b.Gamma, b.Beta = b.Beta, b.Gamma })
	}
	add("the mean is not subtracted", func(b *nn.BatchNorm) { b.Mean = nn.NewTensor(b.Mean.Shape...) })
	add("the variance's root is not taken", func(b *nn.BatchNorm) {
		b.Variance, b.Epsilon = squared(b.Variance, b.Epsilon), 0
	})
	return list
}

// absolute returns the sizes of the elements; squared those of their squares,
// with epsilon added before.
func absolute(t *nn.Tensor) *nn.Tensor { return each(t, func(v float32) float32 { return max(v, -v) }) }

func squared(t *nn.Tensor, epsilon float32) *nn.Tensor {
	return each(t, func(v float32) float32 { return (v + epsilon) * (v + epsilon) })
}

func each(t *nn.Tensor, f func(float32) float32) *nn.Tensor {
	out := nn.NewTensor(t.Shape...)
	for i, v := range t.Data {
		out.Data[i] = f(v)
	}
	return out
}

func activationMistakes(op *nn.Activation, in []*nn.Tensor) []mistake {
	var list []mistake
	add := func(text string, wrong *nn.Activation) { list = append(list, mistake{text, wrong, in}) }
	if op.Func == nn.ReLU {
		for _, c := range []struct {
			text           string
			slope, highest float32
			applies        bool
		}{
			{"the slope is ignored", 0, op.Max, op.Slope != 0},
			{"the upper bound is ignored", op.Slope, 0, op.Max != 0},
			{"the result is bounded by 6", op.Slope, 6, op.Max != 6},
		} {
			if c.applies {
				wrong := *op
				wrong.Slope, wrong.Max = c.slope, c.highest
				add(c.text, &wrong)
			}
		}
	}
	if op.Func == nn.HardSigmoid || op.Func == nn.HardSwish {
		for _, of := range []struct {
			version string
			slope   float32
		}{{"Keras 2", 0.2}, {"Keras 3", 1. / 6}} {
			if of.slope != op.Slope {
				add("it is that of "+of.version, &nn.Activation{Func: op.Func, Slope: of.slope})
			}
		}
	}
	if op.Func != nn.Linear {
		add("the function is not applied", &nn.Activation{Func: nn.Linear})
	}
	for _, f := range nn.Funcs() {
		if f != op.Func && f != nn.Linear {
			wrong := nn.Default(f)
			add(fmt.Sprintf("the function is %s and not %s", f, op.Func), &wrong)
		}
	}
	return list
}
