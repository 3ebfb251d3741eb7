package simd

import (
	"unsafe"

	"github.com/x448/float16"
)

// Product is a tile of a convolution or of a dense layer, as a matrix product:
//
//	y[r, o] = bound(shift[o] + sum over taps t and depth c of x[r at t, c] weights[t, c, o] + residual[r, o])
//
// A row r is an output position, counted through all images; a tap that falls on
// padding adds nothing. A dense layer is an image of one position.
type Product struct {
	X        *float32       // (images, Height, Width, XStep), of which the first Depth count
	Weights  unsafe.Pointer // strips (Set.Strips), each (taps, Depth, columns): float32 or, if Half, float16
	Shift    *float32       // a number a filter, with zeros up to a multiple of Set.Width
	Residual *float32       // as Y, and it may be Y; nil: none
	Y        *float32       // (rows, YStep), of which the first Filters are written
	Zeros    *float32       // as many zeros as Size[1] Depth
	Scratch  unsafe.Pointer // Set.Scratch bytes, of this thread

	Height, Width, Depth, XStep         int64
	OutHeight, OutWidth, Filters, YStep int64
	Size, Stride, Dilation, Before      [2]int64 // of the window: height, width; Before is the padding in front
	FromRow, ToRow, FromStrip, ToStrip  int64    // the tile
	Lowest, Highest                     float32
	Half                                int32 // 1: weights are float16
	// Alone, 1, computes row by row, which keeps infinite weights and NaN away from
	// the padding of neighbouring rows.
	Alone int32
	// Behind is the activation behind all that, with its bounds; of kind Copy, its
	// rows are not looked at. With Linear there is none.
	Behind Map
}

// product is Product.
func product(p *Product) {
	const width, vectors = goWidth, goVectors
	filters := (p.Filters + width - 1) / width
	strips := (filters + vectors - 1) / vectors
	taps := p.Size[0] * p.Size[1]
	var sums [width * vectors]float32
	for strip := p.FromStrip; strip < p.ToStrip; strip++ {
		from, to := strip*filters/strips*width, (strip+1)*filters/strips*width
		columns := to - from
		for row := p.FromRow; row < p.ToRow; row++ {
			s := sums[:columns]
			copy(s, floats(at(p.Shift, from), columns))
			for tap := range taps {
				if x := p.tap(row, tap); x != nil {
					p.add(s, floats(x, p.Depth), from*taps*p.Depth+tap*p.Depth*columns)
				}
			}
			p.finish(s[:min(columns, p.Filters-from)], row*p.YStep+from)
		}
	}
}

// tap returns what a row reads at a tap, nil on padding.
func (p *Product) tap(row, tap int64) *float32 {
	image, line, column := row/p.OutWidth/p.OutHeight, row/p.OutWidth%p.OutHeight, row%p.OutWidth
	i := line*p.Stride[0] - p.Before[0] + tap/p.Size[1]*p.Dilation[0]
	j := column*p.Stride[1] - p.Before[1] + tap%p.Size[1]*p.Dilation[1]
	if i < 0 || i >= p.Height || j < 0 || j >= p.Width {
		return nil
	}
	return at(p.X, ((image*p.Height+i)*p.Width+j)*p.XStep)
}

// add adds the products of x with the weights, which begin at an element.
func (p *Product) add(sums, x []float32, element int64) {
	n := int64(len(sums))
	if p.Half != 0 {
		w := unsafe.Slice((*uint16)(unsafe.Add(p.Weights, 2*element)), int64(len(x))*n)
		for _, v := range x {
			for o := range sums {
				sums[o] += v * float16.Frombits(w[o]).Float32()
			}
			w = w[n:]
		}
		return
	}
	w := floats((*float32)(unsafe.Add(p.Weights, 4*element)), int64(len(x))*n)
	for _, v := range x {
		row := w[:len(sums)]
		for o := range sums {
			sums[o] += v * row[o]
		}
		w = w[n:]
	}
}

// finish writes sums to the elements from first on.
func (p *Product) finish(sums []float32, first int64) {
	y := floats(at(p.Y, first), int64(len(sums)))
	for o, v := range sums {
		if p.Residual != nil {
			v += *at(p.Residual, first+int64(o))
		}
		y[o] = bound(v, p.Lowest, p.Highest)
	}
	p.Behind.activate(y)
}
