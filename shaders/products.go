package shaders

import (
	"fmt"
	"maps"

	"github.com/vkeras/vkeras/nn"
)

// The products on GPUs read and pack what they multiply 16 bytes at a time.
const (
	// StripColumns are the output channels of a strip of packed weights.
	StripColumns = 32
	// SlabKs is what the ks of packed weights are filled up to a multiple of: every
	// slab of a tile is whole.
	SlabKs = 16
	// HalfSlabKs is SlabKs where tensors are float16.
	HalfSlabKs = 32
)

// How a product walks over taps and channels.
const (
	WalkAny      = 0 // a slab has parts of several taps
	WalkEven     = 1 // a slab lies in one tap
	WalkStraight = 2 // the window is 1x1 and reads every position
)

// ProductConstants are the specialization constants of the products on GPUs: what
// differs from layer to layer but not within one.
type ProductConstants struct {
	Walk     uint32 // WalkAny, WalkEven or WalkStraight
	Partial  uint32 // 1: the sums of a part of k, for conv2d_sums
	Gate     uint32 // 1: the input is multiplied by a factor a channel and image
	Residual uint32 // 1: a second input is added
	Func     uint32 // activation: place in nn.Funcs
	Bounded  uint32 // 1: by Lowest and Highest
	Width    uint32 // outputs stored at a time: 1, 4 or, of float16, 8
}

// List returns the constants in the order of their ids.
func (c ProductConstants) List() []uint32 {
	return []uint32{c.Walk, c.Partial, c.Gate, c.Residual, c.Func, c.Bounded, c.Width}
}

// products lists the products on GPUs, in every precision: tiles by the outputs
// of a work group and of an invocation, rows for few positions, sums behind them;
// in FP16 also those that multiply two float16 at a time, and those that need
// cooperative matrices, with an emulation of one. docs/kernels.md says what
// became of each on AMD's compiler.
func products() []Kernel {
	var list []Kernel
	for _, p := range nn.Precisions() {
		list = append(list, tiles(p)...)
		list = append(list, rows(p)...)
		list = append(list, product("conv2d_sums", "conv2d_sums.comp", p, Tile{Stores: 4}, nil))
	}
	return append(append(list, packed()...), matrices()...)
}

// product returns a product kernel of that precision.
func product(base, source string, p nn.Precision, t Tile, defines map[string]int) Kernel {
	k := Kernel{Base: base, Name: base, Source: source, Precision: p, Bindings: plain, Weighted: true, Push: ProductPush{}, Plain: "conv2d", Specialized: ProductConstants{}, Tile: t, Defines: maps.Clone(defines)}
	if t.Rows == 0 {
		k.Plain = "" // it computes none alone
	}
	if p != nn.FP32 {
		k = k.at(p)
	}
	return k
}

// tiles lists conv2d_tiles. DOWN x ACROSS are an invocation's outputs: in float16
// eight columns lie side by side, to be stored at once.
func tiles(p nn.Precision) []Kernel {
	var list []Kernel
	for _, t := range []struct{ rows, columns, down, across, pipelined int }{{32, 32, 4, 4, 2}, {64, 64, 8, 4, 2}, {64, 128, 8, 8, 1}, {128, 128, 8, 8, 2}} {
		if p.HalfTensors() && t.across < t.down {
			t.down, t.across = t.across, t.down
		}
		stores := 4
		if p.HalfTensors() {
			stores = t.across
		}
		list = append(list, product(fmt.Sprintf("conv2d_tiles_%dx%d", t.rows, t.columns), "conv2d_tiles.comp", p,
			Tile{Rows: t.rows, Columns: t.columns, Depth: SlabKs, Stores: stores},
			map[string]int{"ROWS": t.rows, "COLUMNS": t.columns, "DOWN": t.down, "ACROSS": t.across, "DEPTH": SlabKs, "PIPELINED": t.pipelined}))
	}
	return list
}

