//go:build cgo

package simd

/*
#cgo noescape vk_crew_work
#cgo nocallback vk_crew_work
#cgo noescape vk_crew_begin
#cgo nocallback vk_crew_begin
#cgo noescape vk_crew_lead
#cgo nocallback vk_crew_lead
#cgo noescape vk_crew_stop
#cgo nocallback vk_crew_stop
#include "crew.h"
*/
import "C"

import (
	"context"
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// Crew is threads that run sequences, one at a time: whoever asks, and workers. They
// do not come back to Go between steps. Go's scheduler takes the place of a thread
// whose call into C lasts longer than some microseconds and looks for another to give
// it to, on the cores that compute: with a call for each tile that took up to a third
// of the speed. It leaves one such thread alone, for ten milliseconds, if all others
// have no place, as workers that stay in C.
type Crew struct {
	c       *C.vk_crew
	yielded time.Time
}

// NewCrew returns a crew of so many threads, the workers still to come; nil where the
// set's kernels are in Go.
func (s *Set) NewCrew(threads int) (*Crew, error) {
	if s.native == nil {
		return nil, nil
	}
	c := C.vk_crew_make((*C.vk_kernels)(s.native), C.int64_t(threads))
	if c == nil {
		return nil, fmt.Errorf("%w: threads", ErrOutOfMemory)
	}
	return &Crew{c: c}, nil
}

// Work is the life of a worker, of which the first is 1: it returns when the crew is
// closed. scratch is Set.Scratch bytes of its own.
func (c *Crew) Work(worker int, scratch unsafe.Pointer) {
	C.vk_crew_work(c.c, C.int64_t(worker), scratch)
}

// Run runs count steps of a sequence, from a first one on, and returns when they are
// done: or with ctx's error, when it is done between two steps, with no call under
// way. Only one Run may be under way. scratch is Set.Scratch bytes of its own.
func (c *Crew) Run(ctx context.Context, q *Sequence, first, count int, scratch unsafe.Pointer) error {
	if first < 0 || count < 0 || first+count > q.steps {
		panic(fmt.Sprintf("steps %d to %d of a sequence of %d", first, first+count, q.steps))
	}
	steps := unsafe.Add(unsafe.Pointer(&q.memory.bytes[0]), uintptr(first)*unsafe.Sizeof(C.vk_step{}))
	C.vk_crew_begin(c.c, (*C.vk_step)(steps), C.int64_t(count))
	for at := C.int64_t(0); ; {
		at = C.vk_crew_lead(c.c, at, scratch)
		if now := time.Now(); now.Sub(c.yielded) > 5*time.Millisecond {
			runtime.Gosched()
			c.yielded = now
		}
		if int(at) == count {
			return nil
		}
		if ctx.Err() != nil {
			C.vk_crew_stop(c.c)
			return ctx.Err()
		}
	}
}

// Close makes the workers return. Closing nil does nothing.
func (c *Crew) Close() {
	if c != nil {
		C.vk_crew_close(c.c)
	}
}

// Free gives the crew's memory back, when all workers have returned. Freeing nil does
// nothing.
func (c *Crew) Free() {
	if c != nil {
		C.vk_crew_free(c.c)
	}
}

// layOut copies steps into memory: the steps, their lanes, their calls, the calls'
// arguments.
func layOut(steps [][]Call, threads int) (*Memory, error) {
	const ofStep, ofLane, ofCall = int64(unsafe.Sizeof(C.vk_step{})), int64(unsafe.Sizeof(C.vk_lane{})), int64(unsafe.Sizeof(C.vk_call{}))
	calls, arguments := int64(0), int64(0)
	for _, s := range steps {
		for _, c := range s {
			_, a := argumentsOf(c)
			calls, arguments = calls+1, arguments+aligned(len(a))
		}
	}
	atLane := int64(len(steps)) * ofStep
	atCall := atLane + int64(len(steps)*threads)*ofLane
	at := atCall + aligned(int(calls*ofCall))
	m, err := Allocate(at + arguments)
	if err != nil {
		return nil, err
	}
	pointer := func(at int64) unsafe.Pointer { return unsafe.Pointer(&m.bytes[at]) }
	for i, s := range steps {
		if len(s) == 0 {
			continue
		}
		*(*C.vk_step)(pointer(int64(i) * ofStep)) = C.vk_step{
			calls: C.int64_t(len(s)), list: (*C.vk_call)(pointer(atCall)), lanes: (*C.vk_lane)(pointer(atLane + int64(i*threads)*ofLane)),
		}
		for _, c := range s {
			kind, a := argumentsOf(c)
			copy(m.bytes[at:], a)
			*(*C.vk_call)(pointer(atCall)) = C.vk_call{kind: C.int64_t(kind), arguments: pointer(at)}
			atCall, at = atCall+ofCall, at+aligned(len(a))
		}
	}
	return m, nil
}

// argumentsOf returns the number of a call's kernel, and the bytes of its arguments.
func argumentsOf(c Call) (kind int, arguments []byte) {
	switch a := c.(type) {
	case *Product:
		return C.VK_PRODUCT, bytesOf(a)
	case *Window:
		return C.VK_WINDOW, bytesOf(a)
	case *Reduce:
		return C.VK_REDUCE, bytesOf(a)
	case *Map:
		return C.VK_MAP, bytesOf(a)
	case *Softmax:
		return C.VK_SOFTMAX, bytesOf(a)
	}
	panic(fmt.Sprintf("a call of %T", c))
}

func bytesOf[T any](a *T) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(a)), unsafe.Sizeof(*a)) }

func aligned(bytes int) int64 { return (int64(bytes) + Align - 1) / Align * Align }
