package gpu

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// products are the operations that several kernels compute.
var products = []string{"Conv2D", "Dense"}

// runnable returns those of the kernels that the device can run.
func runnable(d *Device, names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(d.Kernels(), name) })
}

func TestEveryConvolutionKernelGivesWhatTheReferenceGives(t *testing.T) {
	t.Parallel()
	d := openTest(t)
	for _, name := range d.Kernels() {
		k, ok := shaders.Named(name)
		require.True(t, ok)
		if k.Tile.Rows == 0 && k.Base != "conv2d" && k.Base != "conv2d_1x1" || k.Packed { // which has a test of its own
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, s := range optest.All(optest.Seed) {
				if !slices.Contains(products, s.Kind) {
					continue
				}
				for i, c := range s.Cases {
					if i%share(k) != 0 {
						continue
					}
					o := Options{Kernel: name, Precision: k.Precision}
					require.NoError(t, checkStored(t.Context(), d, o, c), "%s %s", s.Kind, c.Name)
				}
			}
			g, in, want := optest.Network(t, 2, 3)
			n, err := Load(d, g, Options{Batch: 3, Kernel: name, Precision: k.Precision})
			require.NoError(t, err)
			defer n.Close()
			got, err := n.RunAll(t.Context(), in)
			require.NoError(t, err)
			optest.RequireClose(t, k.Precision, got, want)
		})
	}
}

// kindOf are the operations, as optest names them, that a plain kernel computes.
var kindOf = map[string][]string{
	"activation": {"Activation"}, "add": {"Add"}, "avg_pool": {"AvgPool"}, "batch_norm": {"BatchNorm"},
	"depthwise_conv2d": {"DepthwiseConv2D"}, "gather": {"Gather"}, "global_avg_pool": {"GlobalAvgPool"}, "global_max_pool": {"GlobalMaxPool"},
	"layer_norm": {"LayerNorm", "GroupNorm"}, "matmul": {"MatMul"}, "max_pool": {"MaxPool"}, "multiply": {"Multiply"}, "softmax": {"Softmax"},
	"strided_copy": {"Transpose", "Slice"},
}

func TestEveryKernelOverFoursGivesWhatTheReferenceGives(t *testing.T) {
	t.Parallel()
	d := openTest(t)
	all := optest.All(optest.Seed)
	for _, name := range d.Kernels() {
		k, _ := shaders.Named(name)
		if k.Plain == "" || k.Tile.Rows > 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var cases []optest.Case
			for _, s := range all {
				if slices.Contains(kindOf[k.Plain], s.Kind) {
					cases = append(cases, s.Cases...)
				}
			}
			ran := 0
			for _, c := range cases {
				o := Options{Kernel: name, Precision: k.Precision}
				n, err := LoadOp(d, o, c.Op, c.Inputs...)
				require.NoError(t, err)
				applies := len(n.Program().Steps) > 0 && slices.Contains(n.Kernels(n.Program().Steps[0]), name)
				require.NoError(t, n.Close())
				if !applies {
					continue
				}
				ran++
				require.NoError(t, checkStored(t.Context(), d, o, c), c.Name)
			}
			require.Positive(t, ran, "cases that the kernel computes")
		})
	}
}

// share is the kernel's, but for VKERAS_KERNELS=all (make exhaustive), which gives a
// kernel all cases.
func share(k shaders.Kernel) int {
	if os.Getenv("VKERAS_KERNELS") == "all" {
		return 1
	}
	return k.Share()
}

// The bound is optest.Case.CheckChunks's.
func TestSumsInFloat16StayWithinTheirBound(t *testing.T) {
	d := openTest(t)
	for _, name := range runnable(d, "conv2d_packed_64x64_fp16", "conv2d_packed_128x128_fp16") {
		t.Run(name, func(t *testing.T) {
			k, _ := shaders.Named(name)
			for _, s := range optest.All(optest.Seed) {
				if !slices.Contains(products, s.Kind) {
					continue
				}
				for i, c := range s.Cases {
					if i%10 != 0 {
						continue
					}
					err := c.Half(true, true).CheckChunks(func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
						return Apply(t.Context(), d, Options{Kernel: name, Precision: nn.FP16}, op, in...)
					}, k.Chunk())
					if !errors.Is(err, ErrHalfRange) {
						require.NoError(t, err, c.Name)
					}
				}
			}
		})
	}
}

func TestAKernelThatTheDeviceCannotRunIsRefused(t *testing.T) {
	d := openTest(t)
	g, _, _ := optest.Network(t, 1, 1)
	for _, name := range []string{"conv3d", "conv2d_lanes_4_4x1"} {
		if slices.Contains(d.Kernels(), name) {
			continue
		}
		_, err := Load(d, g, Options{Kernel: name})
		require.ErrorIs(t, err, ErrNoKernel)
		require.ErrorContains(t, err, name)
	}
}
