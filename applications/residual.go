package applications

import (
	"slices"
	"strings"

	"github.com/vkeras/vkeras/internal/structure"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Names returns the names of all architectures that weights alone can have, those of
// package resnet first.
func Names() []string {
	var names []string
	for _, a := range resnet.Architectures() {
		names = append(names, a.Name)
	}
	for _, e := range entries() {
		names = append(names, e.Name)
	}
	return names
}

// residual returns the architectures of package resnet that have weights of these
// shapes.
func residual(s shapes, o Choice) []candidate {
	var found []candidate
	heads := s.heads()
	for _, a := range resnet.Architectures() {
		if o.Name != "" && !a.Called(o.Name) {
			continue
		}
		input := chosen(a.Input, s.input)
		if g, err := resnet.BuildFeatures(a.Name, resnet.Options{Input: input}); err == nil && o.Classes == 0 && digestOfGraph(g.Params()) == s.sum {
			found = append(found, residualNet(a, candidate{name: a.Name, input: input}))
		}
		one, err := resnet.Build(a.Name, resnet.Options{Input: input, Classes: 1})
		if err != nil {
			continue // an input too small for it
		}
		params := one.Params()
		kernel := params[len(params)-2].Shape // in front of the last bias
		body := digestOfGraph(params[:len(params)-2])
		for _, head := range heads {
			classes := head.Channels()
			switch {
			case len(head) != 2 || head[0] != kernel[0] || s.without(head) != body:
			case o.Classes != 0 && o.Classes != classes:
			case o.Name == "" && a.Preset == pictures.Exercise && classes == imagenetClasses:
				// Keras 1's net has the names that the course took, and ImageNet's classes.
			default:
				found = append(found, residualNet(a, candidate{name: a.Name, top: true, classes: classes, input: input}))
			}
		}
	}
	return found
}

// residualNet adds to the candidate how it is built.
func residualNet(a resnet.Architecture, c candidate) candidate {
	c.graph = func() (*nn.Graph, error) { return build(a, c) }
	c.options = func() ([]loader.Option, error) {
		g, err := build(a, c)
		if err != nil {
			return nil, err
		}
		return withGraph(g), nil
	}
	return c
}

func withGraph(g *nn.Graph) []loader.Option {
	return []loader.Option{loader.WithGraph(g), loader.WithInputShape(g.Inputs[0].Shape)}
}

func build(a resnet.Architecture, c candidate) (*nn.Graph, error) {
	o := resnet.Options{Input: c.input, Classes: c.classes}
	if c.top {
		return resnet.Build(a.Name, o)
	}
	return resnet.BuildFeatures(a.Name, o)
}

func digestOfGraph(params []nn.NodeParam) (sum digest) {
	for _, p := range params {
		sum += digestOf(p.Shape)
	}
	return sum
}

// named returns the architecture of that name, with its top, for weights that are not
// of its shapes.
func named(s shapes, o Choice) []candidate {
	for _, a := range resnet.Architectures() {
		if a.Called(o.Name) {
			return []candidate{residualNet(a, candidate{name: a.Name, top: true, classes: o.Classes, input: chosen(a.Input, s.input)})}
		}
	}
	i := slices.IndexFunc(entries(), func(e entry) bool { return strings.EqualFold(e.Name, o.Name) })
	e := &entries()[i]
	classes := o.Classes
	if classes == 0 {
		classes = imagenetClasses
	}
	return []candidate{e.candidate(true, classes, chosen(e.Input, s.input))}
}

// imagenetClasses is how many classes the nets of keras.applications tell apart.
const imagenetClasses = 1000

// computeTheSame reports whether the candidates do the same to their weights.
func computeTheSame(candidates []candidate) (bool, error) {
	k := structure.Kinds{}
	first := 0
	for i, c := range candidates {
		g, err := c.graph()
		if err != nil {
			return false, err
		}
		output := k.Of(g)[g.Outputs[0].Index]
		if i == 0 {
			first = output
		}
		if output != first || !c.input.Equal(candidates[0].input) {
			return false, nil
		}
	}
	return true, nil
}
