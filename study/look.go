package study

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/nn"
)

// Look is what one position of a node's output is watched at, and where the picture
// is changed meanwhile: cell by cell, squares of Side pixels.
type Look struct {
	Node        *nn.Node
	Row, Column int // of a feature map (H, W, C); 0 where there is none
	Channel     int // -1: all

	Top, Left, Height, Width int // of the picture, in pixels
	Side                     int
}

// Seen is what changing each cell did to what was watched: the sum of absolute
// differences, 0 only where not a bit changed.
type Seen struct {
	Rows, Columns int
	Effect        []float64 // row by row
}

// Looks measures what a position sees of Options.Picture, on Options.Open: the
// receptive field as it is, beside Field, which it can never exceed. Each pixel of a
// cell moves by half of the range Options.Low to Options.High.
func (o Options) Looks(ctx context.Context, g *nn.Graph, l Look) (*Seen, error) {
	part, err := l.part()
	if err != nil {
		return nil, err
	}
	cutting, err := cut(g, g.Inputs[0], output{node: l.Node, part: part})
	if err != nil {
		return nil, err
	}
	h, w := o.Picture.Shape[1], o.Picture.Shape[2]
	if l.Side < 1 || l.Top < 0 || l.Left < 0 || l.Height < 1 || l.Width < 1 || l.Top+l.Height > h || l.Left+l.Width > w {
		return nil, fmt.Errorf("cells of %d pixels from row %d, column %d, over %d x %d, in a picture of %d x %d", l.Side, l.Top, l.Left, l.Height, l.Width, h, w)
	}
	s := &Seen{Rows: (l.Height + l.Side - 1) / l.Side, Columns: (l.Width + l.Side - 1) / l.Side}
	p := perturbation{graph: cutting, input: o.Picture, change: swing(o.Low, o.High), side: l.Side, batch: o.Batch}
	for y := range s.Rows {
		for x := range s.Columns {
			p.positions = append(p.positions, (l.Top+y*l.Side)*w+l.Left+x*l.Side)
		}
	}
	p.step = o.progress(l.Node.Name, len(p.positions))
	effects, err := p.run(ctx, o.Open)
	if err != nil {
		return nil, err
	}
	s.Effect = effects[0]
	return s, nil
}

// part is the operation that leaves of the node's output what is watched.
func (l Look) part() (*nn.Slice, error) {
	shape := l.Node.Shape
	op := &nn.Slice{Count: shape.Clone()}
	for range shape {
		op.Start, op.Step = append(op.Start, 0), append(op.Step, 1)
	}
	last := len(shape) - 1
	if last < 0 || l.Channel >= shape[last] {
		return nil, fmt.Errorf("%s %q %v has no channel %d", l.Node.Class, l.Node.Name, shape, l.Channel)
	}
	if l.Channel >= 0 {
		op.Start[last], op.Count[last] = l.Channel, 1
	}
	if len(shape) == 3 {
		for axis, at := range []int{l.Row, l.Column} {
			if at < 0 || at >= shape[axis] {
				return nil, fmt.Errorf("%s %q %v has no position (%d, %d)", l.Node.Class, l.Node.Name, shape, l.Row, l.Column)
			}
			op.Start[axis], op.Count[axis] = at, 1
		}
	}
	return op, nil
}
