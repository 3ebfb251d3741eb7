package gpu

import (
	"math"
	"unsafe"

	"github.com/vkeras/vkeras/gpu/internal/vkc"
	"github.com/vkeras/vkeras/plan"
)

// Unwritten is the bits of what Observe and Isolate leave in elements that a step
// should have written and did not: a NaN that no arithmetic makes.
const Unwritten = 0x7fdeadbf

// spoil makes all elements Unwritten.
func spoil(y []float32) {
	for i := range y {
		y[i] = math.Float32frombits(Unwritten)
	}
}

// spoil makes every tensor of a batch Unwritten.
func (s *slot) spoil(batch int) error {
	r, err := s.recording(batch)
	if err != nil {
		return err
	}
	for _, v := range s.net.program.Values {
		spoil(r.value(v))
	}
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
		spoil(r.value(v))
	}
	return r.runStep(s)
}
