package gpu

import (
	"fmt"
	"strings"

	"github.com/vkeras/vkeras/shaders"
)

// target is what the choice of kernels depends on, and nothing else: the
// device's limits and the net's options.
type target struct {
	info   Info
	plain  bool   // one simple kernel an operation
	forced string // the kernel to use wherever it applies
}

// newTarget returns the target of a device and options.
func newTarget(info Info, o Options) (target, error) {
	t := target{info: info, plain: o.LayerByLayer, forced: o.Kernel}
	if o.Kernel == "" {
		return t, nil
	}
	k, ok := shaders.Named(o.Kernel)
	if !ok {
		return t, fmt.Errorf("%w: %s", ErrNoKernel, o.Kernel)
	}
	t.plain = k.Tile.Rows == 0
	if k.Texels > 0 && !info.raw.RGBA32FTexels {
		return t, fmt.Errorf("%w: %s reads texel buffers of four floats, which %s does not have", ErrNoKernel, o.Kernel, info.Name)
	}
	if k.Tile.Lanes != 0 && k.Tile.Lanes != t.lanes() {
		return t, fmt.Errorf("%w: %s is for subgroups of %d, %s", ErrNoKernel, o.Kernel, k.Tile.Lanes, info.Name)
	}
	return t, nil
}

// Kernels returns the names of the kernels that the device can run.
func (d *Device) Kernels() []string {
	t := target{info: d.info}
	var names []string
	for _, k := range shaders.All() {
		if (k.Tile.Lanes == 0 || k.Tile.Lanes == t.lanes()) && (k.Texels == 0 || d.info.raw.RGBA32FTexels) {
			names = append(names, k.Name)
		}
	}
	return names
}

// bindable returns how many bytes of a storage buffer a dispatch may be given,
// less what aligning its beginning may cost.
func (t target) bindable() int64 {
	return min(t.info.raw.MaxStorageRange, 4<<30-4) - t.info.raw.StorageAlignment
}

// texels is bindable for texel buffers.
func (t target) texels() int64 { return t.info.raw.MaxTexelElements*16 - t.info.raw.TexelAlignment }

// align is what every tensor's place in memory is a multiple of.
func (t target) align() int64 {
	return max(t.info.raw.StorageAlignment, t.info.raw.TexelAlignment, 16)
}

// lanes returns the subgroup size to use the lanes kernels with, 0 where they
// cannot or should not run: they are for drivers that run on the CPU.
func (t target) lanes() int {
	const shuffle, computeStage = 0x10, 0x20
	r := t.info.raw
	fixed := r.SubgroupMin == 0 || r.SubgroupMin == r.SubgroupMax || r.SizeControl
	able := r.SubgroupOperations&shuffle != 0 && r.SubgroupStages&computeStage != 0 && r.RGBA32FTexels && fixed
	if k, ok := shaders.Named(t.forced); ok && k.Tile.Lanes == 0 {
		return 0
	}
	if t.plain || t.info.Type != CPU || !able || r.MaxGroupInvocations < 2*r.SubgroupSize {
		return 0
	}
	for _, k := range shaders.All() {
		if k.Tile.Lanes == r.SubgroupSize {
			return r.SubgroupSize
		}
	}
	return 0
}

// tiled reports whether convolutions that the lanes kernels do not take go to
// the tiled kernels, which pay off on GPUs alone.
func (t target) tiled() bool {
	if k, ok := shaders.Named(t.forced); ok {
		return k.Tile.Rows > 0 && k.Tile.Lanes == 0
	}
	const threads, sharedBytes = 256, 17 << 10 // of the largest variant
	r := t.info.raw
	return !t.plain && t.info.Type.GPU() && r.MaxGroupInvocations >= threads && r.MaxGroupSize[0] >= threads && r.MaxSharedBytes >= sharedBytes
}

// tilesKernel returns the tiled kernel for a product of that many rows and
// columns: conv2d_rows where one of its tiles holds all rows, else the largest
// tile of which enough are left to keep the device busy.
func (t target) tilesKernel(rows, columns int64) (shaders.Kernel, error) {
	name := t.forced
	switch {
	case name != "":
	case rows <= 4:
		name = "conv2d_rows_4"
	case rows <= 16:
		name = "conv2d_rows_16"
	default:
		name = "conv2d_tiles_32x32"
		for _, side := range []int{128, 64} {
			if ceil(rows, side)*ceil(columns, side) >= busy {
				name = fmt.Sprintf("conv2d_tiles_%dx%d", side, side)
				break
			}
		}
	}
	k, ok := shaders.Named(name)
	if !ok {
		return k, fmt.Errorf("%w: %s", ErrNoKernel, name)
	}
	return k, nil
}

// busy is how many work groups keep a GPU busy: twice the 32 cores that ggml
// assumes of a device that does not tell.
const busy = 64

// lanesKernel returns the variant for a product of that many rows, whose
// input has that many fours of channels; wide says that the window is 1x1.
//
// The order was measured on llvmpipe: few rows want low tiles, many want tall
// ones, and 3x3 windows fare better with 16 rows than with 32.
func (t target) lanesKernel(rows int64, quads int, pointwise bool) (shaders.Kernel, error) {
	if k, ok := shaders.Named(t.forced); ok && k.Tile.Lanes > 0 && quads%k.Tile.Quads == 0 {
		return k, nil
	}
	var tiles []string
	switch {
	case rows <= 4:
		tiles = []string{"4x1", "8x1", "16x1"}
	case rows <= 8:
		tiles = []string{"8x1", "16x1"}
	case rows <= 16 || !pointwise:
		tiles = []string{"16x2", "16x1"}
	default:
		tiles = []string{"32x2", "16x1"}
	}
	for _, tile := range tiles {
		name := fmt.Sprintf("conv2d_lanes_%d_%s", t.lanes(), tile)
		k, ok := shaders.Named(name)
		if !ok {
			return k, fmt.Errorf("no kernel %s", name)
		}
		if quads%k.Tile.Quads == 0 {
			return k, nil
		}
	}
	return shaders.Kernel{}, fmt.Errorf("no tile of %s takes %d fours of channels", strings.Join(tiles, ", "), quads)
}
