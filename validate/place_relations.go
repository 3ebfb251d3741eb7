package validate

import (
	"fmt"
	"math"

	"github.com/vkeras/vkeras/internal/elementwise"
	"github.com/vkeras/vkeras/nn"
)

// unexplained is the share of the squared errors that a relation may leave.
const unexplained = 1e-3

// scaled finds out whether the result is the right one times one number.
func (f *faults) scaled() (Place, bool) {
	const fewest = 4 // elements that can tell
	var told, squares, products, errors, rest float64
	each := func(visit func(w, g float64)) {
		for i, w := range f.want {
			if g := f.got[i]; w != 0 && g != 0 && elementwise.Finite(w) && elementwise.Finite(g) {
				visit(float64(w), float64(g))
			}
		}
	}
	each(func(w, g float64) { told, squares, products = told+1, squares+w*w, products+w*g })
	factor := elementwise.Ratio(products, squares)
	each(func(w, g float64) {
		errors += (g - w) * (g - w)
		rest += (g - factor*w) * (g - factor*w)
	})
	if told < fewest || 2*told < float64(f.count) || errors == 0 || factor == 0 || rest > unexplained*errors {
		return Place{}, false
	}
	return Place{Scaled, f.share(), fmt.Sprintf("Everything is multiplied by %.6g: a wrong divisor or factor, such as an average over another number of elements.", factor)}, true
}

// line is got = scale want + offset, for one channel.
type line struct{ scale, offset float64 }

// perChannel finds out whether every wrong channel is a straight function of
// what it should be. Elements that are not finite, or 0 on either side as behind
// a rectifier, say nothing.
func (f *faults) perChannel() (Place, bool) {
	if f.n*f.h*f.w < 4 {
		return Place{}, false
	}
	lines := map[int]line{}
	var errors, rest float64
	for _, c := range nonzero(f.channels) {
		l, e, r, ok := f.fit(c)
		if !ok {
			continue
		}
		lines[c] = l
		errors, rest = errors+e, rest+r
	}
	if len(lines) == 0 || errors == 0 || rest > unexplained*errors || 2*len(lines) < len(nonzero(f.channels)) {
		return Place{}, false
	}
	return Place{PerChannel, numbers("channel", nonzero(f.channels)), causeOfLines(lines, f.rms())}, true
}

// fit returns the line through a channel by least squares, the squared error of
// the channel and what the line leaves of it; false where too few elements tell.
func (f *faults) fit(c int) (l line, errors, rest float64, ok bool) {
	var n, sw, sg, sww, swg float64
	each := func(visit func(w, g float64)) {
		for i := c; i < len(f.want); i += f.c {
			if w, g := f.want[i], f.got[i]; w != 0 && g != 0 && elementwise.Finite(w) && elementwise.Finite(g) {
				visit(float64(w), float64(g))
			}
		}
	}
	each(func(w, g float64) { n, sw, sg = n+1, sw+w, sg+g })
	each(func(w, g float64) {
		sww += (w - sw/n) * (w - sw/n)
		swg += (w - sw/n) * (g - sg/n)
	})
	if n < 4 || sww <= 0 {
		return line{}, 0, 0, false
	}
	l.scale = swg / sww
	l.offset = sg/n - l.scale*sw/n
	each(func(w, g float64) {
		errors += (g - w) * (g - w)
		rest += (g - l.scale*w - l.offset) * (g - l.scale*w - l.offset)
	})
	return l, errors, rest, true
}

func (f *faults) rms() float64 {
	sum := 0.0
	for _, w := range f.want {
		if elementwise.Finite(w) {
			sum += float64(w) * float64(w)
		}
	}
	return math.Sqrt(sum / float64(len(f.want)))
}

// causeOfLines says what makes such lines.
func causeOfLines(lines map[int]line, rms float64) string {
	const small = 1e-4
	offsets, scales := false, false
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		offsets = offsets || math.Abs(l.offset) > small*rms
		scales = scales || math.Abs(l.scale-1) > small
		low, high = min(low, l.scale), max(high, l.scale)
	}
	switch {
	case !scales:
		return "Each channel is off by a constant: its bias, beta or mean is missing, wrong, or added twice."
	case low > 1-small || high < 1+small:
		return fmt.Sprintf("Each channel is multiplied by its own factor, all on one side of 1 (%.4g to %.4g): a wrong epsilon in a normalisation, or gamma left out.", low, high)
	}
	return fmt.Sprintf("Each channel has its own factor (%.4g to %.4g) and offset: the statistics of a normalisation are exchanged (mean, variance, gamma, beta) or belong to other channels.", low, high)
}

