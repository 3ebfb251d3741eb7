package cpu

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// region is a part of the net's weights.
type region struct{ offset, bytes int64 }

// packing is weights yet to be written, in parts that can be written at the same
// time.
type packing struct {
	bytes int64
	parts int
	write func(dst []byte, part int) error
}

// pack writes the weights of all steps, the largest first, so that no core is
// left with the largest when the others are done.
func (n *Net) pack() error {
	n.packed = map[*plan.Step]region{}
	var steps []*plan.Step
	var total int64
	for _, s := range n.parts() {
		op, err := operatorOf(s.Op)
		if err != nil {
			return fmt.Errorf("layer %q: %w", s.Name, err)
		}
		if p := op.pack(n, s); p.bytes > 0 {
			n.packed[s] = region{total, p.bytes}
			total += (p.bytes + simd.Align - 1) / simd.Align * simd.Align
			steps = append(steps, s)
		}
	}
	zeros := n.zeros()
	var err error
	if n.weights, err = simd.Allocate(total + zeros); err != nil {
		return fmt.Errorf("the weights: %w", err)
	}
	slices.SortStableFunc(steps, func(a, b *plan.Step) int { return cmp.Compare(n.packed[b].bytes, n.packed[a].bytes) })
	var group errgroup.Group
	group.SetLimit(n.options.Threads)
	var buffers sync.Pool // of *[]float32, for kernels that are read now
	for _, s := range steps {
		group.Go(func() error {
			if err := n.packStep(s, &buffers); err != nil {
				return fmt.Errorf("layer %q: %w", s.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// parts returns what the program's steps compute, siblings behind their steps.
func (n *Net) parts() []*plan.Step {
	var all []*plan.Step
	for _, s := range n.program.Steps {
		all = append(all, s.Parts()...)
	}
	return all
}

// packStep reads a step's kernel, where it is deferred, and packs it.
func (n *Net) packStep(s *plan.Step, buffers *sync.Pool) error {
	var buffer *[]float32
	op, err := nn.Load(s.Op, func(elements int) []float32 {
		b, ok := buffers.Get().(*[]float32)
		if !ok || cap(*b) < elements {
			b = new([]float32)
			*b = make([]float32, elements)
		}
		buffer = b
		return (*b)[:elements]
	})
	if buffer != nil {
		defer buffers.Put(buffer)
	}
	if err != nil {
		return err
	}
	read := *s
	read.Op = op
	by, err := operatorOf(op)
	if err != nil {
		return err
	}
	p := by.pack(n, &read)
	at := n.packed[s]
	dst := n.weights.Bytes()[at.offset : at.offset+at.bytes : at.offset+at.bytes]
	if p.parts == 1 {
		return p.write(dst, 0)
	}
	var group errgroup.Group
	group.SetLimit(n.options.Threads)
	for part := range p.parts {
		group.Go(func() error { return p.write(dst, part) })
	}
	return group.Wait()
}

// weightsAt returns a pointer to a step's packed weights, so many bytes behind
// their begin.
func (n *Net) weightsAt(s *plan.Step, offset int64) unsafe.Pointer {
	return unsafe.Pointer(&n.weights.Bytes()[n.packed[s].offset+offset])
}

// weightFloats returns the first n numbers of a step's packed weights.
func (n *Net) weightFloats(s *plan.Step, count int) []float32 {
	return unsafe.Slice((*float32)(n.weightsAt(s, 0)), count)
}

// tensors packs numbers one behind the other, each list at a multiple of
// simd.Align, in every precision: the kernels that take them multiply by no
// matrix.
func tensors(lists ...[]float32) packing {
	var total int64
	for _, t := range lists {
		total += room(len(t))
	}
	return packing{total, 1, func(dst []byte, _ int) error {
		for _, t := range lists {
			copy(unsafe.Slice((*float32)(unsafe.Pointer(&dst[0])), len(t)), t)
			dst = dst[room(len(t)):]
		}
		return nil
	}}
}

// room returns the bytes of n floats, up to where the next list begins.
func room(n int) int64 { return (4*int64(n) + simd.Align - 1) / simd.Align * simd.Align }

// halfEnd, halfway from the largest number of float16 to the next one if there
// were one, is the first that rounds to infinity.
const halfEnd = 65520

// checkHalf returns an error for a weight that float16 cannot store.
func checkHalf(values []float32) error {
	for _, v := range values {
		if size := math.Abs(float64(v)); size >= halfEnd && !math.IsInf(size, 0) {
			return fmt.Errorf("%w: a weight of %v; the largest number of float16 is 65504: compute in %s", ErrHalfRange, v, nn.FP32)
		}
	}
	return nil
}
