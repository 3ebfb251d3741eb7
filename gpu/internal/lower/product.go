package lower

import (
	"github.com/vkeras/vkeras/nn"
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

// choose returns how to compute a product: as tuned, as forced, or by the rule:
// conv2d_rows where one of its tiles holds all rows, else the largest tile that
// the device takes of which there are two a core and which does not waste much
// more than the least; cut into parts where there is not even one a core.
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
	for _, name := range t.tilesBySize() {
		k, err := t.kernel(name)
		if err != nil || !t.runs(k) {
			continue
		}
		tiles := ceil(p.Rows, k.Tile.Rows) * ceil(p.Columns, k.Tile.Columns)
		area := tiles * int64(k.Tile.Rows*k.Tile.Columns)
		if least := ceil(p.Rows, 32) * ceil(p.Columns, 32) * 32 * 32; tiles >= 2*t.cores() && 4*area <= 5*least {
			return name
		}
	}
	if t.matrices() {
		return "conv2d_matrix_64x64"
	}
	return leastTile
}

// tilesBySize lists the tiles that a product may have, the largest first: of the
// matrix units where there are such, else of those that multiply two float16 at a
// time, else of all.
func (t Target) tilesBySize() []string {
	switch {
	case t.matrices():
		return []string{"conv2d_matrix_128x128"}
	case t.Precision == nn.FP16 && t.Limits.Float16:
		return []string{"conv2d_packed_128x128", "conv2d_packed_64x64"}
	}
	return []string{"conv2d_tiles_128x128", "conv2d_tiles_64x128", "conv2d_tiles_64x64"}
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
func (t Target) splitBytes(p Product) int64 { return t.partBytes(p, t.choose(p).Splits) }

// partBytes returns the room of so many parts of a product's sums, whose columns
// come in fours; 0 where there is one, or they cannot be bound.
func (t Target) partBytes(p Product, splits int64) int64 {
	if bytes := 16 * splits * p.Rows * ceil(p.Columns, 4); splits > 1 && bytes <= t.bindable() {
		return bytes
	}
	return 0
}

// shares returns how many slabs each of the parts of a sum has, and how many
// parts there are then: none is empty.
func shares(slabs, splits int64) (each, n int64) {
	each = ceil(slabs, int(splits))
	return each, ceil(slabs, int(each))
}

// tiles returns the tiled kernels that the target can run.
func (t Target) tiles() []shaders.Kernel {
	var list []shaders.Kernel
	for k := range shaders.All() {
		if k.Tile.Rows == 0 || k.Tile.Lanes != 0 || k.Precision != t.Precision || k.Emulated || !t.runs(k) {
			continue
		}
		list = append(list, k)
	}
	return list
}
