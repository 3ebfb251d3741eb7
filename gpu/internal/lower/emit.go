package lower

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/shaders"
)

// Dispatch is one kernel's run: everything that recording it takes.
type Dispatch struct {
	Step   *plan.Step
	Kernel shaders.Kernel
	Push   []byte
	Groups [3]uint32
	Args   []Region // by binding
	Waits  bool     // for an earlier dispatch of the same step
}

// lowering turns a program's steps into dispatches for batches of one size.
type lowering struct {
	Target
	layout  *plan.Layout
	batch   int64
	weights map[*plan.Step]Region
	list    []Dispatch

	step   *plan.Step
	waits  bool
	room   int64 // bytes of the step's scratch
	copies int64 // bytes of it that hold what a product reads
	summed bool  // parts of sums lie behind them
}

// count returns how many elements of a tensor the region holds.
func (l *lowering) count(r Region) int64 { return r.Bytes / l.Element() }

// value returns where a tensor of the batch lies.
func (l *lowering) value(v *plan.Value) Region {
	if v == nil {
		return none
	}
	return Region{Arena, l.layout.At(v), l.Element() * l.batch * int64(v.Shape.Len())}
}

// plainArgs are a plain kernel's tensors; weights and second may be none.
type plainArgs struct {
	first, weights, out, second Region
	finish                      *plan.Step // whose activation the kernel applies to its result; nil: none
}

// emit adds a dispatch of a plain kernel over count invocations. push makes
// the push constants around the head.
func (l *lowering) emit(kernel string, count int64, a plainArgs, push func(shaders.Head) any) error {
	k, err := l.kernel(kernel)
	if err != nil {
		return err
	}
	if count <= 0 {
		return nil
	}
	const group = 64 // local_size_x in tensors.glsl
	groups, err := l.grid(ceil(count, group))
	if err != nil {
		return err
	}
	return l.plain(k, shaders.Head{Count: uint32(count)}, [3]uint32{groups[0], groups[1], 1}, a, push)
}

// plain adds a dispatch of a kernel with the plain kernels' bindings.
func (l *lowering) plain(k shaders.Kernel, head shaders.Head, groups [3]uint32, a plainArgs, push func(shaders.Head) any) error {
	if a.finish != nil && a.finish.Activation != nil {
		place, _ := function(a.finish)
		k = k.With(place)
	}
	align := l.Limits.StorageAlignment
	a.first, head.XAt = a.first.aligned(align, l.Element())
	a.out, head.YAt = a.out.aligned(align, l.Element())
	if a.weights == none {
		a.weights = a.first
	}
	if a.second == none {
		a.second = a.first
	} else {
		a.second, head.RAt = a.second.aligned(align, l.Element())
	}
	args := []Region{a.first, a.weights, a.out, a.second}
	for _, r := range args {
		if r.Bytes > l.Limits.MaxStorageRange {
			return l.tooLarge(r.Bytes)
		}
	}
	return l.add(k, push(head), groups, args)
}

// add adds a dispatch.
func (l *lowering) add(k shaders.Kernel, push any, groups [3]uint32, args []Region) error {
	data, err := binary.Append(nil, binary.LittleEndian, push)
	if err != nil {
		return fmt.Errorf("push constants of %s: %w", k.Name, err)
	}
	l.list = append(l.list, Dispatch{Step: l.step, Kernel: k, Push: data, Groups: groups, Args: args, Waits: l.waits})
	l.waits = false
	return nil
}

// wait makes the next dispatch wait for the ones before it.
func (l *lowering) wait() { l.waits = true }

// grid spreads n work groups over two axes, neither longer than the device
// allows.
func (l *lowering) grid(n int64) ([2]uint32, error) {
	longest := [2]int64{int64(l.Limits.MaxGroupCount[0]), int64(l.Limits.MaxGroupCount[1])}
	return Spread(n, longest)
}

// Spread lays n work groups out over two axes of at most these lengths.
func Spread(n int64, longest [2]int64) ([2]uint32, error) {
	rows := (n + longest[0] - 1) / longest[0]
	if rows > longest[1] {
		return [2]uint32{}, fmt.Errorf("%w: %d work groups are needed, %d x %d can be dispatched", ErrTooLarge, n, longest[0], longest[1])
	}
	columns := (n + rows - 1) / rows // even rows waste no groups
	return [2]uint32{uint32(columns), uint32(rows)}, nil
}

func (l *lowering) tooLarge(bytes int64) error {
	return fmt.Errorf("%w: it needs %d bytes in one piece, %s binds at most %d", ErrTooLarge, bytes, l.Limits.Name, l.Limits.MaxStorageRange)
}

// pieces calls do for runs of units, of which each has that many bytes in each
// tensor, so that no run exceeds the bindable range.
func (l *lowering) pieces(total int64, do func(from, n int64) error, unitBytes ...int64) error {
	return l.piecesWithin(l.bindable(), total, do, unitBytes...)
}

// piecesWithin is pieces with a range of the caller's.
func (l *lowering) piecesWithin(bytes, total int64, do func(from, n int64) error, unitBytes ...int64) error {
	most := int64(math.MaxInt32)
	for _, b := range unitBytes {
		if b > 0 {
			most = min(most, bytes/b)
		}
		if most == 0 {
			return l.tooLarge(b)
		}
	}
	for from := int64(0); from < total; from += most {
		if err := do(from, min(most, total-from)); err != nil {
			return err
		}
	}
	return nil
}

// elementwise emits a kernel that maps each element of the first input (and of
// a second one of the same shape) to the output's. period is the number of
// elements after which the weights repeat; perUnit those that an invocation
// owns.
func (l *lowering) elementwise(kernel string, s *plan.Step, second *plan.Value, period, perUnit int64, push func(shaders.Head) any) error {
	x, y, r := l.value(s.In[0]), l.value(s.Out), l.value(second)
	unit := l.Element() * period
	return l.pieces(y.Bytes/unit, func(from, n int64) error {
		a := plainArgs{first: x.part(from*unit, n*unit), weights: l.weights[s], out: y.part(from*unit, n*unit), finish: s}
		if second != nil {
			a.second = r.part(from*unit, n*unit)
		}
		return l.emit(kernel, n*period/perUnit, a, push)
	}, unit)
}

// epilogue returns the push constants of what the step does to its result.
func epilogue(s *plan.Step) shaders.Epilogue {
	_, parameter := function(s)
	e := shaders.Epilogue{Lowest: s.Lowest, Highest: s.Highest, Parameter: parameter}
	if s.Residual != nil {
		e.ROn = 1
	}
	return e
}

// ceil returns how many times size goes into n, rounded up.
func ceil(n int64, size int) int64 { return (n + int64(size) - 1) / int64(size) }

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
