package validate

import (
	"fmt"
	"math"
)

// regions returns the regions of every kind that hold all errors, the kinds that
// are easier to mistake for another last.
func (f *faults) regions() []region {
	return []region{
		f.border(), f.channelTail(), f.oneChannel(), f.oneOfFour(), f.laterImages(),
		f.allButFirst(), f.grid(), f.tail(), f.tile(),
	}
}

// border is the narrowest frame, up to three rows or columns on a side.
func (f *faults) border() region {
	const widest = 3
	const frames = (widest + 1) * (widest + 1) * (widest + 1) * (widest + 1)
	var best region
	tall, wide := min(widest, (f.h-1)/2), min(widest, (f.w-1)/2)
	sums := f.prefixSums()
	for top := range tall + 1 {
		for bottom := range tall + 1 {
			for left := range wide + 1 {
				for right := range wide + 1 {
					inside := (f.h - top - bottom) * (f.w - left - right)
					size := f.n * f.c * (f.h*f.w - inside)
					if size == 0 || best.size > 0 && size >= best.size || sums.within(top, left, f.h-bottom, f.w-right) > 0 {
						continue
					}
					where := frame(f.h, f.w, top, bottom, left, right)
					best = region{Place{Border, where, "Padding: off by one, not the zeros it should be, or on the other side (padding \"same\" puts an odd row or column at the bottom and right)."}, size, math.Log(frames)}
				}
			}
		}
	}
	return best
}

// frame names the sides of a border.
func frame(h, w, top, bottom, left, right int) string {
	var sides []string
	for _, s := range []struct {
		name     string
		from, to int
	}{{"row", 0, top}, {"row", h - bottom, h}, {"column", 0, left}, {"column", w - right, w}} {
		if s.from < s.to {
			sides = append(sides, span(s.name, s.from, s.to))
		}
	}
	return list(sides)
}

// area holds, for each corner, the number of errors above and left of it.
type area struct {
	sums []int
	w    int
}

func (f *faults) prefixSums() area {
	a := area{make([]int, (f.h+1)*(f.w+1)), f.w + 1}
	for i := range f.h {
		for j := range f.w {
			a.sums[(i+1)*a.w+j+1] = f.positions[i*f.w+j] + a.sums[i*a.w+j+1] + a.sums[(i+1)*a.w+j] - a.sums[i*a.w+j]
		}
	}
	return a
}

// within counts the errors in rows top..bottom and columns left..right.
func (a area) within(top, left, bottom, right int) int {
	return a.sums[bottom*a.w+right] - a.sums[top*a.w+right] - a.sums[bottom*a.w+left] + a.sums[top*a.w+left]
}

// channelTail is the channels from the first wrong one on, half of them at most.
func (f *faults) channelTail() region {
	first, rest := firstOf(f.channels), f.c%4
	if 2*first < f.c || first == f.c-1 && rest != 1 || len(nonzero(f.channels)) != f.c-first {
		return region{}
	}
	cause := "The channels of a tile's or work group's end: the last tile is skipped, or not filled."
	if rest != 0 && first >= f.c-rest {
		cause = fmt.Sprintf("%d channels are not a multiple of four: the kernel works in fours and leaves out the rest.", f.c)
	}
	return region{Place{ChannelTail, span("channel", first, f.c), cause}, f.n * f.h * f.w * (f.c - first), math.Log(float64(f.c))}
}

// oneChannel is a single channel.
func (f *faults) oneChannel() region {
	wrong := nonzero(f.channels)
	if f.c < 2 || len(wrong) != 1 {
		return region{}
	}
	return region{Place{OneChannel, span("channel", wrong[0], wrong[0]+1), "One weight, bias or statistic of that channel is wrong, or its place is written twice."}, f.n * f.h * f.w, math.Log(float64(f.c))}
}

// oneOfFour is the channels of one lane of a vector of four.
func (f *faults) oneOfFour() region {
	lane, size := firstOf(f.channels)%4, 0
	for c, n := range f.channels {
		if c%4 == lane {
			size += f.n * f.h * f.w
		} else if n > 0 {
			return region{}
		}
	}
	return region{Place{OneOfFour, numbers("channel", nonzero(f.channels)), "One component of a vector of four channels is computed or stored wrongly."}, size, math.Log(4)}
}

// someChannels is the wrong channels, whichever they are.
func (f *faults) someChannels() region {
	wrong := nonzero(f.channels)
	if len(wrong) == f.c {
		return region{}
	}
	return region{Place{Channels, numbers("channel", wrong), "Weights, biases or statistics of these channels are wrong."}, f.n * f.h * f.w * len(wrong), subsets(f.c, len(wrong))}
}

// laterImages is the batch from the first wrong image on.
func (f *faults) laterImages() region {
	first := firstOf(f.images)
	if first == 0 {
		return region{}
	}
	return region{Place{LaterImages, span("image", first, f.n), "The distance from one image of the batch to the next is wrong."}, f.h * f.w * f.c * (f.n - first), math.Log(float64(f.n))}
}

