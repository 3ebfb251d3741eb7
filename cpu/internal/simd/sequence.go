package simd

import (
	"fmt"
	"unsafe"
)

// Call is one call of a kernel: *Product, *Window, *Reduce, *Map or *Softmax.
type Call interface {
	// Run calls the kernel of a set, with Scratch bytes of the thread's own.
	Run(s *Set, scratch unsafe.Pointer)
}

// Run calls the kernel; Product.Scratch is not looked at.
func (p *Product) Run(s *Set, scratch unsafe.Pointer) {
	a := *p
	a.Scratch = scratch
	s.Product(&a)
}

// Run calls the kernel.
func (w *Window) Run(s *Set, _ unsafe.Pointer) { s.Window(w) }

// Run calls the kernel.
func (r *Reduce) Run(s *Set, _ unsafe.Pointer) { s.Reduce(r) }

// Run calls the kernel.
func (m *Map) Run(s *Set, _ unsafe.Pointer) { s.Map(m) }

// Run calls the kernel.
func (m *Softmax) Run(s *Set, _ unsafe.Pointer) { s.Softmax(m) }

// Sequence is steps of calls, laid out for a Crew.
type Sequence struct {
	set    *Set
	memory *Memory
	steps  int
}

// NewSequence lays steps out for a crew of so many threads; nil where the set's
// kernels are in Go. What the calls point to is memory of Allocate, and must outlive
// the sequence.
func (s *Set) NewSequence(steps [][]Call, threads int) (*Sequence, error) {
	if s.native == nil {
		return nil, nil
	}
	memory, err := layOut(steps, threads)
	if err != nil {
		return nil, fmt.Errorf("%d steps: %w", len(steps), err)
	}
	return &Sequence{s, memory, len(steps)}, nil
}

// Free gives the sequence's memory back: when the crew that ran it is closed.
// Freeing nil does nothing.
func (q *Sequence) Free() {
	if q != nil {
		q.memory.Free()
	}
}
