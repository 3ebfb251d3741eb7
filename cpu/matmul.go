package cpu

import (
	"unsafe"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// matMul runs nn.MatMul: in every run the second matrices are packed into strips,
// as weights are when a net is loaded, the first ones are transposed where they
// have to be, and then both are multiplied as a dense layer's are.
type matMul struct {
	weightless
	op *nn.MatMul
}

// matMulShape is what is multiplied: as many matrices as an image of the output
// holds.
type matMulShape struct {
	m, k, n       int
	count         int      // matrices
	left, right   []int    // strides of the inputs' matrices along the outer axes
	outer         nn.Shape // of the output
	aStep, aRow   int      // floats to the next k and to the next row
	bStep, bRow   int      // floats to the next column and to the next k
	aImage        int      // floats of an image of the first input
	bImage        int      // and of the second
	first, second *plan.Value
}

func (mm matMul) shape(s *plan.Step) matMulShape {
	a, b, out := s.In[0].Shape, s.In[1].Shape, s.Out.Shape
	m, k, _, n := mm.op.Extents([]nn.Shape{a, b})
	p := matMulShape{m: m, k: k, n: n, outer: out[:len(out)-2], first: s.In[0], second: s.In[1], aImage: a.Len(), bImage: b.Len()}
	p.count = p.outer.Len()
	p.left, p.right = repeated(a[:len(a)-2], p.outer), repeated(b[:len(b)-2], p.outer)
	for i := range p.outer {
		p.left[i] *= m * k
		p.right[i] *= k * n
	}
	p.aRow, p.aStep, p.bRow, p.bStep = k, 1, n, 1
	if mm.op.TransposeA {
		p.aRow, p.aStep = 1, m
	}
	if mm.op.TransposeB {
		p.bRow, p.bStep = 1, k
	}
	return p
}

// mostColumns bounds the columns that n are packed into, by any set of kernels.
func mostColumns(n int) int { return (n + 15) / 16 * 16 }

func (mm matMul) scratch(s *plan.Step, batch int) int64 {
	p := mm.shape(s)
	floats := room(p.k * mostColumns(p.n))
	if mm.op.TransposeA {
		floats += room(p.m * p.k)
	}
	return int64(batch*p.count)*floats + room(mostColumns(p.n))
}

func (mm matMul) lower(l *lowered, s *plan.Step) error {
	p := mm.shape(s)
	set, arena, at := l.net.set, l.slot.arena, l.net.layout.Scratch[s]
	strips := set.Strips(p.n)
	columns := strips[len(strips)-1]
	matrices := l.batch * p.count
	packed := func(i int) []float32 { return arena.Floats(at+int64(i)*room(p.k*columns), p.k*columns) }
	behind := at + int64(matrices)*room(p.k*columns)
	turned := func(i int) []float32 { return arena.Floats(behind+int64(i)*room(p.m*p.k), p.m*p.k) }
	shift := behind
	if mm.op.TransposeA {
		shift += int64(matrices) * room(p.m*p.k)
	}
	left := newStrided(append(p.outer.Clone(), 1), append(p.left, 0), p.aImage, 0)
	right := newStrided(append(p.outer.Clone(), 1), append(p.right, 0), p.bImage, 0)
	a, b := l.floats(p.first), l.floats(p.second)
	l.emit(s, inGo, matrices, func(i, _ int) {
		if i == 0 {
			clear(arena.Floats(shift, columns))
		}
		packColumns(packed(i), b[right.at(i):], strips, p)
		if mm.op.TransposeA {
			dst, src := turned(i), a[left.at(i):]
			for row := range p.m {
				for k := range p.k {
					dst[row*p.k+k] = src[row*p.aRow+k*p.aStep]
				}
			}
		}
	})
	lowest, highest := unbounded()
	y := l.at(s.Out)
	l.callWithin(s, "product", matrices, p.m, float64(2*p.k*p.n)/8, func(i, from, to int) simd.Call {
		x := offset(l.at(p.first), left.at(i))
		if mm.op.TransposeA {
			x = &turned(i)[0]
		}
		return &simd.Product{
			X: x, Weights: unsafe.Pointer(&packed(i)[0]), Shift: arena.Float(shift), Y: offset(y, i*p.m*p.n),
			Height: 1, Width: 1, Depth: int64(p.k), XStep: int64(p.k), OutHeight: 1, OutWidth: 1, Filters: int64(p.n), YStep: int64(p.n),
			Size: [2]int64{1, 1}, Stride: [2]int64{1, 1}, Dilation: [2]int64{1, 1},
			FromRow: int64(from), ToRow: int64(to), ToStrip: int64(len(strips) - 1), Lowest: lowest, Highest: highest,
		}
	})
	return nil
}

// packColumns writes a matrix of (k, n) as strips.
func packColumns(dst, b []float32, strips []int, p matMulShape) {
	for strip, from := range strips[:len(strips)-1] {
		width := strips[strip+1] - from
		for k := range p.k {
			row := dst[from*p.k+k*width:][:width]
			for j := range row {
				row[j] = 0
				if from+j < p.n {
					row[j] = b[k*p.bRow+(from+j)*p.bStep]
				}
			}
		}
	}
}
