package profile

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/cpu"
	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Subject is a net that can be measured: OnGPU or OnCPU.
type Subject interface {
	Program() *plan.Program
	Precision() nn.Precision
	Bytes(*plan.Step) int64

	batch() int
	layerByLayer() bool
	about() (device, kind, driver string)
	kernels(*plan.Step) []Kernel
	// Clock is what times the net's parts.
	Clock() gpu.Clock
	// Profile runs one batch and times its parts by that clock or by gpu.NoClock.
	Profile(ctx context.Context, in []*nn.Tensor, clock gpu.Clock) (*gpu.Profile, error)
}

// OnGPU is a net on a Vulkan device as a Subject.
func OnGPU(n *gpu.Net) Subject { return vulkanNet{n} }

// OnCPU is a net on the processor as a Subject, timed by the processor's clock.
func OnCPU(n *cpu.Net) Subject { return nativeNet{n} }

type vulkanNet struct{ *gpu.Net }

func (n vulkanNet) batch() int         { return n.Options().Batch }
func (n vulkanNet) layerByLayer() bool { return n.Options().LayerByLayer }

func (n vulkanNet) about() (device, kind, driver string) {
	info := n.Device().Info()
	return info.Name, string(info.Type), info.Driver
}

func (n vulkanNet) kernels(s *plan.Step) (list []Kernel) {
	for _, d := range n.Dispatches(s) {
		k := Kernel{Name: d.Kernel, Dispatches: 1, Groups: int64(d.Groups[0]) * int64(d.Groups[1]) * int64(d.Groups[2])}
		if known, ok := shaders.Named(d.Kernel); ok && known.Tile.Rows > 0 {
			k.Tile = fmt.Sprintf("%dx%d", known.Tile.Rows, known.Tile.Columns)
		}
		list = addKernel(list, k)
	}
	return list
}

type nativeNet struct{ *cpu.Net }

func (n nativeNet) batch() int         { return n.Options().Batch }
func (n nativeNet) layerByLayer() bool { return n.Options().LayerByLayer }

func (n nativeNet) about() (device, kind, driver string) {
	return cpu.Host().Name, "native", fmt.Sprintf("%s, %d threads", n.Options().Kernels, n.Options().Threads)
}

// kernels counts as groups the tiles that the threads share.
func (n nativeNet) kernels(s *plan.Step) (list []Kernel) {
	for _, w := range n.Work(s) {
		list = addKernel(list, Kernel{Name: w.Kernel, Dispatches: 1, Groups: int64(w.Tiles)})
	}
	return list
}

func (nativeNet) Clock() gpu.Clock { return gpu.DeviceClock }

// Profile is the net's own, all of its steps being one submission.
func (n nativeNet) Profile(ctx context.Context, in []*nn.Tensor, clock gpu.Clock) (*gpu.Profile, error) {
	p, err := n.Net.Profile(ctx, in)
	if err != nil {
		return nil, err
	}
	begin, end := p.Upload.At+p.Upload.Took, p.Readback.At
	s := gpu.Submission{Span: gpu.Span{At: begin, Took: end - begin}, Busy: end - begin}
	for _, step := range p.Steps {
		if clock != gpu.NoClock {
			s.Work = append(s.Work, gpu.Work{Span: gpu.Span{At: step.At - begin, Took: step.Took}, Steps: []*plan.Step{step.Step}})
		}
	}
	return &gpu.Profile{Upload: gpu.Span(p.Upload), Submissions: []gpu.Submission{s}, Readback: gpu.Span(p.Readback), Wall: p.Wall}, nil
}
