package amdcode

import (
	"regexp"
	"slices"
	"strings"
)

// Loop is what is in one turn of a loop.
type Loop struct {
	Instructions int `json:"instructions"`
	// MACs are multiply-accumulates an invocation: two of a packed instruction. A
	// matrix instruction counts as one here, and in Matrix.
	MACs            int `json:"macs"`
	MultiplyAdds    int `json:"multiply_adds"` // instructions that do them
	Matrix          int `json:"matrix,omitempty"`
	Waits           int `json:"waits"`
	Branches        int `json:"branches"` // the loop's own with them
	Loads           int `json:"loads"`    // of memory, by vector
	WideLoads       int `json:"wide_loads"`
	LoadsUnder      int `json:"loads_under_a_branch"`
	ScalarLoads     int `json:"scalar_loads"`
	Multiplications int `json:"integer_multiplications"` // of 32 bits, at a quarter of the speed

	body []string
}

// Share returns multiply-accumulates an instruction, 1 being every instruction one.
func (l Loop) Share() float64 {
	if l.Instructions == 0 {
		return 0
	}
	return float64(l.MACs) / float64(l.Instructions)
}

var (
	label    = regexp.MustCompile(`^(BB\d+):`)
	jump     = regexp.MustCompile(`^s_c?branch\w*\s+(BB\d+)`)
	multiply = regexp.MustCompile(`^v_(dual_)?(fma_f|fmac_f|mac_f|mad_f|fma_mix_f|mad_mix_f|dot\d)`)
	packed   = regexp.MustCompile(`^v_pk_(fma|mul|mad)_f16`)
	matrix   = regexp.MustCompile(`^v_wmma_`)
	load     = regexp.MustCompile(`^(buffer|global|flat)_load`)
	wide     = regexp.MustCompile(`^(buffer|global|flat)_load_(dwordx4|b128)`)
	integer  = regexp.MustCompile(`^v_mul_(lo|hi)_u32|^v_mul_lo_i32|^v_mad_u64_u32`)
)

// code is a listing's instructions, with where its blocks begin.
type code struct {
	lines []string
	at    map[string]int
}

func read(listing string) code {
	c := code{at: map[string]int{}}
	for line := range strings.Lines(listing) {
		line, _, _ = strings.Cut(line, ";")
		line = strings.TrimSpace(line)
		if m := label.FindStringSubmatch(line); m != nil {
			c.at[m[1]] = len(c.lines)
		} else if line != "" {
			c.lines = append(c.lines, line)
		}
	}
	return c
}

// target returns where the instruction jumps to, -1: it does not.
func (c code) target(i int) int {
	if m := jump.FindStringSubmatch(c.lines[i]); m != nil {
		if to, ok := c.at[m[1]]; ok {
			return to
		}
	}
	return -1
}

// Instructions returns how many instructions a listing has.
func Instructions(listing string) int { return len(read(listing).lines) }

// Loops returns the innermost loops of a listing that multiply, in order.
func Loops(listing string) []Loop {
	c := read(listing)
	type span struct{ from, to int }
	var spans []span
	for i := range c.lines {
		if to := c.target(i); to >= 0 && to <= i {
			spans = append(spans, span{to, i + 1})
		}
	}
	var loops []Loop
	for i, s := range spans {
		inner := !slices.ContainsFunc(spans, func(o span) bool { return o != s && s.from <= o.from && o.to <= s.to })
		if !inner || slices.Contains(spans[:i], s) {
			continue
		}
		if l := c.loop(s.from, s.to); l.MultiplyAdds > 0 {
			loops = append(loops, l)
		}
	}
	return loops
}

// loop reads the loop of lines from..to.
func (c code) loop(from, to int) Loop {
	l := Loop{Instructions: to - from, body: c.lines[from:to]}
	under := from // lines up to there may be jumped over
	halves := slices.ContainsFunc(l.body, packed.MatchString)
	for i := from; i < to; i++ {
		line := c.lines[i]
		switch {
		case packed.MatchString(line):
			l.MultiplyAdds++
			l.MACs += 2
		case matrix.MatchString(line):
			l.MultiplyAdds++
			l.Matrix++
			l.MACs++
		case multiply.MatchString(line) && !halves: // beside packed ones they add
			l.MultiplyAdds++
			l.MACs++
			if strings.HasPrefix(line, "v_dual_") && strings.Count(line, "fmac") == 2 {
				l.MACs++
			}
		case strings.HasPrefix(line, "s_waitcnt"):
			l.Waits++
		case strings.HasPrefix(line, "s_load"), strings.HasPrefix(line, "s_buffer_load"):
			l.ScalarLoads++
		case integer.MatchString(line):
			l.Multiplications++
		}
		if load.MatchString(line) {
			l.Loads++
			if wide.MatchString(line) {
				l.WideLoads++
			}
			if i < under {
				l.LoadsUnder++
			}
		}
		if strings.HasPrefix(line, "s_branch") || strings.HasPrefix(line, "s_cbranch") {
			l.Branches++
		}
		if target := c.target(i); target > i {
			under = max(under, target)
		}
	}
	return l
}
