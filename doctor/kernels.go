package doctor

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/shaders"
)

// tryKernels applies every kernel of a device to the small random cases of the
// operations that it computes, and compares with the reference. Kernels that
// only serve others are not listed. Quickly is with the first case that a kernel runs.
func tryKernels(ctx context.Context, info gpu.Info, quick bool) ([]Kernel, error) {
	device, err := gpu.Open(gpu.Choice{Name: info.Selector()})
	if err != nil {
		return nil, err
	}
	defer device.Close()
	suites := optest.All(optest.Seed)
	var list []Kernel
	for _, name := range device.Kernels() {
		h := Kernel{Name: name, Passed: true}
		k, _ := shaders.Named(name)
		for _, s := range suites {
			if !strings.HasPrefix(name, snake(s.Kind)) {
				continue
			}
			for i, c := range s.Cases {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if i%k.Share() != 0 || quick && h.Cases > 0 {
					continue
				}
				ran, err := tryCase(ctx, device, name, c)
				if ran {
					h.Cases++
				}
				if err != nil && h.Passed {
					h.Passed, h.Error = false, message(err)
				}
			}
		}
		if h.Cases > 0 || !h.Passed {
			list = append(list, h)
		}
	}
	return list, nil
}

// tryCase runs a case; ran says whether by the kernel.
func tryCase(ctx context.Context, d *gpu.Device, kernel string, c optest.Case) (ran bool, err error) {
	k, _ := shaders.Named(kernel)
	p, tolerance := k.Precision, optest.FP32 // float16 weights are exact here, results are not
	if p.HalfTensors() {
		tolerance = optest.FP16
	}
	apply := func(op nn.Op, in ...*nn.Tensor) (*nn.Tensor, error) {
		n, err := gpu.LoadOp(d, gpu.Options{Kernel: kernel, Precision: p}, op, in...)
		if err != nil {
			return nil, err
		}
		defer n.Close()
		for _, s := range n.Program().Steps {
			ran = ran || slices.Contains(n.Kernels(s), kernel)
		}
		out, err := n.RunAll(ctx, in)
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	c = c.Half(p.HalfWeights(), p.HalfTensors())
	if k.Packed {
		err = c.CheckChunks(apply, k.Chunk())
	} else {
		err = c.Check(apply, tolerance)
	}
	if errors.Is(err, gpu.ErrHalfRange) {
		return false, nil // rightly refused
	}
	return ran, err
}

// snake writes a kind as its kernel is called: BatchNorm, batch_norm.
func snake(kind string) string {
	return strings.ToLower(regexp.MustCompile(`([a-z0-9])([A-Z])`).ReplaceAllString(strings.Replace(kind, "2D", "2d", 1), "${1}_${2}"))
}
