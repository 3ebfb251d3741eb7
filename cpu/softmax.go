package cpu

import (
	"math"
	"slices"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// softmax runs nn.Softmax: by the kernel where rows are whole, else as the others
// of its kind.
type softmax struct {
	weightless
	frugal
	op *nn.Softmax
}

func (m softmax) lower(l *lowered, s *plan.Step) error {
	columns, inner := m.op.Inner(s.Out.Shape)
	if inner > 1 {
		l.normalised(s, columns, inner, func(row []float64) {
			largest, sum := slices.Max(row), 0.0
			for i, v := range row {
				row[i] = math.Exp(v - largest)
				sum += row[i]
			}
			for i := range row {
				row[i] /= sum
			}
		})
		return nil
	}
	rows := l.batch * s.Out.Shape.Len() / columns
	x, y := l.at(s.In[0]), l.at(s.Out)
	const cost = 16 // of an exponential function
	l.callEach(s, "softmax", rows, cost*float64(columns), func(from, to int) simd.Call {
		return &simd.Softmax{X: offset(x, from*columns), Y: offset(y, from*columns), Rows: int64(to - from), Columns: int64(columns)}
	})
	return nil
}

// logSoftmax runs nn.LogSoftmax.
type logSoftmax struct {
	weightless
	frugal
	op *nn.LogSoftmax
}

func (m logSoftmax) lower(l *lowered, s *plan.Step) error {
	columns, inner := m.op.Inner(s.Out.Shape)
	l.normalised(s, columns, inner, func(row []float64) {
		largest, sum := slices.Max(row), 0.0
		for _, v := range row {
			sum += math.Exp(v - largest)
		}
		for i := range row {
			row[i] -= largest + math.Log(sum)
		}
	})
	return nil
}

// sparsemax runs nn.Sparsemax, whose definition has its form.
type sparsemax struct {
	weightless
	frugal
	op *nn.Sparsemax
}

func (m sparsemax) lower(l *lowered, s *plan.Step) error {
	columns, inner := m.op.Inner(s.Out.Shape)
	l.normalised(s, columns, inner, func(row []float64) {
		falling := slices.Clone(row)
		slices.SortFunc(falling, func(a, b float64) int {
			switch {
			case a > b:
				return -1
			case a < b:
				return 1
			}
			return 0
		})
		sum, sums, support := 0.0, 0.0, 0.0
		for i, v := range falling {
			sum += v
			if 1+float64(i+1)*v > sum {
				sums += sum
				support++
			}
		}
		for i, v := range row {
			row[i] = max(v-(sums-1)/support, 0)
		}
	})
	return nil
}

// normalised emits rows whose elements lie inner floats apart, each handed to f,
// which writes its result over it.
func (l *lowered) normalised(s *plan.Step, columns, inner int, f func(row []float64)) {
	x, y := l.floats(s.In[0]), l.floats(s.Out)
	rows := len(y) / columns
	const cost = 40 // of functions of package math
	tiles := l.tilesOf(rows, cost*float64(columns))
	l.emit(s, inGo, tiles, func(tile, _ int) {
		row := make([]float64, columns)
		from, to := cut(rows, tiles, tile)
		for r := from; r < to; r++ {
			first := r/inner*columns*inner + r%inner
			for i := range row {
				row[i] = float64(x[first+i*inner])
			}
			f(row)
			for i, v := range row {
				y[first+i*inner] = float32(v)
			}
		}
	})
}
