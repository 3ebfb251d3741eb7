package gpu

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/internal/cachefile"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// The fast kernels rest on more of a driver than the plain ones do: subgroups
// of the size that it states, texels, shared memory and its barriers,
// specialization constants. A driver
// that has these wrong answers nonsense without an error. So each fast kernel
// that a net uses is compared, once a device and driver, with the plain kernel
// whose place it takes, on something small; one that differs is used no more, nor others of its
// kind, and the plain ones take over.

// checks is what a device knows of its fast kernels.
type checks struct {
	right  map[string]bool // by kernel
	doubts []string        // for people
	// Kinds that are used no more.
	noLanes, noTiles, noQuads bool
}

// kind returns whether kernels of that kind are used no more.
func (c *checks) kind(k shaders.Kernel) *bool {
	switch {
	case k.Tile.Lanes != 0:
		return &c.noLanes
	case k.Tile.Rows != 0:
		return &c.noTiles
	}
	return &c.noQuads
}

// Doubts says in whole sentences which kernels gave wrong results on this device
// and are not used; empty on a device that computes right.
func (d *Device) Doubts() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.checks.doubts)
}

// checksKernels reports whether the net chose its kernels itself.
func (n *Net) checksKernels() bool {
	return !n.options.LayerByLayer && n.options.Kernel == "" && len(n.options.SPIRV) == 0
}

// trusts checks the net's fast kernels that were not checked yet, and reports
// whether all are right. One that somebody forces or replaces is his own.
func (n *Net) trusts() (bool, error) {
	if !n.checksKernels() {
		return true, nil
	}
	d := n.device
	for _, x := range n.full {
		k := x.Kernel
		if k.Plain == "" {
			continue
		}
		d.mu.Lock()
		known := d.checks.right[k.Name]
		d.mu.Unlock()
		if known || d.wasRight(k) {
			continue
		}
		right, err := d.check(k, n.options.Precision)
		if err != nil {
			return false, fmt.Errorf("check kernel %s: %w", k.Name, err)
		}
		if left := (checks{noLanes: n.target.NoLanes, noTiles: n.target.NoTiles, noQuads: n.target.NoQuads}); !right && *left.kind(k) {
			return false, fmt.Errorf("%w: %s gives wrong results on %s", ErrNoKernel, k.Name, d.info.Name)
		}
		if !right {
			d.doubt(k)
			return false, nil
		}
		d.mu.Lock()
		d.checks.right[k.Name] = true
		d.mu.Unlock()
		if folder, err := cachefile.Folder(); err == nil {
			_ = cachefile.Write(folder, d.checkName(k), d.checkKey(k), []byte("right"))
		}
	}
	return true, nil
}

// check compares a kernel with the plain one.
func (d *Device) check(k shaders.Kernel, p nn.Precision) (bool, error) {
	op, in := checkCase(k)
	got, err := Apply(context.Background(), d, Options{Kernel: k.Name, Precision: p}, op, in...)
	if err != nil {
		return false, err
	}
	want, err := Apply(context.Background(), d, Options{Kernel: k.Plain}, op, in...)
	if err != nil {
		return false, err
	}
	var largest, apart float64
	for i, w := range want.Data {
		largest = max(largest, math.Abs(float64(w)))
		apart = max(apart, math.Abs(float64(got.Data[i])-float64(w))) // NaN stays
	}
	allowed := 1e-4
	if p.HalfWeights() || p.HalfTensors() {
		allowed = 3e-2
	}
	return apart <= allowed*largest, nil
}

