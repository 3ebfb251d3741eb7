package applications

import (
	"fmt"
	"slices"

	"github.com/vkeras/vkeras/internal/structure"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Recognise says what is known of a graph by its structure: operations, shapes and
// wiring, not names. It knows the architectures of [Names], as a
// whole or up to the last feature map (transfer learning).
func Recognise(g *nn.Graph) resnet.Known {
	known := resnet.Recognise(g)
	if known.Architecture != "" || len(g.Inputs) != 1 || len(g.Inputs[0].Shape) != 3 || len(g.Outputs) != 1 {
		return known
	}
	k := structure.Kinds{}
	var own []int
	for _, e := range withFeatures(g) {
		if own == nil {
			own = k.Of(g)
		}
		if m, ok := e.match(k, g, own); ok {
			return m.known(g, known)
		}
	}
	return known
}

// withFeatures returns the entries whose feature maps' weights have the shapes of
// those of some beginning of the graph.
func withFeatures(g *nn.Graph) []*entry {
	var found []*entry
	var sum digest
	seen := map[nn.Op]bool{}
	for i, n := range g.Nodes {
		if seen[n.Op] {
			continue
		}
		seen[n.Op] = true
		params := n.Params()
		for _, p := range params {
			sum += digestOf(p.Shape)
		}
		if len(params) == 0 && i+1 < len(g.Nodes) {
			continue
		}
		for i := range entries() {
			if e := &entries()[i]; e.Features == sum && !slices.Contains(found, e) {
				found = append(found, e)
			}
		}
	}
	return found
}

// match is an entry that a graph is, as a whole or to the last feature map.
type match struct {
	*entry
	whole  bool
	scales bool // the entry's net begins with a Rescaling of its own
}

func (e *entry) match(k structure.Kinds, g *nn.Graph, own []int) (match, bool) {
	in, out := g.Inputs[0].Shape, g.Outputs[0]
	if len(out.Shape) == 1 && (e.Flat > 0 || digestOfGraph(g.Params()) == e.whole(out.Shape[0])) {
		top, err := e.graph(true, out.Shape[0], in)
		if err == nil && k.Of(top)[top.Outputs[0].Index] == own[out.Index] {
			return match{e, true, resnet.FirstScale(top) != nil}, true
		}
	}
	bare, err := e.graph(false, 0, in)
	if err != nil {
		return match{}, false // an input too small for it
	}
	return match{e, false, resnet.FirstScale(bare) != nil}, slices.Contains(own, k.Of(bare)[bare.Outputs[0].Index])
}

// whole returns the digest of the net with its top for so many classes; that of a net
// with a Flatten is for its own size alone.
func (e *entry) whole(classes int) digest {
	return e.Body + digestOf(append(e.Head.Clone(), classes)) + digestOf(nn.Shape{classes})
}

// known says what follows; scaled is what a Rescaling at the net's beginning tells.
func (m match) known(g *nn.Graph, scaled resnet.Known) resnet.Known {
	what := m.Name
	if !m.whole {
		what = "the feature maps of " + m.Name + " with another head"
		if len(g.Outputs[0].Shape) > 1 {
			what = m.Name + " without its top"
		}
	}
	known := resnet.Known{
		Architecture: m.Name, Whole: m.whole, ImageNet: m.whole && g.Outputs[0].Shape.Equal(nn.Shape{imagenetClasses}),
		Preset: m.Preset, Why: fmt.Sprintf("the net is %s, whose pictures keras.applications scales as %q", what, m.Preset),
	}
	begins := resnet.FirstScale(g) != nil
	switch {
	case m.Preset == pictures.None && m.scales && !begins:
		known.Preset = ""
		known.Why = fmt.Sprintf("the net is %s, built without its own scaling (include_preprocessing=False): how its pictures were scaled is open", what)
	case m.Preset == pictures.None:
		known.Why = fmt.Sprintf("the net is %s, which scales pictures of 0 to 255 itself", what)
	case begins:
		known.Preset, known.Why = scaled.Preset, scaled.Why
	}
	return known
}
