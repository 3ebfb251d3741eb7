package lower

import (
	"fmt"

	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Product is the matrix product that a convolution or a dense layer is on a
// GPU: rows are output positions, columns output channels; the window says what
// is summed.
type Product struct {
	Window        shaders.Window
	Rows, Columns int64
}

// depth returns how many products an output sums.
func (p Product) depth() int64 {
	return int64(p.Window.SizeY) * int64(p.Window.SizeX) * int64(p.Window.Channels)
}

// Choice is how a product is computed.
type Choice struct {
	Kernel string // base name
	Splits int64  // parts that the sums are cut into
}

// Sums are cut into parts of a multiple of chunk, where they are long and the
// tiles too few to fill the device.
const (
	chunk     = 64
	longSum   = 1024
	MaxSplits = 8
)

// choose returns how to compute a product: as tuned, as forced, or by the rule, which is
// ggml's for convolutions and products: conv2d_rows where one of its tiles
// holds all rows, else, of the matrix units' kernels where there are such, the largest tile of which there are two a core, else the
// small one; cut into parts where there is not even one a core.
func (t Target) choose(p Product) Choice {
	if t.Asked != nil {
		t.Asked(p)
	}
	if c, ok := t.Tuned[p]; ok {
		return c
	}
	c := Choice{t.Forced.Base, t.Splits}
	if c.Kernel == "" {
		c.Kernel = t.tileFor(p)
	}
	if c.Splits == 0 {
		c.Splits = t.splitsFor(p, c.Kernel)
	}
	return c
}

func (t Target) tileFor(p Product) string {
	switch {
	case p.Rows <= 4:
		return "conv2d_rows_4"
	case p.Rows <= 16:
		return "conv2d_rows_16"
	}
	name, least := "conv2d_tiles", 32
	if t.matrices() {
		name, least = "conv2d_matrix", 64
	}
	side := least
	for _, s := range []int{128, 64} {
		if ceil(p.Rows, s)*ceil(p.Columns, s) >= 2*t.cores() {
			side = s
			break
		}
	}
	return fmt.Sprintf("%s_%dx%d", name, side, side)
}

// cores returns how many work groups a GPU runs at a time: what the device
// tells, else the 32 that ggml assumes.
func (t Target) cores() int64 {
	if n := t.Limits.Cores; n > 0 {
		return int64(n)
	}
	return 32
}

func (t Target) splitsFor(p Product, kernel string) int64 {
	k, err := t.kernel(kernel)
	if err != nil || t.Forced.Base != "" || p.depth() < longSum {
		return 1
	}
	tiles := ceil(p.Rows, k.Tile.Rows) * ceil(p.Columns, k.Tile.Columns)
	return max(1, min(MaxSplits, t.cores()/tiles, p.depth()/chunk))
}

// splitBytes returns the room that the parts of a product's sums need.
func (t Target) splitBytes(p Product) int64 {
	s := t.choose(p).Splits
	if bytes := 4 * s * p.Rows * p.Columns; s > 1 && bytes <= t.bindable() {
		return bytes
	}
	return 0
}

// shares returns how deep each of the parts of a sum is, and how many there are
// then: none is empty.
func shares(depth, splits int64) (each, n int64) {
	each = (ceil(depth, int(splits)) + chunk - 1) / chunk * chunk
	return each, ceil(depth, int(each))
}

// tiles returns the tiled kernels that the target can run.
func (t Target) tiles() []shaders.Kernel {
	var list []shaders.Kernel
	for _, k := range shaders.All() {
		if k.Tile.Rows == 0 || k.Tile.Lanes != 0 || k.Precision != t.Precision || k.Emulated || !t.runs(k) {
			continue
		}
		list = append(list, k)
	}
	return list
}

// tile emits a tiled kernel over a part of the step.
func (l *lowering) tile(s *plan.Step, a plainArgs, columns shaders.Part, p part) error {
	of := Product{Window: p.window, Rows: p.positions, Columns: int64(columns.Filters)}
	c := l.choose(of)
	k, err := l.kernel(c.Kernel)
	if err != nil {
		return err
	}
	depth, splits := of.depth(), int64(1)
	if c.Splits > 1 && l.splitBytes(of) > 0 && l.splitBytes(of) <= l.room {
		depth, splits = shares(depth, c.Splits)
	}
	rows, err := Spread(ceil(p.positions, k.Tile.Rows), [2]int64{int64(l.Limits.MaxGroupCount[1]), int64(l.Limits.MaxGroupCount[2])})
	if err != nil {
		return err
	}
	groups := [3]uint32{uint32(splits * ceil(of.Columns, k.Tile.Columns)), rows[0], rows[1]}
	conv := shaders.ConvPush{Window: p.window, Part: columns, HasBias: flag(s.HasShift()), Epilogue: epilogue(s)}
	first := a
	if splits > 1 {
		first.finish = nil
		first.out, first.second = Region{Arena, l.layout.Scratch[l.step], 4 * splits * of.Rows * of.Columns}, none
		if l.summed { // the parts of an earlier dispatch lie there
			l.wait()
		}
	}
	err = l.plain(k, shaders.Head{Count: uint32(p.positions)}, groups, first, func(h shaders.Head) any {
		conv.Head = h
		return shaders.TilesPush{ConvPush: conv, Splits: uint32(splits), Depth: uint32(depth)}
	})
	if err != nil || splits == 1 {
		return err
	}
	l.wait()
	l.summed = true
	a.first = first.out
	return l.emit("conv2d_sums", of.Rows*of.Columns, a, func(h shaders.Head) any {
		return shaders.SumsPush{
			Head: h, Part: columns, Splits: uint32(splits), Weights: uint32(of.depth() * of.Columns), HasBias: conv.HasBias, Epilogue: conv.Epilogue,
		}
	})
}
