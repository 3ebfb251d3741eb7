package view

import (
	"context"
	"errors"
	"slices"

	"github.com/vkeras/vkeras/nn"
)

// ErrNoAnswer is a network whose scores are not numbers, so that none is the best.
var ErrNoAnswer = errors.New("the net's answer is not a number")

// RunAll computes all outputs of a network for a batch (N, H, W, C) of its input.
type RunAll func(ctx context.Context, batch []*nn.Tensor) ([]*nn.Tensor, error)

// Asker asks a network which parts of a picture a class hangs on: by its class
// activation map, or by occlusion.
type Asker struct {
	CAM       *CAM // nil: occlusion
	Occlusion Occlusion
}

// Coarse reports whether a class activation map of such features (H, W, C) shows next
// to nothing: fewer than 4 positions across.
func Coarse(features nn.Shape) bool { return min(features[0], features[1]) < 4 }

// Graph is the part of the network that answers: its scores and, for a class
// activation map, its features.
func (a *Asker) Graph(g *nn.Graph) *nn.Graph {
	outputs := []*nn.Node{g.Outputs[0]}
	if a.CAM != nil {
		outputs = append(outputs, a.CAM.Features)
	}
	return Upto(g, outputs...)
}

// Asked is what was asked of one picture.
type Asked struct {
	Class int
	Score float32
	Map   *Map
}

// Ask asks about a class of one input x (H, W, C); class -1 is the one with the
// highest score. Run computes [Asker.Graph].
func (a *Asker) Ask(ctx context.Context, run RunAll, x *nn.Tensor, class int) (*Asked, error) {
	y, err := run(ctx, []*nn.Tensor{{Shape: x.Shape.Batch(1), Data: x.Data}})
	if err != nil {
		return nil, err
	}
	scores := y[0].Image(0)
	if class < 0 {
		class = slices.Index(scores, slices.Max(scores))
	}
	if class < 0 {
		return nil, ErrNoAnswer
	}
	asked := &Asked{Class: class, Score: scores[class]}
	if a.CAM != nil {
		asked.Map, err = a.CAM.Map(&nn.Tensor{Shape: y[1].Shape[1:], Data: y[1].Data}, class)
		return asked, err
	}
	first := func(ctx context.Context, batch *nn.Tensor) (*nn.Tensor, error) {
		out, err := run(ctx, []*nn.Tensor{batch})
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	asked.Map, err = Occlude(ctx, first, x, class, a.Occlusion)
	return asked, err
}
