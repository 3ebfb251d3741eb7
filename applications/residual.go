package applications

import (
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/resnet/pictures"
)

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
