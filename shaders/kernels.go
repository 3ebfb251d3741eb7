package shaders

import (
	"embed"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strconv"
	"sync"

	"github.com/vkeras/vkeras/nn"
)

//go:embed spirv
var spirv embed.FS

// MatrixSubgroup is the subgroup size of the kernels with cooperative matrices.
const MatrixSubgroup = 32

// Kernel is one compute kernel, compiled.
type Kernel struct {
	Name        string
	Base        string         // the name without the precision
	Precision   nn.Precision   // how its tensors and weights are stored; "": it computes no operation
	Weighted    bool           // it multiplies by a matrix of weights
	Plain       string         // the plain kernel whose place it takes where it is faster; "": none
	Source      string         // the .comp file
	Defines     map[string]int // preprocessor macros of a variant
	Bindings                   // what its descriptor set holds
	Push        any            // zero value of its push constants' struct
	Specialized any            // zero value of its specialization constants' struct; nil: they are told elsewhere
	Tile        Tile           // what a work group owns, for the tiled kernels
	Packed      bool           // it computes in float16: it needs arithmetic in that
	Matrix      bool           // it needs cooperative matrices: 16x16x16, float16 with float32 sums, subgroups of 32
	Emulated    bool           // it is for tests: it does without what it emulates, slowly
	Constants   []uint32       // specialization constants 0, 1, ... of a use; others are as in the source
}

// Share returns of how many test cases the kernel gets one: precisions differ in loads
// and stores alone, the larger tiles of a kernel in their sizes. A driver that is a CPU
// compiles each use of them for long.
func (k Kernel) Share() int {
	n := 1
	if k.Precision != nn.FP32 {
		n = 3
	}
	if k.Tile.Lanes == 0 && k.Tile.Rows*k.Tile.Columns > 32*32 {
		n *= 3
	}
	return n
}

// With returns the kernel with these specialization constants: what does not
// change within a layer, and so shall cost no instruction.
func (k Kernel) With(constants ...uint32) Kernel {
	k.Constants = constants
	return k
}

// Variant names the kernel with its specialization constants.
func (k Kernel) Variant() string {
	if len(k.Constants) == 0 {
		return k.Name
	}
	return fmt.Sprint(k.Name, " ", k.Constants)
}

// MaxBindings bounds the bindings of a descriptor set.
const MaxBindings = 16

// Bindings are a descriptor set's storage texel buffers and, behind them, its
// storage buffers.
type Bindings struct{ Texels, Buffers int }

// Tile is the share of the output that a work group of a tiled convolution
// owns, and the shapes that it demands.
type Tile struct {
	Rows    int // output positions a work group
	Columns int // output channels a work group

	// Of the products for GPUs alone:
	Depth  int // ks of a slab
	Stores int // outputs side by side that an invocation can store at a time

	// Of the lanes kernels alone:
	Lanes int // subgroup size that the code is made for
	Quads int // the input's fours of channels must be a multiple of this
}

// SPIRV returns the kernel's code.
func (k Kernel) SPIRV() ([]byte, error) {
	b, err := spirv.ReadFile("spirv/" + k.Name + ".spv")
	if err != nil {
		return nil, fmt.Errorf("kernel %s has no SPIR-V: %w", k.Name, err)
	}
	return b, nil
}

// Flags returns the compiler's arguments for the kernel's macros, sorted.
func (k Kernel) Flags() []string {
	var f []string
	for name, v := range k.Defines {
		f = append(f, "-D"+name+"="+strconv.Itoa(v))
	}
	sort.Strings(f)
	return f
}

// plain are the bindings of the kernels that include tensors.glsl: x, w, y, r.
var plain = Bindings{Buffers: 4}

// All yields every kernel: the plain ones, one an operation, the convolutions for
// CPUs and those over fours of channels; then those of the other precisions, the
// products for GPUs, those that draw, and those that measure a device.
func All() iter.Seq[Kernel] { return slices.Values(all()) }

