package gpu

import (
	"cmp"
	"slices"
	"sync"

	"github.com/vkeras/vkeras/gpu/internal/lower"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// stream reads kernels that were left in the model's file, each when it is to
// be packed, into memory that is used again for the next.
type stream struct {
	net  *Net
	free sync.Pool // of *[]float32
}

// pack has write write the step's packed weights. p is how they are packed,
// and good as it is unless the kernel must be read first.
func (m *stream) pack(s *plan.Step, p lower.Packing, write func(lower.Region, lower.Packing) error) error {
	var buffer *[]float32
	op, err := nn.Load(s.Op, func(n int) []float32 {
		buffer = m.take(n)
		return *buffer
	})
	if buffer != nil {
		defer m.free.Put(buffer)
	}
	if err != nil {
		return err
	}
	if op != s.Op {
		read := *s
		read.Op = op
		if p, err = lower.Pack(m.net.target, &read); err != nil {
			return err
		}
	}
	return write(m.net.packed[s], p)
}

// take returns a slice of n elements.
func (m *stream) take(n int) *[]float32 {
	b, ok := m.free.Get().(*[]float32)
	if !ok || cap(*b) < n {
		b = new([]float32)
		*b = make([]float32, n)
	}
	*b = (*b)[:n]
	return b
}

// largestFirst returns the steps that have weights, so that buffers are made
// once, and no core is left with the largest when the others are done.
func (n *Net) largestFirst(packings map[*plan.Step]lower.Packing) []*plan.Step {
	var steps []*plan.Step
	for s := range packings {
		steps = append(steps, s)
	}
	slices.SortFunc(steps, func(a, b *plan.Step) int {
		if c := cmp.Compare(n.packed[b].Bytes, n.packed[a].Bytes); c != 0 {
			return c
		}
		return cmp.Compare(n.packed[a].Offset, n.packed[b].Offset)
	})
	return steps
}
