package cpu

import (
	"sync"
	"unsafe"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Products with weights: the kernel as a matrix of rows (taps and input channels)
// by columns (filters), with what was folded multiplied in, cut into strips of
// columns, each row by row; behind them one shift a column.

// product is a Conv2D or Dense as a matrix product.
type product struct {
	window nn.Window
	in     nn.Shape // (H, W, C): of all images but the first axis of a dense layer, which counts as images
	out    nn.Shape // (OH, OW, filters)
	images int      // for each of the batch
}

// taps returns how many input positions an output reads.
func (p product) taps() int { return p.window.Size[0] * p.window.Size[1] }

// weightBytes returns the bytes of the strips, up to where the shifts begin.
func (p product) weightBytes(n *Net) int64 {
	strips := n.set.Strips(p.out[2])
	elements := int64(p.taps()) * int64(p.in[2]) * int64(strips[len(strips)-1])
	bytes := 4 * elements
	if n.options.Precision.HalfWeights() {
		bytes = 2 * elements
	}
	return (bytes + simd.Align - 1) / simd.Align * simd.Align
}

// pack packs a kernel of (taps, channels, filters), a part for each strip.
func (p product) pack(n *Net, s *plan.Step, kernel *nn.Tensor) packing {
	strips := n.set.Strips(p.out[2])
	columns := strips[len(strips)-1]
	behind := p.weightBytes(n)
	fold := sync.OnceValue(func() plan.Folded { return s.Folded(kernel.Data) })
	return packing{behind + room(columns), len(strips) - 1, func(dst []byte, strip int) error {
		folded := fold()
		from, to := strips[strip], strips[strip+1]
		shift := unsafe.Slice((*float32)(unsafe.Pointer(&dst[behind])), columns)[from:to]
		for o := range min(to, p.out[2]) - from {
			shift[o] = float32(folded.Shift[from+o])
		}
		return p.packStrip(n, &folded, kernel.Data, dst, from, to)
	}}
}

// packStrip packs the columns from..to, of which those behind the last filter are
// zeros.
func (p product) packStrip(n *Net, f *plan.Folded, kernel []float32, dst []byte, from, to int) error {
	rows, filters, width := p.taps()*p.in[2], p.out[2], to-from
	have := min(to, filters) - from
	half := n.options.Precision.HalfWeights()
	row := make([]float32, width)
	for r := range rows {
		source := kernel[r*filters+from:][:have]
		in := 1.0
		if f.In != nil {
			in = f.In[r%len(f.In)]
		}
		scale := f.Scale[from:][:have]
		for j, w := range source {
			row[j] = float32(float64(w) * (in * scale[j]))
		}
		at := r*width + from*rows
		if !half {
			copy(unsafe.Slice((*float32)(unsafe.Pointer(&dst[4*at])), width), row)
			continue
		}
		if err := checkHalf(row); err != nil {
			return err
		}
		n.set.ToHalf(row, unsafe.Slice((*uint16)(unsafe.Pointer(&dst[2*at])), width))
	}
	return nil
}

// finite reports whether no packed weight of a step is infinite or NaN.
func (p product) finite(n *Net, s *plan.Step) bool {
	rows, strips := p.taps()*p.in[2], n.set.Strips(p.out[2])
	elements := rows * strips[len(strips)-1]
	if n.options.Precision.HalfWeights() {
		for _, h := range unsafe.Slice((*uint16)(n.weightsAt(s, 0)), elements) {
			if h&0x7c00 == 0x7c00 {
				return false
			}
		}
		return true
	}
	for _, v := range unsafe.Slice((*float32)(n.weightsAt(s, 0)), elements) {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// base returns the kernel's arguments but for the tile.
func (p product) base(l *lowered, s *plan.Step, x *float32) simd.Product {
	n, w := l.net, p.window
	a := simd.Product{
		X: x, Weights: n.weightsAt(s, 0), Shift: (*float32)(n.weightsAt(s, p.weightBytes(n))),
		Residual: l.at(s.Residual), Y: l.at(s.Out), Zeros: n.zerosAt(),
		Height: int64(p.in[0]), Width: int64(p.in[1]), Depth: int64(p.in[2]), XStep: int64(p.in[2]),
		OutHeight: int64(p.out[0]), OutWidth: int64(p.out[1]), Filters: int64(p.out[2]), YStep: int64(p.out[2]),
		Lowest: s.Lowest, Highest: s.Highest,
	}
	for axis := range 2 {
		a.Size[axis], a.Stride[axis], a.Dilation[axis] = int64(w.Size[axis]), int64(w.Stride[axis]), int64(w.Step(axis))
	}
	a.Before = [2]int64{int64(w.Pad.Top), int64(w.Pad.Left)}
	if n.options.Precision.HalfWeights() {
		a.Half = 1
	}
	if p.taps() > 1 && !p.finite(n, s) {
		a.Alone = 1
	}
	return a
}

// grid says how the outputs of a product are cut into tiles.
type grid struct{ rows, strips, acrossRows, acrossStrips int }

// grid cuts where least is read twice: a tile reads its strips of weights and its
// rows of the input.
func (p product) grid(l *lowered) grid {
	rows := l.batch * p.images * p.out[0] * p.out[1]
	strips := len(l.net.set.Strips(p.out[2])) - 1
	g := grid{rows, strips, 1, 1}
	depth := p.taps() * p.in[2]
	tiles := l.tilesOf(rows*strips, float64(depth)*2*float64(p.out[2])/float64(strips)/8)
	weights, input := depth*p.out[2], rows*p.in[2]*p.window.Stride[0]*p.window.Stride[1]
	most := max(1, rows/l.net.set.Rows)
	if weights > input {
		g.acrossStrips = min(tiles, strips)
		g.acrossRows = min(most, (tiles+g.acrossStrips-1)/g.acrossStrips)
	} else {
		g.acrossRows = min(most, tiles)
		g.acrossStrips = min(strips, (tiles+g.acrossRows-1)/g.acrossRows)
	}
	return g
}

// tile returns the rows and strips of a tile; those of the same strips follow one
// another.
func (g grid) tile(i int) (fromRow, toRow, fromStrip, toStrip int) {
	fromRow, toRow = cut(g.rows, g.acrossRows, i%g.acrossRows)
	fromStrip, toStrip = cut(g.strips, g.acrossStrips, i/g.acrossRows)
	return
}

// lower emits the product, with that of the sibling where the step has one.
func (p product) lower(l *lowered, s *plan.Step) {
	x := p.gated(l, s)
	var parts []func(tile, worker int)
	var ends []int
	total := 0
	for i, part := range s.Parts() {
		q := p
		if i > 0 {
			q.out = part.Out.Shape
		}
		g := q.grid(l)
		total += g.acrossRows * g.acrossStrips
		parts, ends = append(parts, q.tiles(l, part, x, g)), append(ends, total)
	}
	if len(parts) == 1 {
		l.emit(s, total, parts[0])
		return
	}
	l.emit(s, total, func(tile, worker int) {
		if tile < ends[0] {
			parts[0](tile, worker)
		} else {
			parts[1](tile-ends[0], worker)
		}
	})
}

// tiles returns what computes one tile of a product.
func (p product) tiles(l *lowered, s *plan.Step, x *float32, g grid) func(tile, worker int) {
	a := p.base(l, s, x)
	behind := activationOf(s)
	if behind != nil {
		a.Lowest, a.Highest = unbounded()
	}
	args := make([]simd.Product, l.net.options.Threads)
	for worker := range args {
		args[worker] = a
		args[worker].Scratch = l.net.team.of(worker)
	}
	run, strips := l.net.set.Product, l.net.set.Strips(p.out[2])
	return func(tile, worker int) {
		a := &args[worker]
		fromRow, toRow, fromStrip, toStrip := g.tile(tile)
		a.FromRow, a.ToRow, a.FromStrip, a.ToStrip = int64(fromRow), int64(toRow), int64(fromStrip), int64(toStrip)
		run(a)
		if behind != nil {
			from, to := strips[fromStrip], min(strips[toStrip], p.out[2])
			at := offset(a.Y, fromRow*p.out[2]+from)
			behind(l.net, at, at, toRow-fromRow, to-from, p.out[2])
		}
	}
}

// gated returns the product's input: the step's, or that multiplied by the step's
// gate in scratch.
func (p product) gated(l *lowered, s *plan.Step) *float32 {
	x := l.at(s.In[0])
	if s.Gate == nil {
		return x
	}
	y := l.slot.arena.Float(l.net.layout.Scratch[s])
	factors, channels := l.at(s.Gate), p.in[2]
	lowest, highest := unbounded()
	tiles := l.tilesOf(l.batch*p.in[0], float64(p.in[1]*channels))
	l.emit(s, tiles, func(tile, _ int) {
		from, to := cut(l.batch*p.in[0], tiles, tile)
		for line := from; line < to; line++ {
			image := line / p.in[0]
			l.net.set.Map(&simd.Map{
				Kind: simd.Multiply, X: offset(x, line*p.in[1]*channels), Y: offset(y, line*p.in[1]*channels), Other: offset(factors, image*channels),
				Rows: int64(p.in[1]), Columns: int64(channels), XStep: int64(channels), YStep: int64(channels), Lowest: lowest, Highest: highest,
			})
		}
	})
	return y
}

// gateBytes returns the scratch that a step's gated input takes.
func (n *Net) gateBytes(s *plan.Step) int64 {
	if s.Gate == nil {
		return 0
	}
	return 4 * int64(n.options.Batch) * int64(s.In[0].Shape.Len())
}

// zeros returns the bytes of the zeros that products read where taps fall on
// padding: as many as a line of the widest window has.
func (n *Net) zeros() int64 {
	most := 0
	for _, s := range n.program.Steps {
		if _, ok := s.Op.(*nn.Conv2D); ok {
			most = max(most, s.Window.Size[1]*s.In[0].Shape.Channels())
		}
	}
	return room(most) + simd.Align
}

// zerosAt returns where they are: at the end of the weights.
func (n *Net) zerosAt() *float32 {
	return n.weights.Float(int64(len(n.weights.Bytes())) - n.zeros())
}
