package shaders

import (
	"fmt"
	"maps"
)

// The two ways in which kernels over fours of channels see tensors, by which
// their names end: on GPUs as storage buffers, on drivers that are CPUs as texel
// buffers.
const (
	Quads  = "quads"
	Texels = "texels"
)

// DepthwiseWindows are the sizes and strides, the same in both directions, that
// depthwise convolutions have kernels of their own for.
func DepthwiseWindows() [][2]int { return [][2]int{{3, 1}, {3, 2}, {5, 1}, {5, 2}} }

// depthwiseRows are the output rows that an invocation makes of two columns. A GPU
// has no registers for more than two; on a CPU what is read counts, and four take
// a tenth less of MobileNetV2's time.
func depthwiseRows(way string) int {
	if way == Texels {
		return 4
	}
	return 2
}

// quads lists the kernels over fours of channels, each in both ways: NAME_quads
// and NAME_texels; with _odd behind it where channels need not come in fours.
func quads() []Kernel {
	var list []Kernel
	for _, way := range []string{Quads, Texels} {
		for _, w := range DepthwiseWindows() {
			name := fmt.Sprintf("depthwise_conv2d_%s_%ds%d", way, w[0], w[1])
			list = append(list, overQuads(way, Kernel{Name: name, Source: "depthwise_conv2d_quads.comp", Push: DepthwiseQuadsPush{}, Plain: "depthwise_conv2d"}, map[string]int{"SIZE": w[0], "STRIDE": w[1], "DOWN": depthwiseRows(way), "ACROSS": 2}))
		}
		for i, of := range [][2]string{{"activation", "activation"}, {"add", "add"}, {"multiply", "multiply"}, {"gate", "multiply"}, {"affine", "batch_norm"}} { // as elementwise_quads.comp numbers them
			k := Kernel{Name: of[0] + "_" + way, Source: "elementwise_quads.comp", Push: ElementwisePush{}, Plain: of[1]}
			list = append(list, overQuads(way, k, map[string]int{"OP": i}))
		}
		for _, k := range []Kernel{
			{Name: "gather", Source: "gather_quads.comp", Push: GatherPush{}},
			{Name: "layer_norm", Source: "layer_norm_quads.comp", Push: LayerNormPush{}},
			{Name: "strided_copy", Source: "strided_copy_quads.comp", Push: StridedPush{}},
		} {
			k.Plain = k.Name
			k.Name += "_" + way
			list = append(list, overQuads(way, k, map[string]int{}))
		}
		for _, odd := range []string{"", "_odd"} {
			for _, k := range []Kernel{
				{Name: "depthwise_conv2d", Source: "depthwise_conv2d_any.comp", Push: DepthwiseQuadsPush{}},
				{Name: "avg_pool", Source: "pool_quads.comp", Push: PoolPush{}},
				{Name: "max_pool", Source: "pool_quads.comp", Push: PoolPush{}, Defines: map[string]int{"MAX": 1}},
				{Name: "global_avg_pool", Source: "global_pool_quads.comp", Push: GlobalPoolPush{}},
				{Name: "global_max_pool", Source: "global_pool_quads.comp", Push: GlobalPoolPush{}, Defines: map[string]int{"MAX": 1}},
				{Name: "matmul", Source: "matmul_quads.comp", Push: MatMulPush{}, Defines: map[string]int{"ROWS": 4}},
			} {
				k.Plain = k.Name
				k.Name += "_" + way + odd
				defines := map[string]int{}
				if odd != "" {
					defines["ODD"] = 1
				}
				list = append(list, overQuads(way, k, defines))
			}
		}
	}
	return list
}

// overQuads returns the kernel with further macros and with what its way of
// seeing tensors takes.
func overQuads(way string, k Kernel, defines map[string]int) Kernel {
	maps.Copy(defines, k.Defines)
	k.Defines, k.Bindings = defines, plain
	if way == Texels {
		k.Defines["TEXELS"] = 1
		k.Bindings = Bindings{Texels: 3, Buffers: 1}
	}
	return k
}
