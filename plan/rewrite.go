package plan

import "slices"

// soleMaker returns the step that makes v when v is its own memory, s alone
// reads it, once and by no other of its names, and the program does not hand it
// out; else nil.
func (p *Program) soleMaker(v *Value, s *Step) *Step {
	handedOut := slices.ContainsFunc(p.Outputs, func(out *Value) bool { return out.Root() == v })
	if v.Of != nil || handedOut || p.readers(v) != 1 || s.reads(v) != 1 {
		return nil
	}
	for _, maker := range p.Steps {
		if maker.Out == v {
			return maker
		}
	}
	return nil
}

// readers returns how many times steps read the elements of v, by any of its names.
func (p *Program) readers(v *Value) (times int) {
	for _, s := range p.Steps {
		times += s.reads(v)
	}
	return times
}

// absorb makes the step before take over the step after, which reads its
// result: before now makes after's result, at after's place in the order.
func (p *Program) absorb(before, after *Step) {
	before.Out = after.Out
	before.Nodes = append(before.Nodes, after.Nodes...)
	p.Steps = slices.DeleteFunc(p.Steps, func(s *Step) bool { return s == before })
	p.Steps[slices.Index(p.Steps, after)] = before
}

// prune drops the values that no step makes or reads any more.
func (p *Program) prune() {
	live := map[*Value]bool{}
	keep := func(v *Value) {
		for ; v != nil; v = v.Of {
			live[v] = true
		}
	}
	for _, s := range p.Steps {
		keep(s.Out)
		for v := range s.Reads() {
			keep(v)
		}
	}
	for _, v := range append(slices.Clone(p.Inputs), p.Outputs...) {
		keep(v)
	}
	p.Values = slices.DeleteFunc(p.Values, func(v *Value) bool { return !live[v] })
	for i, v := range p.Values {
		v.ID = i
	}
}
