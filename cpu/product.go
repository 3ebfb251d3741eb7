package cpu

import (
	"cmp"
	"slices"
	"sync"
	"unsafe"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Products with weights: the kernel as a matrix of rows (taps and input channels)
// by columns (filters), with what was folded multiplied in, cut into strips of
// columns, each row by row; behind them one shift a column. With groups there are
// as many such matrices, one behind the other.

// product is a convolution or dense layer as a matrix product.
type product struct {
	window nn.Window
	in     nn.Shape // (H, W, C): of all images but the first axis of a dense layer, which counts as images
	out    nn.Shape // (OH, OW, filters)
	images int      // for each of the batch
	groups int      // of input channels and filters
}

// taps returns how many input positions an output reads.
func (p product) taps() int { return p.window.Size[0] * p.window.Size[1] }

// depth and filters return the input channels and filters of a group.
func (p product) depth() int   { return p.in[2] / p.groups }
func (p product) filters() int { return p.out[2] / p.groups }

// rows returns the weights of a filter.
func (p product) rows() int { return p.taps() * p.depth() }

// strips returns where a group's strips begin; the last entry is their end.
func (p product) strips(n *Net) []int { return n.set.Strips(p.filters()) }

// weightBytes returns the bytes of a group's strips, up to where its shifts begin.
func (p product) weightBytes(n *Net) int64 {
	strips := p.strips(n)
	elements := int64(p.rows()) * int64(strips[len(strips)-1])
	bytes := 4 * elements
	if n.options.Precision.HalfWeights() {
		bytes = 2 * elements
	}
	return (bytes + simd.Align - 1) / simd.Align * simd.Align
}

// groupBytes returns the bytes of a group.
func (p product) groupBytes(n *Net) int64 {
	strips := p.strips(n)
	return p.weightBytes(n) + room(strips[len(strips)-1])
}

// pack packs a kernel of (taps, channels of a group, filters of all groups), a
// part for each strip of each group.
func (p product) pack(n *Net, s *plan.Step, kernel *nn.Tensor) packing {
	strips := p.strips(n)
	count := len(strips) - 1
	fold := sync.OnceValue(func() plan.Folded { return s.Folded(kernel.Data) })
	return packing{int64(p.groups) * p.groupBytes(n), p.groups * count, func(dst []byte, part int) error {
		folded := fold()
		group, from, to := part/count, strips[part%count], strips[part%count+1]
		dst = dst[int64(group)*p.groupBytes(n):]
		shift := unsafe.Slice((*float32)(unsafe.Pointer(&dst[p.weightBytes(n)])), strips[count])[from:to]
		for o := range min(to, p.filters()) - from {
			shift[o] = float32(folded.Shift[group*p.filters()+from+o])
		}
		return p.packStrip(n, &folded, kernel.Data, dst, group, from, to)
	}}
}

// packStrip packs a group's columns from..to, of which those behind the last
// filter are zeros.
func (p product) packStrip(n *Net, f *plan.Folded, kernel []float32, dst []byte, group, from, to int) error {
	width, first := to-from, group*p.filters()+from
	have := min(to, p.filters()) - from
	half := n.options.Precision.HalfWeights()
	row := make([]float32, width)
	for r := range p.rows() {
		f.Fold(row[:have], kernel[r*p.out[2]+first:], r, first)
		at := r*width + from*p.rows()
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

// finite reports whether no packed weight of a group is infinite or NaN.
func (p product) finite(n *Net, s *plan.Step, group int) bool {
	strips := p.strips(n)
	elements := p.rows() * strips[len(strips)-1]
	weights := n.weightsAt(s, int64(group)*p.groupBytes(n))
	if n.options.Precision.HalfWeights() {
		for _, h := range unsafe.Slice((*uint16)(weights), elements) {
			if h&0x7c00 == 0x7c00 {
				return false
			}
		}
		return true
	}
	for _, v := range unsafe.Slice((*float32)(weights), elements) {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// base returns the kernel's arguments for a group but for the tile.
func (p product) base(l *lowered, s *plan.Step, x *float32, group int) simd.Product {
	n, w := l.net, p.window
	at, channel := int64(group)*p.groupBytes(n), group*p.filters()
	a := simd.Product{
		X: offset(x, group*p.depth()), Weights: n.weightsAt(s, at), Shift: (*float32)(n.weightsAt(s, at+p.weightBytes(n))),
		Residual: offset(l.at(s.Residual), channel), Y: offset(l.at(s.Out), channel), Zeros: n.zerosAt(),
		Height: int64(p.in[0]), Width: int64(p.in[1]), Depth: int64(p.depth()), XStep: int64(p.in[2]),
		OutHeight: int64(p.out[0]), OutWidth: int64(p.out[1]), Filters: int64(p.filters()), YStep: int64(p.out[2]),
	}
	for axis := range 2 {
		a.Size[axis], a.Stride[axis], a.Dilation[axis] = int64(w.Size[axis]), int64(w.Stride[axis]), int64(w.Step(axis))
	}
	a.Before = [2]int64{int64(w.Pad.Top), int64(w.Pad.Left)}
	if n.options.Precision.HalfWeights() {
		a.Half = 1
	}
	if p.taps() > 1 && !p.finite(n, s, group) {
		a.Alone = 1
	}
	return a
}

// grid says how the outputs of a product are cut into tiles.
type grid struct{ rows, strips, acrossRows, acrossStrips int }

// grid cuts where least is moved between the cores' caches: tiles of rows read all
// weights each; tiles of strips read all rows, and leave parts of every row, of which
// the steps around them have other parts.
func (p product) grid(l *lowered) grid {
	g := grid{l.batch * p.images * p.out[0] * p.out[1], len(p.strips(l.net)) - 1, 1, 1}
	tiles := l.tilesOf(g.rows*g.strips, float64(p.rows())*2*float64(p.filters())/float64(g.strips)/8)
	weights, input, output := p.rows()*p.filters(), g.rows*p.depth()*p.window.Stride[0]*p.window.Stride[1], g.rows*p.filters()
	most := max(1, g.rows/l.net.set.Rows)
	if weights > input+output {
		g.acrossStrips = min(tiles, g.strips)
		g.acrossRows = min(most, (tiles+g.acrossStrips-1)/g.acrossStrips)
	} else {
		g.acrossRows = min(most, tiles)
		g.acrossStrips = min(g.strips, (tiles+g.acrossRows-1)/g.acrossRows)
	}
	return g
}

// tiles returns how many there are.
func (g grid) tiles() int { return g.acrossRows * g.acrossStrips }

// tile returns the rows and strips of a tile; those of the same strips follow one
// another.
func (g grid) tile(i int) (fromRow, toRow, fromStrip, toStrip int) {
	fromRow, toRow = cut(g.rows, g.acrossRows, i%g.acrossRows)
	fromStrip, toStrip = cut(g.strips, g.acrossStrips, i/g.acrossRows)
	return
}

// lower emits the product, group by group, with that of the sibling where the
// step has one.
func (p product) lower(l *lowered, s *plan.Step) {
	x := p.gated(l, s)
	type placed struct {
		tile
		place float64 // in its product
	}
	var all []placed
	for i, part := range s.Parts() {
		q := p
		if i > 0 {
			q.out = part.Out.Shape
		}
		g := q.grid(l)
		for group := range p.groups {
			for k, t := range q.tiles(l, part, x, g, group) {
				all = append(all, placed{t, float64(k) / float64(g.tiles())})
			}
		}
	}
	// Threads begin with parts of the list: each gets as much of every product.
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	tiles := make([]tile, len(all))
	for i, t := range all {
		tiles[i] = t.tile
	}
	l.callThen(s, "product", tiles)
}

// tiles returns a group's product, tile by tile.
func (p product) tiles(l *lowered, s *plan.Step, x *float32, g grid, group int) []tile {
	base := p.base(l, s, x, group)
	var after rowsFunction
	base.Behind, after, base.Lowest, base.Highest = behindOf(s)
	strips, tiles := p.strips(l.net), make([]tile, g.tiles())
	for i := range tiles {
		a := base
		fromRow, toRow, fromStrip, toStrip := g.tile(i)
		a.FromRow, a.ToRow, a.FromStrip, a.ToStrip = int64(fromRow), int64(toRow), int64(fromStrip), int64(toStrip)
		tiles[i].call = &a
		if after != nil {
			from, to := strips[fromStrip], min(strips[toStrip], p.filters())
			at := offset(base.Y, fromRow*p.out[2]+from)
			tiles[i].then = func() { after(l.net, at, at, toRow-fromRow, to-from, p.out[2]) }
		}
	}
	return tiles
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
	l.callWithin(s, "map", l.batch, p.in[0], float64(p.in[1]*channels), func(image, from, to int) simd.Call {
		at := (image*p.in[0] + from) * p.in[1] * channels
		return &simd.Map{
			Kind: simd.Multiply, X: offset(x, at), Y: offset(y, at), Other: offset(factors, image*channels),
			Rows: int64((to - from) * p.in[1]), Columns: int64(channels), XStep: int64(channels), YStep: int64(channels), Lowest: lowest, Highest: highest,
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
		switch s.Op.(type) {
		case *nn.Conv2D, *nn.GroupedConv2D:
			most = max(most, s.Window.Size[1]*s.In[0].Shape.Channels())
		}
	}
	return room(most) + simd.Align
}

// zerosAt returns where they are: at the end of the weights.
func (n *Net) zerosAt() *float32 {
	return n.weights.Float(int64(len(n.weights.Bytes())) - n.zeros())
}
