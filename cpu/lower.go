package cpu

import (
	"fmt"
	"unsafe"

	"github.com/vkeras/vkeras/cpu/internal/simd"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
)

// operator is how the steps of one kind of operation run on a processor. Each has
// a file of the operation's name.
type operator interface {
	// pack returns the step's weights as its kernels want them.
	pack(n *Net, s *plan.Step) packing
	// scratch returns the bytes that the step needs besides its tensors.
	scratch(s *plan.Step, batch int) int64
	// lower emits the step's work.
	lower(l *lowered, s *plan.Step) error
}

// operatorOf returns the operator of an operation: the one place, besides its
// file, that a new operation is added to in this package.
func operatorOf(op nn.Op) (operator, error) {
	switch op := op.(type) {
	case *nn.Activation:
		return activation{op: op}, nil
	case *nn.Add:
		return merge{kind: simd.Add}, nil
	case *nn.AvgPool:
		return pool{kind: simd.Mean}, nil
	case *nn.BatchNorm:
		return batchNorm{op: op}, nil
	case *nn.Binary:
		return binary{op: op}, nil
	case *nn.Concat:
		return concat{op: op}, nil
	case *nn.Constant:
		return constant{op: op}, nil
	case *nn.Conv2D:
		return conv2D{op: op}, nil
	case *nn.Conv2DTranspose:
		return conv2DTranspose{op: op}, nil
	case *nn.Crop:
		return pad{}, nil
	case *nn.Dense:
		return dense{op: op}, nil
	case *nn.DepthwiseConv2D:
		return depthwise{op: op}, nil
	case *nn.Gather:
		return gather{op: op}, nil
	case *nn.GlobalAvgPool:
		return globalPool{kind: simd.Mean}, nil
	case *nn.GlobalMaxPool:
		return globalPool{kind: simd.Largest}, nil
	case *nn.GroupNorm:
		return groupNorm{op: op}, nil
	case *nn.GroupedConv2D:
		return groupedConv2D{op: op}, nil
	case *nn.LayerNorm:
		return layerNorm{op: op}, nil
	case *nn.LayerScale:
		return layerScale{op: op}, nil
	case *nn.LogSoftmax:
		return logSoftmax{op: op}, nil
	case *nn.MatMul:
		return matMul{op: op}, nil
	case *nn.MaxPool:
		return pool{kind: simd.Largest}, nil
	case *nn.Multiply:
		return merge{kind: simd.Multiply}, nil
	case *nn.Normalize:
		return normalize{op: op}, nil
	case *nn.PReLU:
		return preLU{op: op}, nil
	case *nn.Reduce:
		return reduce{op: op}, nil
	case *nn.Rescale:
		return rescale{op: op}, nil
	case *nn.Resize:
		return resize{op: op}, nil
	case *nn.Slice:
		return slice{op: op}, nil
	case *nn.Softmax:
		return softmax{op: op}, nil
	case *nn.Sort:
		return sortAlong{op: op}, nil
	case *nn.Sparsemax:
		return sparsemax{op: op}, nil
	case *nn.Transpose:
		return transpose{op: op}, nil
	case *nn.Unary:
		return unary{op: op}, nil
	case *nn.ZeroPad:
		return pad{}, nil
	}
	return nil, fmt.Errorf("the processor computes no %s", op.Kind())
}

// weightless is embedded by operators without weights.
type weightless struct{}

func (weightless) pack(*Net, *plan.Step) packing { return packing{} }

// frugal is embedded by operators without scratch.
type frugal struct{}

func (frugal) scratch(*plan.Step, int) int64 { return 0 }

// work is what the threads do before they wait for one another: a number of
// tiles, each by one of them.
type work struct {
	step   *plan.Step
	kernel string // of internal/simd, or inGo
	tiles  int
	do     func(tile, worker int)
	calls  []simd.Call // what do does, tile by tile, where it is calls of kernels alone

	sequence *simd.Sequence // with calls, where the kernels are in C; nil: none
	at       int            // the step of it
}

// inGo stands for a kernel where plain Go of this package computes.
const inGo = "go"

// slot is the memory of one batch.
type slot struct {
	net     *Net
	arena   *simd.Memory
	lowered map[int]*lowered // by batch
}

// lowered is the program as work on a slot's memory, for a batch of some size.
type lowered struct {
	net   *Net
	slot  *slot
	batch int
	work  []work

	sequence *simd.Sequence // of all calls
}

