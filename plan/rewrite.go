package plan

import "slices"

// uses counts what the passes must know of a value before they change its
// maker: how many steps read its elements, by any of its names, and whether
// the program hands it out.
type uses struct {
	readers map[*Value][]*Step // by root
	output  map[*Value]bool    // by root
	maker   map[*Value]*Step
}

func (p *Program) uses() uses {
	u := uses{readers: map[*Value][]*Step{}, output: map[*Value]bool{}, maker: map[*Value]*Step{}}
	for _, s := range p.Steps {
		for _, v := range s.Reads() {
			u.readers[v.Root()] = append(u.readers[v.Root()], s)
		}
		u.maker[s.Out] = s
	}
	for _, v := range p.Outputs {
		u.output[v.Root()] = true
	}
	return u
}

// soleMaker returns the step that makes v when v is its own memory, s alone
// reads it, once, and the program does not hand it out; else nil.
func (u uses) soleMaker(v *Value, s *Step) *Step {
	if v.Of != nil || u.output[v] || len(u.readers[v]) != 1 || u.readers[v][0] != s {
		return nil
	}
	return u.maker[v]
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
		for _, v := range s.Reads() {
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
