package plan

import (
	"iter"
	"math"

	"github.com/vkeras/vkeras/nn"
)

// Program is what a device runs.
type Program struct {
	Graph   *nn.Graph
	Values  []*Value // every tensor, inputs first
	Steps   []*Step  // in an order in which inputs come before their readers
	Inputs  []*Value
	Outputs []*Value
}

// Value is a tensor of the program.
type Value struct {
	ID    int
	Node  *nn.Node // whose result it is
	Shape nn.Shape // of one image
	Held  [2]Axis  // of a feature map: which rows and columns of the node's result it holds
	Of    *Value   // not nil: the same elements in the same memory as another value (flatten, reshape, dropout)
}

// Root returns the value whose memory holds the elements.
func (v *Value) Root() *Value {
	for v.Of != nil {
		v = v.Of
	}
	return v
}

// Step is one operation of a program, with what was folded and fused into it:
//
//	Out = clamp(Activation(Op(InScale In Gate + InShift) Scale + Shift + Residual), Lowest, Highest)
//
// InScale, InShift, Scale and Shift are weights: see Folded. The others are
// what a kernel does to its input and, in its epilogue, to its result.
type Step struct {
	Name  string
	Op    nn.Op
	Nodes []*nn.Node // what it computes, in the graph's order; the last one's result is Out
	In    []*Value
	Out   *Value

	Window           nn.Window // of a convolution or pooling: the operation's own, with fused padding
	InScale, InShift []float64 // of a Conv2D or Dense: a channel of In[0] each, folded into the weights; nil: none
	Scale, Shift     []float64 // an output channel each, folded into the weights; nil: none
	Residual         *Value    // nil: none
	Lowest, Highest  float32   // infinities where there is no bound

	// Copies says that the planner put the step in to copy some positions of its
	// input: it computes none of its nodes.
	Copies bool

	// Activation applies to the result after the residual and before the bounds;
	// nil: none. It is no rectifier, which is a bound, has no Threshold and no
	// Max, and so at most one parameter that is not at rest: Slope of ReLU or Alpha
	// of others.
	Activation *nn.Activation
	// Gate is what a Conv2D multiplies every position of In[0] by, a factor a
	// channel and image, shape (1, 1, C): the product that squeeze and excitation
	// ends with. nil: none.
	Gate *Value

	// Sibling is a convolution of the same input by the same window that runs as
	// one with this one, with filters, bounds and an output of its own; nil: none.
	// It is not in Program.Steps.
	Sibling *Step
}

// Last returns the node whose result the step makes.
func (s *Step) Last() *nn.Node { return s.Nodes[len(s.Nodes)-1] }

// Main returns the node whose operation the step runs; the others were folded
// or fused into it.
func (s *Step) Main() *nn.Node {
	for _, n := range s.Nodes {
		if n.Op == s.Op {
			return n
		}
	}
	return s.Nodes[0]
}

// Reads yields everything that the step reads.
func (s *Step) Reads() iter.Seq[*Value] {
	return func(yield func(*Value) bool) {
		for _, v := range s.In {
			if !yield(v) {
				return
			}
		}
		for _, v := range [...]*Value{s.Residual, s.Gate} {
			if v != nil && !yield(v) {
				return
			}
		}
	}
}

// reads returns how many times the step reads the elements of v, by any of its
// names.
func (s *Step) reads(v *Value) (times int) {
	for read := range s.Reads() {
		if read.Root() == v.Root() {
			times++
		}
	}
	return times
}

// InputShapes returns the shapes of the step's inputs, for one image.
func (s *Step) InputShapes() []nn.Shape {
	shapes := make([]nn.Shape, len(s.In))
	for i, v := range s.In {
		shapes[i] = v.Shape
	}
	return shapes
}

// MACs returns the multiply-accumulates of the step for one image.
func (s *Step) MACs() int64 {
	var sum int64
	for _, t := range s.Parts() {
		sum += t.Op.MACs(t.InputShapes(), t.Out.Shape)
	}
	return sum
}

