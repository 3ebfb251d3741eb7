package shaders

// The structs below are the kernels' push constants, field by field in the
// shaders' order; a test reads the SPIR-V and holds them to it. All fields are
// four bytes, so Go's layout is std430's.

// Head begins the push constants of every kernel that works on storage
// buffers. The offsets are in elements of the bound range.
type Head struct {
	Count         uint32 // invocations that have work
	XAt, YAt, RAt uint32
}

// Window is the geometry of a window over an NHWC feature map.
type Window struct {
	Height, Width, Channels uint32 // of the input
	OutHeight, OutWidth     uint32
	SizeY, SizeX            uint32
	StrideY, StrideX        uint32
	DilationY, DilationX    uint32
	PadTop, PadLeft         uint32
}

// Epilogue is what a kernel does to its result before storing it, with the
// function that is its first specialization constant: a place in nn.Funcs.
type Epilogue struct {
	ROn             uint32 // 1: adds the second input
	Lowest, Highest float32
	Parameter       float32 // of the function
}

// Part is the share of the output's channels that a dispatch computes: weights
// beyond the range of a binding are used piece by piece.
type Part struct{ Filters, First, OutChannels uint32 }

// PoolPush is for max_pool and avg_pool, and for those over fours of channels,
// where offsets and channels are in fours.
type PoolPush struct {
	Head
	Window
}

// ConvPush is for conv2d and conv2d_1x1.
type ConvPush struct {
	Head
	Window
	Part
	HasBias uint32
	Epilogue
}

// ProductPush is for the products on GPUs: conv2d_tiles, conv2d_packed,
// conv2d_rows, conv2d_matrix and conv2d_sums. Offsets and sizes are in what is
// read or stored at a time: see include/product.glsl.
type ProductPush struct {
	Head
	GAt                            uint32
	Height, Width, Units           uint32
	OutHeight, OutWidth            uint32
	SizeY, SizeX, StrideY, StrideX uint32
	DilationY, DilationX           uint32
	PadTop, PadLeft                uint32
	Filters, First, OutRow         uint32
	Slabs, Depth, Strip            uint32
	Lowest, Highest                float32
	Parameter                      float32
}

// DepthwisePush is for depthwise_conv2d.
type DepthwisePush struct {
	Head
	Window
	Multiplier, HasBias uint32
	Epilogue
}

// DepthwiseQuadsPush is for depthwise_conv2d over fours of channels: offsets,
// channels and outputs are in fours or, where they are odd, in elements.
type DepthwiseQuadsPush struct {
	Head
	Window
	Outputs, Multiplier uint32
	Epilogue
}

// ElementwisePush is for elementwise_quads.comp: all in fours.
type ElementwisePush struct {
	Head
	Period uint32 // after which the constants, or an image's factors, repeat
	Image  uint32 // elements of an image
	Epilogue
}

// LanesPush is for conv2d_lanes: offsets, channels and filters are in vec4.
type LanesPush struct {
	Head
	Window
	Filters, GAt uint32
	Epilogue
	Sibling
}

// Sibling is a second convolution of the same input by the same window, whose
// strips of weights lie behind those of the first.
type Sibling struct {
	Strips            uint32 // of the first
	ZAt, ZFilters     uint32
	ZLowest, ZHighest float32
}

// DensePush is for dense.
type DensePush struct {
	Head
	Channels uint32
	Part
	HasBias uint32
	Epilogue
}

// BatchNormPush is for batch_norm.
type BatchNormPush struct {
	Head
	Extent, Inner, HasGamma, HasBeta uint32
	Epsilon                          float32
	Epilogue
}

// ActivationPush is for activation.
type ActivationPush struct {
	Head
	Func                             uint32 // place in nn.Funcs
	Slope, Threshold, Highest, Alpha float32
}

// GlobalPoolPush is for global_max_pool and global_avg_pool, and for those over
// fours of channels, where offsets and channels are in fours.
type GlobalPoolPush struct {
	Head
	Positions, Channels uint32
}

// PadPush is for zero_pad and crop.
type PadPush struct {
	Head
	Height, Width, Channels, OutHeight, OutWidth, StrideY, StrideX, Top, Left uint32
}

