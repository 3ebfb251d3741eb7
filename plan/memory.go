package plan

import (
	"cmp"
	"slices"
)

// Layout says where in one buffer, the arena, every tensor of a batch lies.
type Layout struct {
	Batch   int
	Offset  map[*Value]int64 // in bytes, of root values
	Scratch map[*Step]int64  // in bytes, of what a step needs besides its tensors
	Bytes   int64            // of the arena
	Peak    int64            // bytes of the tensors alive at the fullest step, without alignment
}

// At returns the value's offset in bytes.
func (l *Layout) At(v *Value) int64 { return l.Offset[v.Root()] }

// Lay places the tensors of a batch, whose elements have so many bytes each, in
// an arena, at multiples of align bytes.
// Tensors whose lives do not overlap share memory: each is placed, largest
// first, at the lowest offset where nothing alive at the same time lies. A
// step that adds a residual which nobody reads afterwards writes in its place.
// scratch says how many bytes each step needs besides its tensors.
// With keep every tensor has memory of its own, so that all can be read at the
// end.
func (p *Program) Lay(batch int, element, align int64, keep bool, scratch func(*Step) int64) *Layout {
	lives := p.lives(int64(batch)*element, keep)
	for i, s := range p.Steps {
		if n := scratch(s); n > 0 {
			lives = append(lives, &life{step: s, from: i, to: i, bytes: n})
		}
	}
	slices.SortStableFunc(lives, func(a, b *life) int { return cmp.Compare(b.bytes, a.bytes) })
	l := &Layout{Batch: batch, Offset: map[*Value]int64{}, Scratch: map[*Step]int64{}}
	var placed []*life
	for _, v := range lives {
		v.room = (v.bytes + align - 1) / align * align
		v.offset = lowestGap(placed, v)
		placed = append(placed, v)
		l.Bytes = max(l.Bytes, v.offset+v.room)
		if v.step != nil {
			l.Scratch[v.step] = v.offset
		}
		for _, name := range v.names {
			l.Offset[name] = v.offset
		}
	}
	for i := range p.Steps {
		var alive int64
		for _, v := range lives {
			if v.from <= i && i <= v.to {
				alive += v.bytes
			}
		}
		l.Peak = max(l.Peak, alive)
	}
	return l
}

// life is the time, in steps, for which a piece of memory holds something.
type life struct {
	names        []*Value // the values that hold it in turn
	step         *Step    // or the step whose scratch it is
	from, to     int
	bytes        int64
	room, offset int64 // where it is placed
}

// lives returns one life for each root value, or for several that follow one
// another in place. width is the bytes of an element of all images.
func (p *Program) lives(width int64, keep bool) []*life {
	of := map[*Value]*life{}
	var all []*life
	begin := func(v *Value, at int) {
		l := &life{names: []*Value{v}, from: at, to: at, bytes: width * int64(v.Shape.Len())}
		of[v] = l
		all = append(all, l)
	}
	last := p.lastReads()
	for _, v := range p.Inputs {
		begin(v, -1)
	}
	for i, s := range p.Steps {
		if !keep && p.inPlace(s, i, last) {
			l := of[s.Residual.Root()]
			l.names = append(l.names, s.Out)
			of[s.Out] = l
			l.to = i
			continue
		}
		for _, t := range s.Parts() {
			begin(t.Out, i)
		}
	}
	for v, i := range last {
		of[v].to = max(of[v].to, i)
	}
	if keep {
		for _, l := range all {
			l.from, l.to = -1, len(p.Steps)
		}
	}
	return all
}

// lastReads returns the step at which each root value is last read; the
// program's outputs are read after all steps.
func (p *Program) lastReads() map[*Value]int {
	last := map[*Value]int{}
	for i, s := range p.Steps {
		for v := range s.Reads() {
			last[v.Root()] = i
		}
	}
	for _, v := range p.Outputs {
		last[v.Root()] = len(p.Steps)
	}
	return last
}

// inPlace reports whether step i may write over its residual: nobody reads it
// afterwards, nor does the step itself read it in another order.
func (p *Program) inPlace(s *Step, i int, last map[*Value]int) bool {
	if s.Residual == nil {
		return false
	}
	r := s.Residual.Root()
	return last[r] == i && r.Shape.Len() == s.Out.Shape.Len() && !slices.Contains(roots(s.In), r) && (s.Gate == nil || s.Gate.Root() != r) && !slices.Contains(p.Inputs, r)
}

func roots(values []*Value) []*Value {
	out := make([]*Value, len(values))
	for i, v := range values {
		out[i] = v.Root()
	}
	return out
}

// lowestGap returns the lowest offset at which v overlaps nothing alive with it.
func lowestGap(placed []*life, v *life) int64 {
	var near []*life
	for _, p := range placed {
		if p.from <= v.to && v.from <= p.to {
			near = append(near, p)
		}
	}
	slices.SortFunc(near, func(a, b *life) int { return cmp.Compare(a.offset, b.offset) })
	var at int64
	for _, p := range near {
		if at+v.room <= p.offset {
			break
		}
		at = max(at, p.offset+p.room)
	}
	return at
}