// tail is everything from the first wrong element on, most of it wrong.
func (f *faults) tail() region {
	first := 0
	for !f.bad[first] {
		first++
	}
	wrong, shown := 0, 0
	for i := first; i < len(f.bad); i++ {
		if f.bad[i] {
			wrong++
		}
		if f.bad[i] || f.want[i] != 0 { // what nobody writes may be 0 and right
			shown++
		}
	}
	if first == 0 || wrong < shown*9/10 {
		return region{}
	}
	where := fmt.Sprintf("elements %d to %d, the last %d in memory order", first, len(f.bad)-1, len(f.bad)-first)
	return region{Place{Tail, where, "The last work groups do not run, or stop too early: too few groups, or a bound that is too small."}, len(f.bad) - first, math.Log(float64(len(f.bad)))}
}

// grid is every k-th row, every k-th column, or where such rows and columns meet.
func (f *faults) grid() region {
	const coarsest = 8
	var best region
	area := coarsest*coarsest + 1 // of the best one's cell
	for down := 1; down <= min(coarsest, f.h/2); down++ {
		for across := 1; across <= min(coarsest, f.w/2); across++ {
			phases := f.phases(down*across, func(position int) int { return position/f.w%down*across + position%f.w%across })
			size := f.n * f.c * phases.positions
			if !phases.full || best.size > 0 && (size > best.size || size == best.size && down*across >= area) {
				continue
			}
			area = down * across
			best = region{Place{Grid, gridName(down, across, phases.wrong), "A stride or dilation: the kernel steps by another number of positions than it should, or one of the rows or columns that it computes at a time is wrong."}, size, 2*math.Log(coarsest) + subsets(down*across, len(phases.wrong))}
		}
	}
	return best
}

// gridName names every k-th rows and columns by the phases that are wrong.
func gridName(down, across int, wrong []int) string {
	name := func(axis string, k int, of func(int) int) string {
		var at []string
		seen := map[int]bool{}
		for _, p := range wrong {
			if r := of(p); !seen[r] {
				seen[r] = true
				at = append(at, fmt.Sprint(r))
			}
		}
		if len(at) == k {
			return "all " + axis + "s"
		}
		return fmt.Sprintf("%s %s of every %d", axis, list(at), k)
	}
	switch {
	case across == 1:
		return name("row", down, func(p int) int { return p })
	case down == 1:
		return name("column", across, func(p int) int { return p })
	}
	return fmt.Sprintf("%d of the %d positions of every %dx%d", len(wrong), down*across, down, across)
}

// tile is the same positions of every k, counted through the map.
func (f *faults) tile() region {
	var best region
	for k := 4; k <= f.h*f.w/2 && k <= 256; k *= 2 {
		phases := f.phases(k, func(position int) int { return position % k })
		size := f.n * f.c * phases.positions
		if !phases.full || best.size > 0 && size >= best.size {
			continue
		}
		where := fmt.Sprintf("%s of every %d", numbers("position", phases.wrong), k)
		best = region{Place{Tile, where, fmt.Sprintf("The kernel computes tiles of %d positions, and does not fill or store all of each.", k)}, size, subsets(k, len(phases.wrong))}
	}
	return best
}

// subsets returns the logarithm of in how many ways k of n can be chosen.
func subsets(n, k int) float64 {
	log := func(n int) float64 {
		v, _ := math.Lgamma(float64(n + 1))
		return v
	}
	return log(n) - log(k) - log(n-k)
}

// phased are the positions of the wrong phases of a pattern that repeats.
type phased struct {
	wrong     []int
	positions int
	full      bool // most of them are wrong, and not all positions are
}

func (f *faults) phases(k int, phase func(position int) int) phased {
	of, wrong := make([]int, k), make([]int, k)
	for position, n := range f.positions {
		of[phase(position)]++
		if n > 0 {
			wrong[phase(position)]++
		}
	}
	p := phased{wrong: nonzero(wrong), full: true}
	for _, i := range p.wrong {
		p.positions += of[i]
		p.full = p.full && 2*wrong[i] >= of[i]
	}
	p.full = p.full && p.positions < f.h*f.w
	return p
}

// allButFirst is everything but the first position, row or column: what a
// kernel without its stride still gets right.
func (f *faults) allButFirst() region {
	good, row, column := 0, 0, 0
	for position, n := range f.positions {
		if n > 0 {
			continue
		}
		good++
		if position < f.w {
			row++
		}
		if position%f.w == 0 {
			column++
		}
	}
	where := ""
	switch {
	case f.positions[0] > 0:
	case good == 1:
		where = "everything but position (0, 0)"
	case good == f.w && row == f.w:
		where = "everything but the first row"
	case good == f.h && column == f.h:
		where = "everything but the first column"
	}
	if where == "" {
		return region{}
	}
	return region{Place{AllButFirst, where, "A stride is ignored, or taken for another axis: at the start of each axis that makes no difference."}, f.n * f.c * (f.h*f.w - good), math.Log(3)}
}
