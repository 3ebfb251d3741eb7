package lower

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// Options are what somebody asks of the choice of kernels.
type Options struct {
	Precision  nn.Precision // "": FP32, or that of the forced kernel
	Plain      bool         // one simple kernel an operation
	NoMatrices bool         // no cooperative matrices
	Kernel     string       // to use wherever it applies, with or without its precision; "": by rule
	Splits     int64        // parts to cut sums of tiled kernels into; 0: by rule
}

// Target is what the choice of kernels depends on, and nothing else: a device's
// limits and what is asked.
type Target struct {
	Limits     Limits
	Precision  nn.Precision
	NoMatrices bool
	Plain      bool
	Forced     shaders.Kernel // the zero Kernel: none
	Splits     int64
	Tuned      map[Product]Choice
	Asked      func(Product) // sees what choose is asked for; nil: nobody

	NoLanes, NoTiles, NoQuads bool // kinds that gave wrong results
}

// NewTarget returns the target of a device and options. Errors are ErrNoKernel
// and ErrPrecision.
func NewTarget(limits Limits, o Options) (Target, error) {
	p, err := o.precision()
	if err != nil {
		return Target{}, err
	}
	t := Target{Limits: limits, Precision: p, Plain: o.Plain, Splits: o.Splits, NoMatrices: o.NoMatrices}
	if err := t.stores(); err != nil {
		return t, err
	}
	if o.Kernel == "" {
		return t, nil
	}
	k, ok := shaders.For(o.Kernel, p)
	if !ok {
		k, ok = shaders.Named(o.Kernel)
	}
	if !ok {
		return t, fmt.Errorf("%w: %s", ErrNoKernel, o.Kernel)
	}
	if variant, _ := t.kernel(k.Base); k.Name != variant.Name {
		return t, fmt.Errorf("%w: %s is for precision %s, asked is %s", ErrNoKernel, k.Name, k.Precision, p)
	}
	t.Plain, t.Forced = k.Tile.Rows == 0, k
	switch {
	case k.Texels > 0 && !t.texelBuffers():
		return t, fmt.Errorf("%w: %s reads texel buffers of four numbers, which %s does not have", ErrNoKernel, o.Kernel, limits.Name)
	case k.Tile.Lanes != 0 && k.Tile.Lanes != t.Lanes():
		return t, fmt.Errorf("%w: %s is for subgroups of %d, %s", ErrNoKernel, o.Kernel, k.Tile.Lanes, limits.Name)
	case !t.runs(k):
		return t, fmt.Errorf("%w: %s needs what %s lacks", ErrNoKernel, o.Kernel, limits.Name)
	}
	return t, nil
}

// precision returns the precision that the options ask for.
func (o Options) precision() (nn.Precision, error) {
	if k, ok := shaders.Named(o.Kernel); ok && o.Precision == "" {
		return k.Precision, nil
	}
	return nn.ParsePrecision(string(o.Precision))
}

// Kernels returns the names of the kernels that a device can run, but for those
// that compute no operation.
func Kernels(limits Limits) []string {
	var names []string
	for k := range shaders.All() {
		if k.Precision == "" {
			continue
		}
		t := Target{Limits: limits, Precision: k.Precision}
		if t.stores() == nil && t.runs(k) && (k.Texels == 0 || t.texelBuffers()) && (k.Tile.Lanes == 0 || k.Tile.Lanes == t.Lanes()) {
			names = append(names, k.Name)
		}
	}
	return names
}

// matrices reports whether products may go to cooperative matrices, which
// multiply float16.
func (t Target) matrices() bool {
	return t.Precision == nn.FP16 && !t.NoMatrices && t.Limits.CooperativeMatrix16 && t.Limits.Fit(MatrixKernels())
}

// runs reports whether the device has what the kernel needs beyond storage and
// subgroups.
func (t Target) runs(k shaders.Kernel) bool {
	switch {
	case k.Matrix:
		return t.matrices()
	case k.Packed && !t.Limits.Float16:
		return false
	}
	return t.Limits.Fits(k)
}

// The kernels that products on GPUs are chosen among. Of TileKernels all that are
// LeastTiles must run, of MatrixKernels all.
var (
	TileKernels   = sync.OnceValue(func() []shaders.Kernel { return productKernels(func(k shaders.Kernel) bool { return !k.Matrix }) })
	MatrixKernels = sync.OnceValue(func() []shaders.Kernel { return productKernels(func(k shaders.Kernel) bool { return k.Matrix }) })
	LeastTiles    = sync.OnceValue(func() []shaders.Kernel {
		return productKernels(func(k shaders.Kernel) bool { return k.Base == leastTile || k.Tile.Rows <= fewRows })
	})
)

// leastTile takes any product, on every device that takes tiles at all.
const leastTile = "conv2d_tiles_32x32"

func productKernels(which func(shaders.Kernel) bool) []shaders.Kernel {
	return slices.DeleteFunc(slices.Collect(shaders.All()), func(k shaders.Kernel) bool {
		return k.Tile.Rows == 0 || k.Tile.Lanes > 0 || k.Emulated || !which(k)
	})
}

// texelBuffers reports whether texel buffers can hold fours of the precision's
// numbers.
func (t Target) texelBuffers() bool {
	return t.Limits.RGBA32FTexels && (!t.Precision.HalfWeights() || t.Limits.RGBA16FTexels)
}

