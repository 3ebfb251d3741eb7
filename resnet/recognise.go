package resnet

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/internal/structure"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Known is what a network's structure tells and its file does not.
type Known struct {
	Architecture string          // Name of the one it is built as; "" where it is none
	Preset       pictures.Preset // how it wants its pictures scaled; "" where that is open
	Labels       []string        // names of its classes; nil where they are open
	Whole        bool            // it is that with its own top, not the feature maps of it alone
	ImageNet     bool            // its outputs are those that keras.applications' decode_predictions names
	Why          string          // the reason, in one sentence
}

// Recognise says what is known of a graph by its structure: operations, shapes
// and wiring, not names. A net that is one of Architectures up to the last
// feature map and has another head (transfer learning) is recognised too.
func Recognise(g *nn.Graph) Known {
	if len(g.Inputs) != 1 || len(g.Inputs[0].Shape) != 3 || len(g.Outputs) != 1 {
		return Known{Why: "the net does not map one picture to one output"}
	}
	k := structure.Kinds{}
	own := k.Of(g)
	known := Known{Why: "the net is none of the built-in architectures, so nothing is known of how its pictures were scaled"}
	for _, a := range Architectures() {
		whole, ok := match(k, a, g, own)
		if whole || ok && known.Architecture == "" {
			known = explain(a, g, whole)
		}
		if whole {
			break
		}
	}
	if scale := FirstScale(g); scale != nil {
		return rescaled(known, scale)
	}
	return known
}

// explain says what follows from a graph being a, as a whole or to the last
// feature map.
func explain(a Architecture, g *nn.Graph, whole bool) Known {
	in, out := g.Inputs[0].Shape, g.Outputs[0].Shape
	known := Known{Architecture: a.Name, Preset: a.Preset, Whole: whole}
	what := a.Name
	if !whole {
		what = "the feature maps of " + a.Name + " with another head"
	}
	switch {
	case a.Preset != pictures.Exercise:
		known.ImageNet = whole && out.Equal(nn.Shape{a.Classes})
		known.Why = fmt.Sprintf("the net is %s, whose pictures %s scales as %q", what, "keras.applications", a.Preset)
	case whole && in.Equal(a.Input) && out.Equal(nn.Shape{a.Classes}):
		known.Labels = Signs()
		known.Why = fmt.Sprintf("the net is %s, which sees its pictures divided by 255 and tells %d hand signs", what, a.Classes)
	default:
		known.Preset = ""
		known.Why = fmt.Sprintf("the net is %s, but maps %v to %v, not %v to %d classes: how its pictures were scaled is open", what, in, out, a.Input, a.Classes)
	}
	return known
}

// rescaled says what follows from a net that begins with Rescaling.
func rescaled(known Known, scale *nn.Rescale) Known {
	known.Preset = pictures.None
	known.Why = "the net begins with a Rescaling of its own, so it takes pictures of 0 to 255 as they are"
	// Input layers bring 0..255 to a few units; a larger scale is for pictures
	// that somebody has scaled before.
	for _, s := range scale.Scale {
		if s*255 > 10 || s*255 < -10 {
			known.Preset = ""
			known.Why = fmt.Sprintf("the net begins with a Rescaling by %g, too much for pictures of 0 to 255: how they were scaled before is open", s)
		}
	}
	return known
}

// FirstScale returns the Rescale that alone reads the input, if there is one.
func FirstScale(g *nn.Graph) *nn.Rescale {
	consumers := g.Consumers()
	for n := g.Inputs[0]; len(consumers[n.Index]) == 1; {
		n = consumers[n.Index][0]
		switch op := n.Op.(type) {
		case *nn.Rescale:
			return op
		case *nn.Identity:
		default:
			return nil
		}
	}
	return nil
}

func isOp[T nn.Op](n *nn.Node) bool {
	_, ok := n.Op.(T)
	return ok
}

// match reports whether g, whose nodes have the numbers own, is a; whole is
// false where only the feature maps are.
func match(k structure.Kinds, a Architecture, g *nn.Graph, own []int) (whole, ok bool) {
	out := g.Outputs[0]
	built, err := a.build(Options{Input: g.Inputs[0].Shape, Classes: out.Shape.Channels(), WidthDivisor: divisor(g)})
	if err != nil {
		return false, false // an input too small for a, or a width that it has not
	}
	numbers := k.Of(built)
	if numbers[built.Outputs[0].Index] == own[out.Index] {
		return true, true
	}
	last := numbers[lastReLU(built)]
	return false, slices.Contains(own, last)
}

// lastReLU returns the index of the node that makes the last feature map: all
// built-in architectures end in a ReLU before their head.
func lastReLU(g *nn.Graph) int {
	last := 0
	for _, n := range g.Nodes {
		if isOp[*nn.Activation](n) && len(n.Shape) == 3 {
			last = n.Index
		}
	}
	return last
}

// divisor returns the width divisor of a net whose widest feature map is the
// last one of a ResNet: 2048 channels where nothing is divided.
func divisor(g *nn.Graph) int {
	widest := 1
	for _, n := range g.Nodes {
		if len(n.Shape) == 3 {
			widest = max(widest, n.Shape[2])
		}
	}
	return max(32*width/widest, 1)
}