// rows lists conv2d_rows: STEP loads of weights are in flight an invocation. A
// load is two ks of float16 weights.
func rows(p nn.Precision) []Kernel {
	const slices = 16
	var list []Kernel
	for _, t := range []struct{ rows, step int }{{4, 8}, {16, 4}} {
		ks := 1
		if p.HalfWeights() {
			ks = 2
		}
		if p == nn.FP16W && t.rows == 16 {
			t.step = 2 // with more, the compiler keeps 256 registers busy
		}
		list = append(list, product(fmt.Sprintf("conv2d_rows_%d", t.rows), "conv2d_rows.comp", p,
			Tile{Rows: t.rows, Columns: StripColumns, Depth: slices * t.step * ks, Stores: 4},
			map[string]int{"ROWS": t.rows, "SLICES": slices, "STEP": t.step}))
	}
	return list
}

// packed lists conv2d_packed: CHUNK products are summed in float16.
func packed() []Kernel {
	var list []Kernel
	for _, t := range []struct{ rows, columns, down, across, pipelined int }{{64, 64, 4, 8, 2}, {128, 128, 8, 8, 1}} {
		k := product(fmt.Sprintf("conv2d_packed_%dx%d", t.rows, t.columns), "conv2d_packed.comp", nn.FP16,
			Tile{Rows: t.rows, Columns: t.columns, Depth: HalfSlabKs, Stores: 8},
			map[string]int{"ROWS": t.rows, "COLUMNS": t.columns, "DOWN": t.down, "ACROSS": t.across, "DEPTH": HalfSlabKs, "PIPELINED": t.pipelined, "CHUNK": 8})
		k.Packed = true
		list = append(list, k)
	}
	return list
}

// Chunk returns how many products a kernel that is Packed sums in float16.
func (k Kernel) Chunk() int { return k.Defines["CHUNK"] }

// matrices lists conv2d_matrix, for GPUs with matrix units, which multiply
// float16 alone, and an emulation of one.
func matrices() []Kernel {
	var list []Kernel
	for _, t := range []struct {
		name                           string
		side, downGroups, acrossGroups int
		emulated                       bool
	}{{"conv2d_matrix_64x64", 64, 2, 2, false}, {"conv2d_matrix_128x128", 128, 4, 2, false}, {"conv2d_matrix_emulated", 64, 2, 2, true}} {
		defines := map[string]int{"ROWS": t.side, "COLUMNS": t.side, "DEPTH": HalfSlabKs, "DOWN_GROUPS": t.downGroups, "ACROSS_GROUPS": t.acrossGroups}
		if t.emulated {
			defines["EMULATED"] = 1
		}
		k := product(t.name, "conv2d_matrix.comp", nn.FP16, Tile{Rows: t.side, Columns: t.side, Depth: HalfSlabKs, Stores: 8}, defines)
		k.Matrix, k.Emulated = !t.emulated, t.emulated
		list = append(list, k)
	}
	return list
}

// Use is a kernel with the specialization constants of one of its uses.
type Use struct {
	Kernel Kernel
	Name   string // what is special, "": nothing
}

// Uses returns the uses of a kernel that tools show: of a product on GPUs, how it
// walks over taps and channels, with the widest stores and a bound, as a
// rectifier behind it has; of others the kernel as it is.
func (k Kernel) Uses() []Use {
	if k.Specialized != (ProductConstants{}) {
		return []Use{{k, ""}}
	}
	with := func(walk uint32) Kernel {
		return k.With(ProductConstants{Walk: walk, Bounded: 1, Width: uint32(k.Tile.Stores)}.List()...)
	}
	if k.Tile.Depth == 0 {
		return []Use{{with(WalkAny), ""}}
	}
	uses := []Use{{with(WalkStraight), "straight"}}
	if k.Tile.Rows > 16 {
		uses = append(uses, Use{with(WalkEven), "even"})
	}
	return append(uses, Use{with(WalkAny), "any"})
}
