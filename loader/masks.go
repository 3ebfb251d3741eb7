package loader

import (
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// masks are Keras's masks of tensors behind a Masking layer: 1 for each position that
// counts, as (..., 1).
type masks struct {
	of    map[*nn.Node]*nn.Node
	read  map[*nn.Node][]*nn.Node // the results of layers that read a tensor's mask
	taken map[*nn.Node]*nn.Node   // the result of the attention that took a tensor's mask
}

// unknown stands for a mask that is not made here: a layer that needs it is refused.
var unknown = &nn.Node{}

// handOn are the layers that hand the mask of their first input on to their result.
// All others lose it in Keras 3, and cannot be behind one in Keras 2.
var handOn = []string{
	"Activation", "ActivityRegularization", "AdditiveAttention", "AlphaDropout", "Attention", "BatchNormalization", "Dense", "Dropout", "ELU",
	"GaussianDropout", "GaussianNoise", "GroupNormalization", "GroupedQueryAttention", "Identity", "LayerNormalization",
	"LeakyReLU", "MultiHeadAttention", "Normalization", "PReLU", "ReLU", "Rescaling", "Softmax", "SpatialDropout1D", "SpatialDropout2D",
	"SyncBatchNormalization", "ThresholdedReLU", "TimeDistributed", "UnitNormalization",
}

// merging are the layers that hand on the masks of their inputs where all have one.
var merging = []string{"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"}

// filling are those of them that in Keras 3 compute other numbers where one input is
// masked and another is not.
var filling = []string{"Maximum", "Minimum", "Multiply"}

func newMasks() masks {
	return masks{map[*nn.Node]*nn.Node{}, map[*nn.Node][]*nn.Node{}, map[*nn.Node]*nn.Node{}}
}

// result notes the mask of a layer's result.
func (m masks) result(l *layer, in []*nn.Node, result *nn.Node) {
	mask := m.handedOn(l.class, in)
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
func (m masks) handedOn(class string, in []*nn.Node) *nn.Node {
	switch masked := func(n *nn.Node) bool { return m.of[n] != nil }; {
	case !slices.ContainsFunc(in, masked):
	case slices.Contains(handOn, class) && m.taken[in[0]] == nil:
		return m.of[in[0]]
	case slices.Contains(handOn, class) && m.of[in[0]] != nil:
		return unknown
	case class == "Concatenate":
		return unknown
	case slices.Contains(merging, class):
		mask := m.of[in[0]]
		for _, n := range in {
			switch other := m.of[n]; {
			case other == nil || m.taken[n] != nil && dependOn(in, m.taken[n]):
				return nil
			case other != mask || m.taken[n] != nil:
				mask = unknown
			}
		}
		return mask
	}
	return nil
}

// with adds the masks of a layer's inputs to them, by the names under which it takes
// masks.
func (m masks) with(l *layer, c call, in []*nn.Node) (call, []*nn.Node, error) {
	names := tensorArguments[l.class]
	if !l.before3 && slices.Contains(filling, l.class) && slices.ContainsFunc(in, func(n *nn.Node) bool { return m.of[n] != nil }) {
		return c, nil, advise(unsupported("behind a Masking layer, whose positions Keras 3 fills with those of another input"), "merge before the Masking layer")
	}
	if len(names) == 0 {
		return c, in, nil
	}
	given := slices.Clone(c.named)
	positional := len(in) - len(c.named)
	all := slices.Clone(in)
	for i, n := range in {
		mask, name := m.of[n], "mask"
		if len(names) > 1 && i < positional {
			name = attended[min(i, 2)] + "_mask"
		} else if len(names) > 1 {
			name = c.named[i-positional] + "_mask"
		}
		switch {
		case mask == nil || !slices.Contains(names, name) || slices.Contains(c.named, name):
			continue
		case mask == unknown:
			return c, nil, advise(unsupported("it leaves out what Masking layers before it mask, of several tensors together"), "mask one tensor, or mask by a product")
		case m.taken[n] != nil || l.class == "MultiHeadAttention" && !l.before3 && slices.ContainsFunc(m.read[n], func(other *nn.Node) bool { return !dependOn(in, other) }):
			return c, nil, advise(unsupported("a MultiHeadAttention takes the mask of a tensor that other layers read: in Keras the order in which they run decides who has it"), "give each a Masking layer of its own")
		case l.class == "Softmax":
			return c, nil, advise(unsupported("behind a Masking layer, whose mask has no axis of channels"), "give the mask to the call, Softmax()(x, mask=mask)")
		}
		given, all = append(given, name), append(all, mask)
	}
	c.named = given
	return c, all, nil
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
