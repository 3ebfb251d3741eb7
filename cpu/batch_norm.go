package cpu

import (
	"math"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// batchNorm runs nn.BatchNorm where it was not folded.
type batchNorm struct {
	frugal
	op *nn.BatchNorm
}

func (b batchNorm) pack(_ *Net, s *plan.Step) packing {
	extent, inner := b.op.Inner(s.In[0].Shape)
	center, scale, shift := make([]float32, extent*inner), make([]float32, extent*inner), make([]float32, extent*inner)
	for i := range center {
		c := i / inner
		factor := 1 / math.Sqrt(float64(b.op.Variance.Data[c])+float64(b.op.Epsilon))
		if b.op.Scale {
			factor *= float64(b.op.Gamma.Data[c])
		}
		if b.op.Center {
			shift[i] = b.op.Beta.Data[c]
		}
		center[i], scale[i] = b.op.Mean.Data[c], float32(factor)
	}
	return tensors(center, scale, shift)
}

func (b batchNorm) lower(l *lowered, s *plan.Step) error {
	extent, inner := b.op.Inner(s.In[0].Shape)
	l.affine(s, extent*inner)
	return nil
}

// affine emits y = (x - center) scale + shift over rows of so many columns, with
// the three packed as the step's weights.
func (l *lowered) affine(s *plan.Step, columns int) {
	x, y, residual := l.at(s.In[0]), l.at(s.Out), l.at(s.Residual)
	weight := func(i int) *float32 { return (*float32)(l.net.weightsAt(s, int64(i)*room(columns))) }
	a := simd.Map{
		Kind: simd.Affine, Center: weight(0), Scale: weight(1), Other: weight(2), Columns: int64(columns), XStep: int64(columns), YStep: int64(columns),
		Lowest: s.Lowest, Highest: s.Highest,
	}
	behind := activationOf(s)
	bounded := a
	if behind != nil || residual != nil {
		a.Lowest, a.Highest = unbounded()
	}
	rows := l.batch * s.Out.Shape.Len() / columns
	of := func(from, to int) simd.Call {
		a := a
		a.X, a.Y, a.Rows = offset(x, from*columns), offset(y, from*columns), int64(to-from)
		return &a
	}
	if behind == nil && residual == nil {
		l.callEach(s, "map", rows, float64(columns), of)
		return
	}
	tiles := l.tilesOf(rows, float64(columns))
	l.emit(s, "map", tiles, func(tile, _ int) {
		from, to := cut(rows, tiles, tile)
		a := of(from, to).(*simd.Map)
		l.net.set.Map(a)
		if residual != nil {
			sum := simd.Map{Kind: simd.Add, X: a.Y, Other: offset(residual, from*columns), Y: a.Y, Rows: 1, Columns: a.Rows * a.Columns, Lowest: bounded.Lowest, Highest: bounded.Highest}
			if behind != nil {
				sum.Lowest, sum.Highest = unbounded()
			}
			l.net.set.Map(&sum)
		}
		if behind != nil {
			behind(l.net, a.Y, a.Y, to-from, columns, columns)
		}
	})
}
