package study

import (
	"math"
	"slices"
)

// kind is a set of positions that counting does not tell apart: read by the same
// paths, and equally often up to twice, for what the network wants of the block, and
// for all that the block computes.
type kind struct {
	read      bool // for what the network wants
	reaches   bool // what the block computes
	positions []int
}

type kinds []kind

// kinds groups the positions of a block's input.
func (b *Block) kinds() kinds {
	type key struct {
		by           Readers
		times, alone int32
	}
	index := map[key]int{}
	var list kinds
	for i, by := range b.Readers {
		k := key{by, min(b.reads.N[i], 2), min(b.alone.N[i], 2)}
		at, ok := index[k]
		if !ok {
			at = len(list)
			index[k] = at
			list = append(list, kind{read: by != ByNone, reaches: k.alone > 0})
		}
		list[at].positions = append(list[at].positions, i)
	}
	return list
}

// sample returns up to n positions of each kind, all for 0.
func (k kinds) sample(n int) []int {
	var list []int
	for _, one := range k {
		if n == 0 {
			list = append(list, one.positions...)
			continue
		}
		for _, i := range spread(len(one.positions), n) {
			list = append(list, one.positions[i])
		}
	}
	slices.Sort(list)
	return list
}

// survey is what changing positions did to some outputs.
type survey struct {
	tested  []int       // in order
	effects [][]float64 // by output and position; NaN where it was not tested
}

func newSurvey(positions, outputs int) *survey {
	s := &survey{effects: make([][]float64, outputs)}
	for o := range s.effects {
		s.effects[o] = make([]float64, positions)
		for i := range s.effects[o] {
			s.effects[o][i] = math.NaN()
		}
	}
	return s
}

// add takes in the effects, by output, of changing these positions.
func (s *survey) add(positions []int, effects [][]float64) {
	for o := range effects {
		for i, at := range positions {
			s.effects[o][at] = effects[o][i]
		}
	}
	s.tested = append(s.tested, positions...)
	slices.Sort(s.tested)
}

// doubtful returns the positions that are still to be tested: those of a kind of
// which some changed an output and some did not, or which did not do to the first
// output what counting says.
func (s *survey) doubtful(k kinds) []int {
	var list []int
	for _, one := range k {
		if s.agrees(one) {
			continue
		}
		for _, at := range one.positions {
			if math.IsNaN(s.effects[0][at]) {
				list = append(list, at)
			}
		}
	}
	slices.Sort(list)
	return list
}

// agrees reports whether all tested positions of a kind did the same to every
// output, and to the first what counting says.
func (s *survey) agrees(one kind) bool {
	for o, effects := range s.effects {
		seen, first := false, o == 0 && one.reaches
		for _, at := range one.positions {
			v := effects[at]
			if math.IsNaN(v) {
				continue
			}
			if !seen && o > 0 {
				first = v > 0
			}
			if seen = true; v > 0 != first {
				return false
			}
		}
	}
	return true
}

// influence counts what changing positions did to the largest effect on some of
// the outputs. A position that was not tested does what its kind does.
func (s *survey) influence(from, to int, k kinds) *Influence {
	effects := largest(s.effects[from:to])
	r := &Influence{Every: 1, Positions: len(effects), Tested: len(s.tested), Effect: effects}
	for _, one := range k {
		changed, tested := 0, 0
		for _, at := range one.positions {
			if v := effects[at]; !math.IsNaN(v) {
				tested++
				if v > 0 {
					changed++
				}
			}
		}
		if changed == tested {
			changed = len(one.positions)
		}
		r.Changed += changed
		if one.read {
			r.ReadUnchanged += len(one.positions) - changed
		} else {
			r.UnreadChanged += changed
		}
	}
	r.Share = float64(r.Changed) / float64(r.Positions)
	return r
}