// all makes the list once: choosing kernels asks for it again and again.
var all = sync.OnceValue(func() []Kernel {
	list := []Kernel{
		{Name: "activation", Push: ActivationPush{}},
		{Name: "add", Push: BroadcastPush{}},
		{Name: "avg_pool", Push: PoolPush{}},
		{Name: "batch_norm", Push: BatchNormPush{}},
		{Name: "binary", Push: BinaryPush{}},
		{Name: "concat", Push: ConcatPush{}},
		{Name: "constant", Push: ConstantPush{}},
		{Name: "conv2d", Weighted: true, Push: ConvPush{}},
		{Name: "conv2d_1x1", Weighted: true, Push: ConvPush{}},
		{Name: "conv2d_transpose", Push: TransposePush{}},
		{Name: "crop", Push: PadPush{}},
		{Name: "dense", Weighted: true, Push: DensePush{}},
		{Name: "depthwise_conv2d", Weighted: true, Push: DepthwisePush{}},
		{Name: "gather", Push: GatherPush{}},
		{Name: "global_avg_pool", Push: GlobalPoolPush{}},
		{Name: "global_max_pool", Push: GlobalPoolPush{}},
		{Name: "grouped_conv2d", Weighted: true, Push: GroupedPush{}},
		{Name: "layer_norm", Push: LayerNormPush{}},
		{Name: "layer_scale", Push: PeriodPush{}},
		{Name: "log_softmax", Push: RowsOfPush{}},
		{Name: "matmul", Push: MatMulPush{}},
		{Name: "max_pool", Push: PoolPush{}},
		{Name: "multiply", Push: BroadcastPush{}},
		{Name: "normalize", Push: NormalizePush{}},
		{Name: "prelu", Push: PeriodPush{}},
		{Name: "reduce", Push: ReducePush{}},
		{Name: "repack", Push: RepackPush{}},
		{Name: "rescale", Push: RescalePush{}},
		{Name: "resize", Push: ResizePush{}},
		{Name: "softmax", Push: RowsOfPush{}},
		{Name: "sort", Push: SortPush{}},
		{Name: "sparsemax", Push: RowsOfPush{}},
		{Name: "strided_copy", Push: StridedPush{}},
		{Name: "unary", Push: UnaryPush{}},
		{Name: "zero_pad", Push: PadPush{}},
	}
	for i := range list {
		list[i].Source = list[i].Name + ".comp"
		list[i].Bindings = plain
	}
	list = append(list,
		Kernel{Name: "softmax_rows", Source: "softmax_rows.comp", Push: RowsOfPush{}, Bindings: plain, Plain: "softmax"},
		Kernel{Name: "window_rows", Source: "window_rows.comp", Push: RowsPush{}, Bindings: Bindings{Texels: 1, Buffers: 1}},
	)
	return slices.Concat(variants(slices.Concat(list, lanes(), quads())), products(), screen(), Roof())
})

var named = sync.OnceValue(func() map[string]Kernel {
	byName := map[string]Kernel{}
	for _, k := range all() {
		byName[k.Name] = k
	}
	return byName
})

// Named returns the kernel of that name.
func Named(name string) (Kernel, bool) {
	k, ok := named()[name]
	return k, ok
}

// LanesGroup returns the invocations of a work group of the lanes kernels for a
// subgroup size, each of which owns four output channels. More columns would be
// as fast where there are as many, and waste what few-channelled layers of
// MobileNet and EfficientNet do not fill.
func LanesGroup(subgroup int) int {
	const least = 8
	return max(subgroup, least)
}

// lanes lists the variants of conv2d_lanes: for each subgroup size a few
// tiles, since llvmpipe makes machine code at a variant's first dispatch
// (40 to 400 ms). Which tile is for which shape: see package gpu.
func lanes() []Kernel {
	var list []Kernel
	for _, sg := range []int{4, 8, 16} {
		for _, t := range []struct{ rows, unroll int }{{4, 1}, {8, 1}, {16, 1}, {16, 2}, {32, 2}} {
			group := LanesGroup(sg)
			list = append(list, Kernel{
				Name:     fmt.Sprintf("conv2d_lanes_%d_%dx%d", sg, t.rows, t.unroll),
				Source:   "conv2d_lanes.comp",
				Defines:  map[string]int{"LANES": sg, "ROWS": t.rows, "UNROLL": t.unroll, "GROUP": group},
				Bindings: Bindings{Texels: 4, Buffers: 1},
				Weighted: true,
				Push:     LanesPush{},
				Plain:    "conv2d",
				Tile:     Tile{Rows: t.rows, Columns: 4 * group, Lanes: sg, Quads: t.unroll * max(sg/t.rows, 1)},
			})
		}
	}
	return list
}