// checkCase returns what a kernel is tried on: borders, a bias and an end that
// fills no work group.
func checkCase(k shaders.Kernel) (nn.Op, []*nn.Tensor) {
	rng := rand.New(rand.NewPCG(1, 2))
	fill := func(shape ...int) *nn.Tensor {
		t := nn.NewTensor(shape...)
		for i := range t.Data {
			t.Data[i] = float32(rng.NormFloat64())
		}
		return t
	}
	const filters = 20
	channels := 4 * max(k.Tile.Quads, 3)
	if k.Defines["ODD"] != 0 {
		channels = 6
	}
	x := fill(2, 5, 7, channels)
	size, stride := max(k.Defines["SIZE"], 3), max(k.Defines["STRIDE"], 1)
	window := nn.Square(size, stride).Same(5, 7)
	switch k.Plain {
	case "depthwise_conv2d":
		return &nn.DepthwiseConv2D{Multiplier: 1, Window: window, UseBias: true, Kernel: fill(size, size, channels, 1), Bias: fill(channels)}, []*nn.Tensor{x}
	case "max_pool":
		return &nn.MaxPool{Window: window}, []*nn.Tensor{x}
	case "avg_pool":
		return &nn.AvgPool{Window: window}, []*nn.Tensor{x}
	case "global_max_pool":
		return &nn.GlobalMaxPool{}, []*nn.Tensor{x}
	case "global_avg_pool":
		return &nn.GlobalAvgPool{}, []*nn.Tensor{x}
	case "activation":
		return &nn.Activation{Func: nn.Swish}, []*nn.Tensor{x}
	case "add":
		return &nn.Add{}, []*nn.Tensor{x, fill(2, 5, 7, channels)}
	case "multiply":
		factors := fill(2, 1, 1, channels)
		if strings.HasPrefix(k.Base, "multiply") {
			factors = fill(2, 5, 7, channels)
		}
		return &nn.Multiply{}, []*nn.Tensor{x, factors}
	case "batch_norm":
		variance := fill(channels)
		for i, v := range variance.Data {
			variance.Data[i] = v*v + 0.5
		}
		return &nn.BatchNorm{Axis: -1, Epsilon: 1e-3, Scale: true, Center: true, Gamma: fill(channels), Beta: fill(channels), Mean: fill(channels), Variance: variance}, []*nn.Tensor{x}
	case "matmul":
		columns := 8
		if k.Defines["ODD"] != 0 {
			columns = 7
		}
		return &nn.MatMul{}, []*nn.Tensor{x, fill(2, 5, channels, columns)}
	case "gather":
		return &nn.Gather{Axis: 1, Positions: []int32{6, -1, 2, 2, 0}, Fill: 0.5}, []*nn.Tensor{x}
	case "strided_copy":
		return &nn.Transpose{Axes: []int{1, 0, 2}}, []*nn.Tensor{x}
	case "layer_norm":
		return &nn.LayerNorm{Func: nn.NormStandard, Epsilon: 1e-3, Scale: true, Center: true, Gamma: fill(channels), Beta: fill(channels)}, []*nn.Tensor{x}
	case "softmax":
		return &nn.Softmax{}, []*nn.Tensor{x}
	}
	return &nn.Conv2D{Filters: filters, Window: window, UseBias: true, Kernel: fill(3, 3, channels, filters), Bias: fill(filters)}, []*nn.Tensor{x}
}

// doubt takes the kernel's kind out of use.
func (d *Device) doubt(k shaders.Kernel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kind := d.checks.kind(k)
	if *kind {
		return // by another net, meanwhile
	}
	*kind = true
	d.checks.doubts = append(d.checks.doubts, fmt.Sprintf("The kernel %s gives wrong results on %s (driver %s): kernels of its kind are not used, and layers take longer.", k.Name, d.info.Name, d.info.Driver))
}

// checkName is the file of a kernel's verdict: one a device, so that a driver's
// update replaces it.
func (d *Device) checkName(k shaders.Kernel) string {
	return fmt.Sprintf("right-%04x-%04x-%s-%s.bin", d.info.physical.VendorID, d.info.physical.DeviceID, d.info.UUID, k.Name)
}

// checkKey is what a verdict depends on: device, driver and the kernels' code.
func (d *Device) checkKey(k shaders.Kernel) []byte {
	digest := shaders.Digest()
	return fmt.Appendf(nil, "%s\x00%d\x00%d\x00%s\x00%x", d.info.physical.DriverKey(), d.info.physical.SubgroupSize, d.info.physical.Type, k.Name, digest)
}

// wasRight reports whether an earlier process found the kernel right.
func (d *Device) wasRight(k shaders.Kernel) bool {
	folder, err := cachefile.Folder()
	if err != nil {
		return false
	}
	verdict, err := cachefile.Read(folder, d.checkName(k), d.checkKey(k))
	return err == nil && string(verdict) == "right"
}
