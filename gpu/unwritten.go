package gpu

import (
	"encoding/binary"
	"unsafe"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
	"github.com/vkeras/vkeras/plan"
)

// Unwritten is the bits of what Observe and Isolate leave in elements that a step
// should have written and did not: a NaN that no arithmetic makes.
const Unwritten = 0x7fdeadbf

// unwrittenHalf stands for Unwritten in a tensor of float16.
const unwrittenHalf = 0x7ead

// spoil makes all elements of a tensor Unwritten.
func (r *recording) spoil(v *plan.Value) { r.spoilRegion(r.value(v)) }

func (r *recording) spoilRegion(at region) {
	b := r.slot.host().mapped[at.offset : at.offset+at.bytes]
	if r.net.target.precision.HalfTensors() {
		for i := 0; i < len(b); i += 2 {
			binary.LittleEndian.PutUint16(b[i:], unwrittenHalf)
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
	r.spoilRegion(region{arena, 0, r.layout.Bytes})
	if s.staging == nil {
		return nil
	}
	return s.commands.once(func(buffer unsafe.Pointer) {
		vkc.Copy(buffer, unsafe.Pointer(s.staging.handle), unsafe.Pointer(s.arena.handle), 0, 0, uint64(r.layout.Bytes))
		vkc.Barrier(buffer, vkc.TransferToCompute)
	})
}

// stir runs a step on inputs that are Unwritten.
func (r *recording) stir(s *plan.Step) error {
	for _, v := range s.Reads() {
		r.spoil(v)
	}
	return r.runStep(s)
}