// BroadcastPush is for add and multiply: strides in elements, 0 on an axis on
// which the input is repeated.
type BroadcastPush struct {
	Head
	Rows, Columns, Channels         uint32
	XImage, XRow, XColumn, XChannel uint32
	RImage, RRow, RColumn, RChannel uint32
	Lowest, Highest, Parameter      float32
}

// Extents are those of an image's axes, innermost last; unused ones, in front,
// are 1.
type Extents struct{ E0, E1, E2, E3, E4, E5 uint32 }

// XStrides are an input's strides along those axes, in elements: 0 where it is
// repeated.
type XStrides struct{ XImage, X0, X1, X2, X3, X4, X5 uint32 }

// RStrides are those of a second input.
type RStrides struct{ RImage, R0, R1, R2, R3, R4, R5 uint32 }

// BinaryPush is for binary.
type BinaryPush struct {
	Head
	Extents
	XStrides
	RStrides
	Func                       uint32 // 0: sum, 1: product, then the place in nn.BinaryFuncs
	Lowest, Highest, Parameter float32
}

// UnaryPush is for unary.
type UnaryPush struct {
	Head
	Func uint32 // place in nn.UnaryFuncs
}

// StridedPush is for strided_copy.
type StridedPush struct {
	Head
	Extents
	XStrides
}

// ConstantPush is for constant.
type ConstantPush struct {
	Head
	Length uint32
}

// GatherPush is for gather.
type GatherPush struct {
	Head
	Extent, Positions, Inner uint32
	Fill                     float32
}

// ReducePush is for reduce.
type ReducePush struct {
	Head
	Func                           uint32 // place in nn.ReduceFuncs
	K0, K1, K2                     uint32 // extents of the kept axes
	KeptImage, Kept0, Kept1, Kept2 uint32 // and their strides
	R0, R1, R2                     uint32 // extents of the reduced axes
	Reduced0, Reduced1, Reduced2   uint32 // and their strides
}

// MatMulPush is for matmul: strides in elements, of matmul_quads in fours where
// channels come in such; 0 on an outer axis on which the input is repeated.
type MatMulPush struct {
	Head
	Rows, Columns, Depth                uint32
	O0, O1, O2, O3                      uint32 // extents of the outer axes
	XImage, X0, X1, X2, X3, XRow, XStep uint32
	RImage, R0, R1, R2, R3, RRow, RStep uint32
}

// ConcatPush is for concat.
type ConcatPush struct {
	Head
	Length, Stride, Before uint32
}

// RescalePush is for rescale.
type RescalePush struct {
	Head
	Channels, Scales, Offsets uint32
}

// RowsOfPush is for softmax, log_softmax and sparsemax: rows of Extent elements
// that lie Inner apart.
type RowsOfPush struct {
	Head
	Extent, Inner uint32
}

// SortPush is for sort: rows as those of RowsOfPush.
type SortPush struct {
	Head
	Extent, Inner         uint32
	Descending, Positions uint32
}

// NormalizePush is for normalize: statistics repeat after Period elements.
type NormalizePush struct {
	Head
	Period, Invert uint32
}

// PeriodPush is for prelu and layer_scale: weights repeat after Period elements.
type PeriodPush struct {
	Head
	Period uint32
}

// LayerNormPush is for layer_norm.
type LayerNormPush struct {
	Head
	Func                          uint32 // place in nn.NormFuncs
	First, Between, Second, Inner uint32
	Period, HasGamma, HasBeta     uint32
	Epsilon                       float32
}

// ResizePush is for resize.
type ResizePush struct {
	Head
	Height, Width, Channels, OutHeight, OutWidth, TapsY, TapsX uint32
}

// TransposePush is for conv2d_transpose.
type TransposePush struct {
	Head
	Height, Width, Channels, OutHeight, OutWidth uint32
	SizeY, SizeX, StrideY, StrideX               uint32
	DilationY, DilationX, Top, Left              uint32
	Filters, HasBias                             uint32
}

// GroupedPush is for grouped_conv2d.
type GroupedPush struct {
	ConvPush
	Groups uint32
}

// RepackPush is for repack.
type RepackPush struct {
	Head
	Channels, OutChannels uint32
}

// RowsPush is for window_rows: the output's offset and Quads are in vec4.
type RowsPush struct {
	Head
	Width, Channels, OutWidth, Quads, Size, Stride, Left uint32
}