// Bytes returns what the step moves at least for a batch: its weights, inputs
// and outputs, each once.
func (s *Step) Bytes(batch int) int64 {
	var images, weights int64
	for v := range s.Reads() {
		images += int64(v.Shape.Len())
	}
	for _, t := range s.Parts() {
		images += int64(t.Out.Shape.Len())
		for _, p := range t.Op.Params(t.InputShapes()) {
			weights += int64(p.Shape.Len())
		}
	}
	return 4 * (images*int64(batch) + weights)
}

// MACs returns the multiply-accumulates of the program for one image.
func (p *Program) MACs() int64 {
	var sum int64
	for _, s := range p.Steps {
		sum += s.MACs()
	}
	return sum
}

// Bytes returns what the steps move at least for a batch, one after the other.
func (p *Program) Bytes(batch int) int64 {
	var sum int64
	for _, s := range p.Steps {
		sum += s.Bytes(batch)
	}
	return sum
}

// Options choose the passes.
type Options struct {
	Fold     bool // batch normalisation into the weights before it, scales and offsets into those beside them
	Fuse     bool // padding, residual sums and rectifiers into the step beside them
	Activate bool // activations that are no rectifiers into the step before them
	Gate     bool // products with a factor a channel into the convolution behind them
	// Demand computes only the positions that somebody reads.
	Demand bool
	Merge  bool // convolutions of one tensor by one window into one step
}

// All has every pass on.
func All() Options {
	return Options{Fold: true, Fuse: true, Activate: true, Gate: true, Demand: true, Merge: true}
}

// Compile makes the program of a graph. The graph's weights are not copied:
// the program refers to them.
func Compile(g *nn.Graph, o Options) *Program {
	p := translate(g)
	if o.Fold {
		fold(p)
	}
	if o.Fuse {
		fuse(p)
	}
	if o.Fold {
		prescale(p) // behind fuse, which brings padding to its convolution
	}
	if o.Activate {
		activate(p)
	}
	if o.Gate {
		gate(p)
	}
	if o.Demand {
		demand(p)
	}
	if o.Merge {
		merge(p)
	}
	return p
}

// translate makes one step a node; nodes that only rename their input's
// elements become values without a step.
func translate(g *nn.Graph) *Program {
	p := &Program{Graph: g}
	values := make([]*Value, len(g.Nodes))
	for _, n := range g.Nodes {
		v := &Value{ID: len(p.Values), Node: n, Shape: n.Shape}
		if v.spatial() {
			v.Held = everything(v.Shape)
		}
		p.Values = append(p.Values, v)
		values[n.Index] = v
		in := make([]*Value, len(n.Inputs))
		for i, src := range n.Inputs {
			in[i] = values[src.Index]
		}
		_, input := n.Op.(*nn.Input)
		switch {
		case input:
			p.Inputs = append(p.Inputs, v)
		case renames(n.Op):
			v.Of = in[0]
		default:
			p.Steps = append(p.Steps, &Step{
				Name: n.Name, Op: n.Op, Nodes: []*nn.Node{n}, In: in, Out: v, Window: windowOf(n.Op),
				Lowest: float32(math.Inf(-1)), Highest: float32(math.Inf(1)),
			})
		}
	}
	for _, n := range g.Outputs {
		p.Outputs = append(p.Outputs, values[n.Index])
	}
	return p
}

// renames reports whether the operation leaves its input's elements as they are,
// in their order.
func renames(op nn.Op) bool {
	switch op := op.(type) {
	case *nn.Identity, *nn.Flatten, *nn.Reshape:
		return true
	case *nn.Activation:
		return op.Func == nn.Linear
	}
	return false
}

// windowOf returns the window of an operation that has one; padding and
// cropping are windows of one tap.
func windowOf(op nn.Op) nn.Window {
	switch op := op.(type) {
	case *nn.ZeroPad:
		return shifted(op.Top, op.Left)
	case *nn.Crop:
		return shifted(-op.Top, -op.Left)
	}
	w, _ := nn.WindowOf(op)
	return w
}

// shifted is a window of one tap that begins so many positions before its input.
func shifted(top, left int) nn.Window {
	w := nn.Square(1, 1)
	w.Pad.Top, w.Pad.Left = top, left
	return w
}