// lower returns the work of a batch, made at first use.
func (s *slot) lower(batch int) (*lowered, error) {
	if l, ok := s.lowered[batch]; ok {
		return l, nil
	}
	l := &lowered{net: s.net, slot: s, batch: batch}
	for _, step := range s.net.program.Steps {
		if err := l.step(step); err != nil {
			return nil, fmt.Errorf("layer %q: %w", step.Name, err)
		}
	}
	var err error
	if l.sequence, err = seal(s.net.set, s.net.team, l.work); err != nil {
		return nil, err
	}
	s.lowered[batch] = l
	return l, nil
}

// seal makes a sequence of the calls of some work; nil where the kernels are in Go.
func seal(set *simd.Set, t *team, all []work) (*simd.Sequence, error) {
	steps := make([][]simd.Call, len(all))
	for i, w := range all {
		steps[i] = w.calls
	}
	q, err := set.NewSequence(steps, t.threads)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if w := &all[i]; w.calls != nil {
			w.sequence, w.at = q, i
		}
	}
	return q, nil
}

// free gives back what the slot holds.
func (s *slot) free() {
	for _, l := range s.lowered {
		l.sequence.Free()
	}
	s.arena.Free()
}

// step emits a step's work.
func (l *lowered) step(s *plan.Step) error {
	op, err := operatorOf(s.Op)
	if err != nil {
		return err
	}
	return op.lower(l, s)
}

// emit adds work of so many tiles to a step.
func (l *lowered) emit(s *plan.Step, kernel string, tiles int, do func(tile, worker int)) {
	l.work = append(l.work, work{step: s, kernel: kernel, tiles: tiles, do: do})
}

// call adds calls of a kernel to a step, each of them a tile.
func (l *lowered) call(s *plan.Step, kernel string, calls []simd.Call) {
	w := workOf(l.net.set, l.net.team, calls)
	w.step, w.kernel = s, kernel
	l.work = append(l.work, w)
}

// workOf returns calls as work, each of them a tile.
func workOf(set *simd.Set, t *team, calls []simd.Call) work {
	return work{tiles: len(calls), calls: calls, do: func(tile, worker int) { calls[tile].Run(set, t.of(worker)) }}
}

// tile is a call with what follows it in Go, nil for nothing.
type tile struct {
	call simd.Call
	then func()
}

// callThen is call where something may follow a call.
func (l *lowered) callThen(s *plan.Step, kernel string, tiles []tile) {
	calls, alone := make([]simd.Call, len(tiles)), true
	for i, t := range tiles {
		calls[i], alone = t.call, alone && t.then == nil
	}
	if alone {
		l.call(s, kernel, calls)
		return
	}
	do := workOf(l.net.set, l.net.team, calls).do
	l.emit(s, kernel, len(tiles), func(i, worker int) {
		do(i, worker)
		if then := tiles[i].then; then != nil {
			then()
		}
	})
}

// callEach adds calls of a kernel to a step, each for some of n things that cost so
// much each, from..to.
func (l *lowered) callEach(s *plan.Step, kernel string, n int, cost float64, of func(from, to int) simd.Call) {
	l.callWithin(s, kernel, 1, n, cost, func(_, from, to int) simd.Call { return of(from, to) })
}

// callWithin is callEach for n things in each of some others, such as images.
func (l *lowered) callWithin(s *plan.Step, kernel string, others, n int, cost float64, of func(other, from, to int) simd.Call) {
	tiles := min(n, (l.tilesOf(others*n, cost)+others-1)/others) // of one
	calls := make([]simd.Call, 0, others*tiles)
	for other := range others {
		for i := range tiles {
			from, to := cut(n, tiles, i)
			calls = append(calls, of(other, from, to))
		}
	}
	l.call(s, kernel, calls)
}

// at returns where a value lies; nil for nil.
func (l *lowered) at(v *plan.Value) *float32 {
	if v == nil {
		return nil
	}
	return l.slot.arena.Float(l.net.layout.At(v))
}

// floats returns a value's elements, of all images.
func (l *lowered) floats(v *plan.Value) []float32 {
	return unsafe.Slice(l.at(v), l.batch*v.Shape.Len())
}

// offset returns a pointer so many floats behind p; nil for nil.
func offset(p *float32, n int) *float32 {
	if p == nil {
		return nil
	}
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*n))
}

// cut returns the part that tile i of so many has of n things.
func cut(n, tiles, i int) (from, to int) { return i * n / tiles, (i + 1) * n / tiles }

// tilesOf returns into how many tiles to cut n things that cost so much each, in
// float32 operations: enough for the threads to end together, each long enough to
// be worth handing out.
func (l *lowered) tilesOf(n int, cost float64) int {
	threads := l.net.options.Threads
	if threads == 1 {
		return 1
	}
	const least = 20000 // some microseconds
	return max(1, min(n, 4*threads, int(float64(n)*cost/least)))
}
