package gpu

import (
	"encoding/binary"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/gpu/internal/vulkan"
	"github.com/vkeras/vkeras/plan"
)

// Unwritten is the bits of what Observe and Isolate leave in elements that a step
// should have written and did not: a NaN that no arithmetic makes.
const Unwritten = lower.Unwritten

// spoil makes all elements of a tensor Unwritten.
func (r *recording) spoil(v *plan.Value) { r.spoilRegion(r.value(v)) }

func (r *recording) spoilRegion(at lower.Region) {
	b := r.slot.host().Mapped[at.Offset : at.Offset+at.Bytes]
	if r.net.target.Precision.HalfTensors() {
		for i := 0; i < len(b); i += 2 {
			binary.LittleEndian.PutUint16(b[i:], lower.UnwrittenHalf)
		}
		return
	}
	for i := 0; i < len(b); i += 4 {
		binary.LittleEndian.PutUint32(b[i:], Unwritten)
	}
}

// spoil makes every tensor of a batch Unwritten, and what steps have besides.
func (s *slot) spoil(batch int) error {
	r, err := s.recording(batch)
	if err != nil {
		return err
	}
	r.spoilRegion(lower.Region{In: lower.Arena, Offset: 0, Bytes: r.layout.Bytes})
	if s.staging == nil {
		return nil
	}
	return s.commands.Once(func(buffer vulkan.Recorder) {
		buffer.Copy(s.staging, s.arena, 0, 0, r.layout.Bytes)
		buffer.Barrier(vulkan.TransferToCompute)
	})
}

// stir runs a step on inputs that are Unwritten.
func (r *recording) stir(s *plan.Step) error {
	for v := range s.Reads() {
		r.spoil(v)
	}
	return r.runStep(s)
}
