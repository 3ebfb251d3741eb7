package loader

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// mask is Keras's mask of a tensor behind a Masking layer: 1 for each position that
// counts, as (..., 1). What a layer makes of several masks becomes nodes only where
// another layer takes it.
type mask struct {
	shape nn.Shape
	node  *nn.Node // nil: op makes it of others
	op    nn.Op
	of    []*mask
	all   *nn.Node // a tensor of which all positions count; nil: op or node say which
	// unclear says why the mask is not known, and a layer that needs it is refused;
	// "" where it is.
	unclear string
}

// Why a mask may be not known.
const (
	byOrder = "a MultiHeadAttention before it takes the mask away from tensors that others read: in Keras the order in which they run decides who has it"
	byShape = "the mask has other axes than the tensor that Keras gives it to"
)

// maskOf returns what an operation makes of masks.
func maskOf(op nn.Op, of ...*mask) *mask {
	in := make([]nn.Shape, len(of))
	for i, part := range of {
		in[i] = part.shape
	}
	shape, err := op.Infer(in)
	if err != nil {
		return &mask{unclear: byShape}
	}
	return &mask{shape: shape, op: op, of: of}
}

// maskAt returns the mask that a node is.
func maskAt(n *nn.Node) *mask { return &mask{shape: n.Shape, node: n} }

// masks are the masks of tensors.
type masks struct {
	of    map[*nn.Node]*mask
	read  map[*nn.Node][]*nn.Node // the results of layers that read a tensor's mask
	taken map[*nn.Node]*nn.Node   // the result of the attention that took a tensor's mask
}

// handOn are the layers that hand the mask of their first input on to their result.
// All others lose it in Keras 3, and cannot be behind one in Keras 2.
var handOn = []string{
	"Activation", "ActivityRegularization", "AdditiveAttention", "AlphaDropout", "Attention", "BatchNormalization", "Dense", "Dropout", "ELU",
	"GaussianDropout", "GaussianNoise", "GroupNormalization", "GroupedQueryAttention", "Identity", "LayerNormalization",
	"LeakyReLU", "MultiHeadAttention", "Normalization", "PReLU", "ReLU", "Rescaling", "Softmax", "SpatialDropout1D", "SpatialDropout2D",
	"SyncBatchNormalization", "ThresholdedReLU", "TimeDistributed", "UnitNormalization",
}

