package lower

import (
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// groupedConv2D runs nn.GroupedConv2D.
type groupedConv2D struct {
	frugal
	op *nn.GroupedConv2D
}

// rows returns the weights of a filter.
func (g groupedConv2D) rows(s *plan.Step) int64 {
	return int64(g.op.Size[0] * g.op.Size[1] * (s.In[0].Shape.Channels() / g.op.Groups))
}

func (g groupedConv2D) pack(t Target, s *plan.Step) Packing {
	rows, n := g.rows(s), int64(g.op.Filters)
	return packMatrix(t, s, g.op.Kernel, rows, n, t.split(rows, n))
}

func (g groupedConv2D) lower(l *lowering, s *plan.Step) error {
	parts, err := l.windows(s, s.Window, l.bindable(), l.bindable())
	if err != nil {
		return err
	}
	return l.runs(s, g.rows(s), int64(g.op.Filters), func(columns shaders.Part, w Region) error {
		for _, p := range parts {
			a := plainArgs{first: p.in, weights: w, out: p.out, second: p.residual, finish: s}
			err := l.emit("grouped_conv2d", p.positions*int64(columns.Filters), a, func(h shaders.Head) any {
				return shaders.GroupedPush{
					ConvPush: shaders.ConvPush{Head: h, Window: p.window, Part: columns, HasBias: flag(s.HasShift()), Epilogue: epilogue(s)},
					Groups:   uint32(g.op.Groups),
				}
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
