package gpu

import (
	"context"
	"fmt"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// Held is what a run made, still on the device. It keeps the memory of one run
// in flight until Release, so Close of its net waits for that.
type Held struct {
	Outputs []*nn.Tensor // of the net; the host's copies

	recording *recording
	released  bool
}

// Hold runs one batch and leaves every tensor where it is, for a Canvas to draw.
// The net must have been loaded with OnDevice, and in FP32.
func (n *Net) Hold(ctx context.Context, in []*nn.Tensor) (*Held, error) {
	batch, err := n.program.Graph.CheckInputs(in)
	if err != nil {
		return nil, err
	}
	if !n.options.OnDevice || batch > n.options.Batch || n.target.Element() != 4 {
		return nil, fmt.Errorf("holding tensors needs a net loaded with OnDevice, in FP32, and for a batch of %d or more", batch)
	}
	s, err := n.slots.Take(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.submit(ctx, in, 0, batch)
	if err != nil {
		n.slots.Give(s)
		return nil, err
	}
	h := &Held{recording: r}
	for i, v := range n.program.Outputs {
		t := nn.NewTensor(v.Shape.Batch(batch)...)
		r.get(t.Data, r.outputs[i])
		h.Outputs = append(h.Outputs, t)
	}
	return h, nil
}

// Release lets go of the tensors. Nothing may be drawing them.
func (h *Held) Release() {
	if !h.released {
		h.released = true
		h.recording.net.slots.Give(h.recording.slot)
	}
}

// Tensor is for package draw: the buffer with the first image's tensor, and the
// byte where it begins.
func (h *Held) Tensor(v *plan.Value) (in *vulkan.Buffer, offset int64) {
	return h.recording.slot.arena, h.recording.layout.At(v)
}

// Released reports whether Release was called.
func (h *Held) Released() bool { return h.released }

// Element reads one element of the first image's tensor, by its place in NHWC
// order.
func (h *Held) Element(v *plan.Value, at int) (float32, error) {
	if at < 0 || at >= v.Shape.Len() {
		return 0, fmt.Errorf("element %d of %q, whose shape is %v", at, v.Node.Name, v.Shape)
	}
	s := h.recording.slot
	from, element := lower.Region{In: lower.Arena, Offset: h.recording.layout.At(v) + 4*int64(at), Bytes: 4}, []float32{0}
	if s.staging == nil {
		h.recording.get(element, from)
		return element[0], nil
	}
	err := s.commands.Once(func(buffer vulkan.Recorder) {
		buffer.Barrier(vulkan.ComputeToTransfer)
		buffer.Copy(s.arena, s.staging, from.Offset, 0, 4)
		buffer.Barrier(vulkan.ToHost)
	})
	if err != nil {
		return 0, err
	}
	from.Offset = 0 // what was there has been used
	h.recording.get(element, from)
	return element[0], nil
}