// merging are the layers that make one mask of those of their inputs.
var merging = []string{"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}

// filling are those of them that in Keras 3 compute other numbers of what is masked.
var filling = []string{"Maximum", "Minimum", "Multiply"}

func newMasks() masks {
	return masks{map[*nn.Node]*mask{}, map[*nn.Node][]*nn.Node{}, map[*nn.Node]*nn.Node{}}
}

// seen returns the mask that a layer of these inputs finds on one of them, nil for
// none.
func (m masks) seen(n *nn.Node, in []*nn.Node) *mask {
	switch taken := m.taken[n]; {
	case m.of[n] == nil || taken == nil:
		return m.of[n]
	case dependOn(in, taken):
		return nil
	}
	return &mask{unclear: byOrder}
}

// result notes the mask of a layer's result; given is the one that its call has, nil
// for none.
func (m masks) result(l *layer, in []*nn.Node, given, result *nn.Node) {
	mask := m.handedOn(l, in, given, result.Shape)
	for _, n := range in {
		if m.of[n] != nil {
			m.read[n] = append(m.read[n], result)
		}
	}
	if mask != nil {
		m.of[result] = mask
	}
	if l.class != "MultiHeadAttention" || l.before3 {
		return
	}
	for _, n := range in { // Keras 3 takes the masks of its inputs from them
		if m.of[n] != nil {
			m.taken[n] = result
		}
	}
}

// handedOn returns the mask of a layer's result, nil for none.
func (m masks) handedOn(l *layer, in []*nn.Node, given *nn.Node, result nn.Shape) *mask {
	of := make([]*mask, len(in))
	for i, n := range in {
		of[i] = m.seen(n, in)
	}
	switch {
	case slices.Contains(handOn, l.class) && given != nil:
		return asPositions(given, len(result))
	case len(in) == 0 || !slices.ContainsFunc(of, func(one *mask) bool { return one != nil }):
		return nil
	case l.class == "TimeDistributed":
		return timedMask(l, of[0], len(result))
	case slices.Contains(handOn, l.class):
		return of[0]
	case l.class == "Concatenate":
		return concatenated(l, in, of)
	case slices.Contains(merging, l.class):
		return merged(l, of)
	}
	return nil
}

// position gives a part of a tensor, at one position of its first axis, the mask there.
func (m masks) position(n *nn.Node, at int, part *nn.Node) {
	switch of := m.of[n]; {
	case of == nil:
	case of.unclear != "" || len(of.shape) < 2:
		m.of[part] = &mask{unclear: byShape}
	default:
		cut := whole(of.shape)
		cut.Start[0], cut.Count[0] = at, 1
		m.of[part] = maskOf(&nn.Reshape{Target: of.shape[1:].Clone()}, maskOf(cut, of))
	}
}

// asPositions returns a mask that a call has, for a tensor of some axes.
func asPositions(given *nn.Node, axes int) *mask {
	if len(given.Shape) != axes-1 {
		return &mask{unclear: byShape}
	}
	return maskOf(&nn.Reshape{Target: append(given.Shape.Clone(), 1)}, maskAt(given))
}

// timedMask returns the mask of what a TimeDistributed makes: in Keras 2 a position
// counts of which any part does.
func timedMask(l *layer, of *mask, axes int) *mask {
	switch {
	case of == nil || of.unclear != "" || len(of.shape) == axes:
		return of
	case len(of.shape) < axes || !l.before3:
		return &mask{unclear: byShape}
	}
	return maskOf(&nn.Reshape{Target: nn.Shape{-1, 1}}, maskOf(&nn.Reduce{Func: nn.ReduceMax, Axes: upTo(len(of.shape))[1:]}, of))
}

// merged returns the mask of what a layer makes of several inputs element by element:
// in Keras 3 of positions of any, where all inputs have masks, in Keras 2 of positions
// of all masks that there are.
func merged(l *layer, of []*mask) *mask {
	there := slices.DeleteFunc(slices.Clone(of), func(one *mask) bool { return one == nil })
	if len(there) < len(of) && !l.before3 {
		return nil
	}
	return folded(there, l.before3)
}

// folded returns the mask of positions of all masks, or of any of them.
func folded(of []*mask, all bool) *mask {
	y := of[0]
	for _, one := range of {
		switch {
		case one.unclear != "":
			return one
		case y == one:
			continue
		case len(y.shape) != len(one.shape):
			return &mask{unclear: byShape}
		case all:
			y = maskOf(&nn.Multiply{}, y, one)
		default:
			y = maskOf(&nn.Binary{Func: nn.Maximum}, y, one)
		}
	}
	return y
}

// concatenated returns the mask of a Concatenate, to which all counts of an input
// without one: side by side, or where channels are put together as merged.
func concatenated(l *layer, in []*nn.Node, of []*mask) *mask {
	rows := make([]*mask, len(in))
	for i, n := range in {
		if rows[i] = of[i]; rows[i] == nil {
			rows[i] = &mask{shape: append(n.Shape[:len(n.Shape)-1].Clone(), 1), all: n}
		}
		if rows[i].unclear != "" {
			return rows[i]
		}
	}
	axis := newFields(l.config).axis("axis")
	if rank := len(in[0].Shape); axis == -1 || axis == rank-1 {
		return folded(rows, l.before3)
	}
	return maskOf(&nn.Concat{Axis: axis}, rows...)
}

// with adds the masks of a layer's inputs to them, by the names under which it takes
// masks.
func (a *assembler) with(l *layer, c call, in []*nn.Node, name string, source nn.Source) (call, []*nn.Node, error) {
	m, names := a.masks, l.takes()
	if len(names) == 0 {
		return c, in, nil
	}
	given := slices.Clone(c.named)
	positional := len(in) - len(c.named)
	all := slices.Clone(in)
	for i, n := range in {
		argument := "mask"
		if len(names) > 1 && i < positional {
			argument = attended[min(i, 2)] + "_mask"
		} else if len(names) > 1 {
			argument = c.named[i-positional] + "_mask"
		}
		if m.of[n] == nil || !slices.Contains(names, argument) || slices.Contains(c.named, argument) {
			continue
		}
		mask := m.seen(n, in)
		switch {
		case l.class == "MultiHeadAttention" && !l.before3 && (m.taken[n] != nil || slices.ContainsFunc(m.read[n], func(other *nn.Node) bool { return !dependOn(in, other) })):
			return c, nil, advise(unsupported("a MultiHeadAttention takes the mask of a tensor that other layers read: in Keras the order in which they run decides who has it"), "give each a Masking layer of its own")
		case mask == nil:
			continue
		case l.class == "Softmax":
			return c, nil, advise(unsupported("behind a Masking layer, whose mask has no axis of channels: Keras fails there, or mixes the pictures of a batch"), "give the mask to the call, Softmax()(x, mask=mask)")
		}
		node, err := a.made(mask, fmt.Sprintf("%s/masked_%d", name, i), source)
		if err != nil {
			return c, nil, err
		}
		given, all = append(given, argument), append(all, node)
	}
	c.named = given
	return c, all, nil
}

// made returns the node of a mask; those that it takes are of the layer that needs it.
func (a *assembler) made(m *mask, name string, source nn.Source) (*nn.Node, error) {
	if m.unclear != "" {
		return nil, advise(unsupported("it leaves out what Masking layers before it mask, but %s", m.unclear), "give each tensor a Masking layer of its own")
	}
	if m.node != nil {
		return m.node, nil
	}
	in, op := make([]*nn.Node, len(m.of)), m.op
	if m.all != nil {
		if a.constants += m.shape.Len(); a.constants > maxConstants {
			return nil, unsupported("masks and other constants of more than %d numbers", maxConstants)
		}
		ones := nn.NewTensor(m.shape...)
		for i := range ones.Data {
			ones.Data[i] = 1
		}
		in, op = []*nn.Node{m.all}, &nn.Constant{Value: ones}
	}
	for i, part := range m.of {
		var err error
		if in[i], err = a.made(part, fmt.Sprintf("%s_%d", name, i), source); err != nil {
			return nil, err
		}
	}
	if a.names += len(name); a.names > maxNamesBytes {
		return nil, advise(unsupported("names of layers of more than %d bytes in all", maxNamesBytes), "give the layers shorter names")
	}
	if a.steps++; a.steps > maxSteps {
		return nil, advise(unsupported("a model of more than %d calls of layers", maxSteps), rightFile)
	}
	m.node = a.builder.From(source, name, op, in...)
	if err := a.builder.Err(); err != nil {
		return nil, misfit{err}
	}
	return m.node, nil
}

// fills returns what a layer of several masked inputs computes in Keras 3, and its
// inputs with their masks behind them; nil: what it computes of others.
func (a *assembler) fills(l *layer, in []*nn.Node, name string, source nn.Source) ([]stage, []*nn.Node, error) {
	if l.before3 || !slices.Contains(filling, l.class) {
		return nil, nil, nil
	}
	rank := 0
	for _, n := range in {
		rank = max(rank, len(n.Shape))
	}
	all, masks, masked := slices.Clone(in), make([]int, len(in)), false
	for i, n := range in {
		masks[i] = none
		mask := a.masks.seen(n, in)
		if mask == nil || len(n.Shape) < rank { // that Keras gives more axes, and takes its mask
			continue
		}
		node, err := a.made(mask, fmt.Sprintf("%s/masked_%d", name, i), source)
		if err != nil {
			return nil, nil, err
		}
		masks[i], all, masked = input(len(all)), append(all, node), true
	}
	if !masked {
		return nil, nil, nil
	}
	m := composer{in: (&nn.Node{Inputs: all}).InputShapes()}
	if l.class == "Multiply" {
		m.multiplied(masks)
	} else {
		f := nn.Maximum
		if l.class == "Minimum" {
			f = nn.Minimum
		}
		m.extremes(f, masks)
	}
	m.stages[len(m.stages)-1].suffix = ""
	return m.stages, all, nil
}

// multiplied multiplies inputs, of which what is masked counts as 1; what all mask
// becomes 0.
func (m *composer) multiplied(masks []int) {
	parts, some := make([]int, len(masks)), none
	for i, mask := range masks {
		switch parts[i] = input(i); {
		case mask == none:
			continue
		case some == none:
			some = mask
		default:
			some = m.add(fmt.Sprintf("/any_%d", i), &nn.Binary{Func: nn.Maximum}, some, mask)
		}
		one := m.add(fmt.Sprintf("/one_%d", i), &nn.Constant{Value: &nn.Tensor{Shape: nn.Shape{1}, Data: []float32{1}}}, mask)
		parts[i] = m.filled(fmt.Sprintf("/filled_%d", i), mask, input(i), one)
	}
	y := m.add("/product", &nn.Multiply{}, parts...)
	if !slices.Contains(masks, none) {
		m.add("", &nn.Binary{Func: nn.Where}, some, y)
	}
}

// extremes takes the larger or smaller of inputs, one after the other: where one is
// masked, the other.
func (m *composer) extremes(f nn.BinaryFunc, masks []int) {
	y, mask := input(0), masks[0]
	for i := 1; i < len(masks); i++ {
		name := fmt.Sprintf("_%d", i)
		x := input(i)
		if masks[i] != none {
			x = m.filled("/filled"+name, masks[i], x, y)
		}
		if mask != none {
			y = m.filled("/first"+name, mask, y, x)
		}
		if mask != none && masks[i] != none {
			mask = m.add("/any"+name, &nn.Binary{Func: nn.Maximum}, mask, masks[i])
		} else {
			mask = none
		}
		y = m.add("/extreme"+name, &nn.Binary{Func: f}, y, x)
	}
}

// filled is x where a mask has positions, else other.
func (m *composer) filled(name string, mask, x, other int) int {
	kept := m.add(name+"_kept", &nn.Binary{Func: nn.Where}, mask, x)
	rest := m.add(name+"_rest", &nn.Binary{Func: nn.Unless}, mask, other)
	return m.add(name, &nn.Add{}, kept, rest)
}

// dependOn reports whether nodes are, or are made of, another.
func dependOn(nodes []*nn.Node, other *nn.Node) bool {
	seen := map[*nn.Node]bool{}
	stack := slices.Clone(nodes)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == other {
			return true
		}
		if !seen[n] {
			seen[n] = true
			stack = append(stack, n.Inputs...)
		}
	}
	return false
}
