package loader

import (
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// lifted applies a function to all parts of pictures at once: what it makes of one part
// is looked at, and each operation done with the axis of parts in front. Nil where one
// of them does not go that way.
func (a *assembler) lifted(l *layer, c call, name string, in []*nn.Node, times int, source nn.Source) ([]*nn.Node, error) {
	if !l.operator {
		return nil, nil
	}
	f := &lift{a: a, outside: a.builder, source: source, times: times, nodes: map[*nn.Node]*nn.Node{}, parts: map[*nn.Node]bool{}}
	entrance, of := a.entrance, nn.NewBuilder(name)
	part := make([]*nn.Node, len(in))
	for i, n := range in {
		part[i] = n
		if p, ok := a.statics[n].(parts); ok {
			x := of.Input(fmt.Sprintf("%s/part_%d", name, i), p.x.Shape[1:])
			f.nodes[x], f.parts[x], a.entrance = p.x, true, x
			a.types[x] = a.typeOf(p.x)
			if part[i] = x; p.at > 0 {
				part[i] = a.known(name, batch{x, p.at})
			}
		}
	}
	a.builder = of
	out, err := a.operator(l, c, name, part)
	a.builder, a.entrance = f.outside, entrance
	if err != nil {
		return nil, layerError(l.class, l.fullName, err)
	}
	if !f.goes(out) {
		return nil, nil
	}
	all := make([]*nn.Node, len(out))
	for i, y := range out {
		switch v := a.statics[y].(type) {
		case batch:
			all[i] = a.known(name, parts{f.of(v.x), v.at})
		default:
			if all[i] = y; y.Index >= 0 {
				all[i] = a.known(name, parts{x: f.of(y)})
			}
		}
	}
	if err := a.builder.Err(); err != nil {
		return nil, misfit{err}
	}
	return all, nil
}

// lift is the way from what was made of one part to what is made of all.
type lift struct {
	a       *assembler
	outside *nn.Builder // of the graph with all parts
	source  nn.Source
	times   int
	nodes   map[*nn.Node]*nn.Node // with all parts, by that of one
	parts   map[*nn.Node]bool     // which of those of one part depend on it
}

// goes reports whether all results can be lifted, and finds what depends on the part.
func (f *lift) goes(out []*nn.Node) bool {
	seen := map[*nn.Node]bool{}
	var goes func(n *nn.Node) bool
	goes = func(n *nn.Node) bool {
		if f.nodes[n] != nil || seen[n] {
			return true
		}
		seen[n] = true
		_, isConstant := n.Op.(*nn.Constant) // whatever it is made beside
		for _, in := range n.Inputs {
			if !goes(in) {
				return false
			}
			f.parts[n] = !isConstant && (f.parts[n] || f.parts[in])
		}
		return !f.parts[n] || f.op(n) != nil
	}
	for _, y := range out {
		n := y
		if b, isBatch := f.a.statics[y].(batch); isBatch {
			n = b.x
		}
		if n.Index >= 0 && !(goes(n) && f.parts[n]) {
			return false
		}
	}
	return true
}

// of returns the node with all parts.
func (f *lift) of(n *nn.Node) *nn.Node {
	if y := f.nodes[n]; y != nil {
		return y
	}
	op, in := n.Op, make([]*nn.Node, len(n.Inputs))
	for i, x := range n.Inputs {
		in[i] = f.of(x)
	}
	if f.parts[n] {
		op = f.op(n)
		f.align(n, in)
	}
	y := f.outside.From(f.source, n.Name, op, in...)
	f.nodes[n], f.a.types[y] = y, f.a.typeOf(n)
	return y
}

// align gives the inputs of an operation that repeats them axes of extent 1 behind that
// of the parts, where they have fewer than the others.
func (f *lift) align(n *nn.Node, in []*nn.Node) {
	axes := 0
	for _, x := range n.Inputs {
		axes = max(axes, len(x.Shape))
	}
	for i, x := range n.Inputs {
		if missing := axes - len(x.Shape); f.parts[x] && missing > 0 {
			shape := append(append(nn.Shape{f.times}, ones(missing)...), x.Shape...)
			in[i] = f.outside.From(f.source, fmt.Sprintf("%s/aligned_%d", n.Name, i), &nn.Reshape{Target: shape}, in[i])
		}
	}
}

// op returns a node's operation with the axis of parts in front; nil where there is
// none.
func (f *lift) op(n *nn.Node) nn.Op {
	behind := func(axes []int) []int {
		if axes == nil {
			return nil
		}
		moved := make([]int, len(axes))
		for i, a := range axes {
			if moved[i] = a + 1; a < 0 {
				moved[i] = a
			}
		}
		return moved
	}
	switch op := n.Op.(type) {
	case *nn.Activation, *nn.Add, *nn.Binary, *nn.Dense, *nn.Identity, *nn.MatMul, *nn.Multiply, *nn.Rescale, *nn.Unary:
		return op
	case *nn.Flatten, *nn.Reshape:
		return &nn.Reshape{Target: append(nn.Shape{f.times}, n.Shape...)}
	case *nn.Transpose:
		return &nn.Transpose{Axes: append([]int{0}, behind(op.Axes)...)}
	case *nn.Slice:
		return &nn.Slice{Start: append([]int{0}, op.Start...), Count: append([]int{f.times}, op.Count...), Step: append([]int{1}, op.Step...)}
	case *nn.Concat:
		for _, in := range n.Inputs {
			if !f.parts[in] {
				return nil
			}
		}
		return &nn.Concat{Axis: behind([]int{op.Axis})[0]}
	case *nn.Gather:
		return &nn.Gather{Axis: behind([]int{op.Axis})[0], Positions: op.Positions, Fill: op.Fill}
	case *nn.Softmax:
		return &nn.Softmax{Axes: behind(op.Axes)}
	case *nn.LogSoftmax:
		return &nn.LogSoftmax{Axes: behind(op.Axes)}
	case *nn.Reduce:
		return &nn.Reduce{Func: op.Func, Axes: behind(op.Axes), KeepDims: op.KeepDims}
	}
	return nil
}