// shifted finds out whether the values are right, and up to two positions away.
func (f *faults) shifted() (Place, bool) {
	for reach := 1; reach <= 2; reach++ {
		for down := -reach; down <= reach; down++ {
			for across := -reach; across <= reach; across++ {
				if max(down, -down, across, -across) != reach || max(down, -down)*2 > f.h-1 || max(across, -across)*2 > f.w-1 {
					continue
				}
				if f.equals(func(i, j int) (int, int) { return i + down, j + across }) {
					where := fmt.Sprintf("the value of row i, column j is that of row i%+d, column j%+d", down, across)
					return Place{Shifted, where, "The window begins at another position: padding is off by so much, before the first row or column."}, true
				}
			}
		}
	}
	return Place{}, false
}

// transposed finds out whether rows and columns are exchanged.
func (f *faults) transposed() (Place, bool) {
	if f.h != f.w || f.h < 2 || !f.equals(func(i, j int) (int, int) { return j, i }) {
		return Place{}, false
	}
	return Place{Transposed, "the value of row i, column j is that of row j, column i", "Height and width are exchanged, in the feature map or in the kernel."}, true
}

// equals reports whether nearly all values that from finds in the map are right
// where they come from, and enough of them differ from what belongs there.
func (f *faults) equals(from func(i, j int) (int, int)) bool {
	same, compared, moved := 0, 0, 0
	for i := range f.h {
		for j := range f.w {
			row, column := from(i, j)
			if row < 0 || row >= f.h || column < 0 || column >= f.w {
				continue
			}
			for n := range f.n {
				here, there := ((n*f.h+i)*f.w+j)*f.c, ((n*f.h+row)*f.w+column)*f.c
				for c := range f.c {
					compared++
					if !(elementwise.Distance(f.got[here+c], f.want[there+c]) <= f.allowed) {
						continue
					}
					same++
					if f.bad[here+c] {
						moved++
					}
				}
			}
		}
	}
	return moved*4 > compared && same*10 >= compared*9
}

// share says how many elements are wrong.
func (f *faults) share() string { return fmt.Sprintf("%d of %s", f.count, elements(f.total())) }

// unexplainedPlace says how much is wrong where no pattern is.
func (f *faults) unexplainedPlace() Place {
	shown, written := 0, false
	for i, w := range f.want {
		if f.bad[i] || w != 0 {
			shown++
		}
		written = written || f.got[i] != 0
	}
	where := f.share()
	if !written {
		return Place{Everywhere, where, "The result is 0 throughout: the kernel does not run, or writes to another place."}
	}
	if 2*f.count >= shown {
		return Place{Everywhere, where, "Weights in another layout or of another layer, another input, or the wrong formula."}
	}
	return Place{Scattered, where, "Values of a certain size or sign go wrong (a bound, an overflow, a precision that does not suffice), or single weights."}
}

// unsteady reports whether the runs differ in a bit.
func unsteady(runs []*nn.Tensor) bool {
	for _, run := range runs[1:] {
		for i, v := range run.Data {
			if math.Float32bits(v) != math.Float32bits(runs[0].Data[i]) {
				return true
			}
		}
	}
	return false
}

// unstable says that the errors differ from run to run, which alone explains
// them unless the place does.
func unstable(p Place, certain bool) Place {
	if certain {
		p.Cause += " Every run gives another result: what is there was never written, or read too early."
		return p
	}
	return Place{Unstable, p.Where, "Every run gives another result: a barrier is missing, two invocations write one place, or memory is read that was never written."}
}

// sayNotFinite adds that elements are not finite, which alone explains the errors
// unless the place does.
func (f *faults) sayNotFinite(p Place, certain bool) Place {
	where := fmt.Sprintf("%s; NaN or infinite, or should be: %s", p.Where, elements(f.notFinite))
	if certain || p.Kind == Unstable {
		p.Where = where
		return p
	}
	return Place{NotFinite, where, "A division by 0, the root or logarithm of a negative number, an exponential without the maximum subtracted, or memory that was never written."}
}

// sayNotWritten adds that elements were never stored, which alone explains the
// errors unless the place does.
func (f *faults) sayNotWritten(p Place, certain bool) Place {
	where := fmt.Sprintf("%s; never written: %s", p.Where, elements(f.unwritten))
	if certain || 2*f.unwritten < f.count {
		p.Where = where
		p.Cause += " The kernel does not store all that it should."
		return p
	}
	return Place{NotWritten, where, "The kernel does not run, ends too early, or writes to another place."}
}