// stores returns an error unless the device can store tensors as the precision
// wants them. Weights as float16 are words to it, and texels of a format that
// every device has, but kernels convert them.
func (t Target) stores() error {
	if t.Precision.HalfWeights() && t.Limits.BreaksOnHalf {
		return fmt.Errorf("%w: the driver of %s (Mesa older than 23, on arm64) ends the process where it compiles float16; %s needs none", ErrPrecision, t.Limits.Name, nn.FP32)
	}
	if t.Precision.HalfTensors() && !t.Limits.Storage16 {
		return fmt.Errorf("%w: %s has no 16-bit storage buffers (storageBuffer16BitAccess); %s needs nothing", ErrPrecision, t.Limits.Name, nn.FP16W)
	}
	return nil
}

// kernel returns the variant of a kernel for the precision.
func (t Target) kernel(base string) (shaders.Kernel, error) {
	k, ok := shaders.For(base, t.Precision)
	if !ok {
		return k, fmt.Errorf("%w: %s for precision %s", ErrNoKernel, base, t.Precision)
	}
	return k, nil
}

// Element returns the bytes of a tensor's element.
func (t Target) Element() int64 {
	if t.Precision.HalfTensors() {
		return 2
	}
	return 4
}

// texel returns the bytes of four elements of a tensor.
func (t Target) texel() int64 { return 4 * t.Element() }

// bindable returns how many bytes of a storage buffer a dispatch may be given,
// less what aligning its beginning may cost.
func (t Target) bindable() int64 {
	return min(t.Limits.MaxStorageRange, 4<<30-4) - t.Limits.StorageAlignment
}

// texels is bindable for texel buffers.
func (t Target) texels() int64 {
	return t.Limits.MaxTexelElements*t.texel() - t.Limits.TexelAlignment
}

// Align is what every tensor's place in memory is a multiple of.
func (t Target) Align() int64 {
	return max(t.Limits.StorageAlignment, t.Limits.TexelAlignment, 16)
}

// Lanes returns the subgroup size to use the lanes kernels with, 0 where they
// cannot or should not run: they are for drivers that run on the CPU.
func (t Target) Lanes() int {
	const shuffle, computeStage = 0x10, 0x20
	r := t.Limits
	fixed := r.SubgroupMin == 0 || r.SubgroupMin == r.SubgroupMax || r.SizeControl
	able := r.SubgroupOperations&shuffle != 0 && r.SubgroupStages&computeStage != 0 && t.texelBuffers() && fixed
	if t.Forced.Base != "" && t.Forced.Tile.Lanes == 0 {
		return 0
	}
	if t.Plain || t.NoLanes || !t.Limits.CPU || !able || r.MaxGroupInvocations < shaders.LanesGroup(r.SubgroupSize) {
		return 0
	}
	for k := range shaders.All() {
		if k.Tile.Lanes == r.SubgroupSize {
			return r.SubgroupSize
		}
	}
	return 0
}

// strip returns how many fours of columns the lanes kernels' strips of weights
// have; 0 where those kernels are not used.
func (t Target) strip() int64 {
	if n := t.Lanes(); n > 0 {
		return int64(shaders.LanesGroup(n))
	}
	return 0
}

// Tiled reports whether convolutions that the lanes kernels do not take go to
// the tiled kernels, which pay off on GPUs alone.
func (t Target) Tiled() bool {
	if k := t.Forced; k.Base != "" {
		return k.Tile.Rows > 0 && k.Tile.Lanes == 0
	}
	return !t.Plain && !t.NoTiles && t.Limits.GPU && t.Limits.Fit(LeastTiles())
}

// lanesKernel returns the variant for a product of that many rows, whose
// input has that many fours of channels; single says that the window is 1x1,
// pointwise that it reads every position besides.
//
// The order was measured on llvmpipe by processor time: few rows want low tiles;
// 3x3 windows fare better with 16 rows than with 32; so do pointwise ones, one
// four a turn of the loop, by 1.5 times at 16 to 32 channels, 1.3 at 64, 1.1 at
// 256, up to where weights come from farther away, at 1.1 times less.
func (t Target) lanesKernel(rows int64, quads int, single, pointwise bool) (shaders.Kernel, error) {
	if k := t.Forced; k.Tile.Lanes > 0 && quads%k.Tile.Quads == 0 {
		return k, nil
	}
	var tiles []string
	switch {
	case rows <= 4:
		tiles = []string{"4x1", "8x1", "16x1"}
	case rows <= 8:
		tiles = []string{"8x1", "16x1"}
	case pointwise && quads <= 128:
		tiles = []string{"16x1"}
	case rows <= 16 || !single:
		tiles = []string{"16x2", "16x1"}
	default:
		tiles = []string{"32x2", "16x1"}
	}
	for _, tile := range tiles {
		name := fmt.Sprintf("conv2d_lanes_%d_%s", t.Lanes(), tile)
		k, err := t.kernel(name)
		if err != nil {
			return k, err
		}
		if quads%k.Tile.Quads == 0 {
			return k, nil
		}
	}
	return shaders.Kernel{}, fmt.Errorf("no tile of %s takes %d fours of channels", strings.Join(tiles, ", "), quads)
}
