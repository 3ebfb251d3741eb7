package gpu

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// target is what the choice of kernels depends on, and nothing else: the
// device's limits and the net's options.
type target struct {
	info       Info
	precision  nn.Precision
	noMatrices bool           // no cooperative matrices
	plain      bool           // one simple kernel an operation
	forced     shaders.Kernel // to use wherever it applies; the zero Kernel: none
	tuned      map[product]choice
	asked      func(product) // sees what choose is asked for; nil: nobody
	splits     int64         // parts to cut sums of tiled kernels into; 0: by rule

	noLanes, noTiles bool // kinds that gave wrong results
}

// newTarget returns the target of a device and options.
func newTarget(info Info, o Options) (target, error) {
	p, err := o.precision()
	if err != nil {
		return target{}, err
	}
	t := target{info: info, precision: p, plain: o.LayerByLayer, splits: o.splits, noMatrices: o.NoMatrices}
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
	t.plain, t.forced = k.Tile.Rows == 0, k
	switch {
	case k.Texels > 0 && !t.texelBuffers():
		return t, fmt.Errorf("%w: %s reads texel buffers of four numbers, which %s does not have", ErrNoKernel, o.Kernel, info.Name)
	case k.Tile.Lanes != 0 && k.Tile.Lanes != t.lanes():
		return t, fmt.Errorf("%w: %s is for subgroups of %d, %s", ErrNoKernel, o.Kernel, k.Tile.Lanes, info.Name)
	case !t.runs(k):
		return t, fmt.Errorf("%w: %s needs what %s lacks", ErrNoKernel, o.Kernel, info.Name)
	}
	return t, nil
}

// Kernels returns the names of the kernels that the device can run, but for those
// that compute no operation.
func (d *Device) Kernels() []string {
	var names []string
	for _, k := range shaders.All() {
		if k.Precision == "" {
			continue
		}
		t := target{info: d.info, precision: k.Precision}
		if t.stores() == nil && t.runs(k) && (k.Texels == 0 || t.texelBuffers()) && (k.Tile.Lanes == 0 || k.Tile.Lanes == t.lanes()) {
			names = append(names, k.Name)
		}
	}
	return names
}

// matrixSubgroup is the subgroup size of the kernels with cooperative matrices.
const matrixSubgroup = 32

// matrices reports whether products may go to cooperative matrices, which
// multiply float16.
func (t target) matrices() bool {
	return t.precision == nn.FP16 && !t.noMatrices && t.info.raw.CooperativeMatrix16 && t.info.fit(matrixKernels())
}

// runs reports whether the device has what the kernel needs beyond storage and
// subgroups.
func (t target) runs(k shaders.Kernel) bool {
	switch {
	case k.Matrix:
		return t.matrices()
	case k.Emulated && !t.info.raw.Float16:
		return false
	}
	return t.info.fits(k)
}

// fits reports whether the device takes the kernel's work groups.
func (i Info) fits(k shaders.Kernel) bool {
	face, err := k.Interface()
	return err == nil && i.takes(face)
}

func (i Info) takes(face shaders.Interface) bool {
	invocations := 1
	for axis, n := range face.Group {
		if int(n) > i.raw.MaxGroupSize[axis] {
			return false
		}
		invocations *= int(n)
	}
	return invocations <= i.raw.MaxGroupInvocations && face.Shared <= uint64(i.raw.MaxSharedBytes)
}

// admit returns an error unless the device can run that code in the kernel's place.
func (d *Device) admit(k shaders.Kernel, code []byte) error {
	if err := k.Check(code); err != nil {
		return err
	}
	face, err := shaders.Reflect(code)
	if err == nil && !d.info.takes(face) {
		err = fmt.Errorf("kernel %s: %w: its work groups of %v with %d bytes of shared memory are too large for %s", k.Name, ErrTooLarge, face.Group, face.Shared, d.info.Name)
	}
	return err
}

func (i Info) fit(kernels []shaders.Kernel) bool {
	return !slices.ContainsFunc(kernels, func(k shaders.Kernel) bool { return !i.fits(k) })
}

// The kernels that products on GPUs are chosen among, all of which must run.
var (
	tileKernels   = sync.OnceValue(func() []shaders.Kernel { return productKernels(false) })
	matrixKernels = sync.OnceValue(func() []shaders.Kernel { return productKernels(true) })
)

func productKernels(matrix bool) []shaders.Kernel {
	return slices.DeleteFunc(shaders.All(), func(k shaders.Kernel) bool {
		return k.Tile.Rows == 0 || k.Tile.Lanes > 0 || k.Emulated || k.Matrix != matrix
	})
}

// texelBuffers reports whether texel buffers can hold fours of the precision's
// numbers.
func (t target) texelBuffers() bool {
	return t.info.raw.RGBA32FTexels && (!t.precision.HalfWeights() || t.info.raw.RGBA16FTexels)
}

// stores returns an error unless the device can store tensors as the precision
// wants them. Weights as float16 are words to it, and texels of a format that
// every device has.
func (t target) stores() error {
	if t.precision.HalfTensors() && !t.info.raw.Storage16 {
		return fmt.Errorf("%w: %s has no 16-bit storage buffers (storageBuffer16BitAccess); %s needs nothing", ErrPrecision, t.info.Name, nn.FP16W)
	}
	return nil
}

// kernel returns the variant of a kernel for the precision.
func (t target) kernel(base string) (shaders.Kernel, error) {
	k, ok := shaders.For(base, t.precision)
	if !ok {
		return k, fmt.Errorf("%w: %s for precision %s", ErrNoKernel, base, t.precision)
	}
	return k, nil
}

// element returns the bytes of a tensor's element.
func (t target) element() int64 {
	if t.precision.HalfTensors() {
		return 2
	}
	return 4
}

// texel returns the bytes of four elements of a tensor.
func (t target) texel() int64 { return 4 * t.element() }

// bindable returns how many bytes of a storage buffer a dispatch may be given,
// less what aligning its beginning may cost.
func (t target) bindable() int64 {
	return min(t.info.raw.MaxStorageRange, 4<<30-4) - t.info.raw.StorageAlignment
}

// texels is bindable for texel buffers.
func (t target) texels() int64 {
	return t.info.raw.MaxTexelElements*t.texel() - t.info.raw.TexelAlignment
}

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
	able := r.SubgroupOperations&shuffle != 0 && r.SubgroupStages&computeStage != 0 && t.texelBuffers() && fixed
	if t.forced.Base != "" && t.forced.Tile.Lanes == 0 {
		return 0
	}
	if t.plain || t.noLanes || t.info.Type != CPU || !able || r.MaxGroupInvocations < 2*r.SubgroupSize {
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
	if k := t.forced; k.Base != "" {
		return k.Tile.Rows > 0 && k.Tile.Lanes == 0
	}
	return !t.plain && !t.noTiles && t.info.Type.GPU() && t.info.fit(tileKernels())
}

// lanesKernel returns the variant for a product of that many rows, whose
// input has that many fours of channels; wide says that the window is 1x1.
//
// The order was measured on llvmpipe: few rows want low tiles, many want tall
// ones, and 3x3 windows fare better with 16 rows than with 32.
func (t target) lanesKernel(rows int64, quads int, pointwise bool) (shaders.Kernel, error) {
	if k := t.forced; k.Tile.Lanes > 0 && quads%k.Tile.Quads == 0 {
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
