package layout

import (
	"cmp"
	"math"
	"slices"
)

// wire is what leaves a cell downwards: one vertical piece, one horizontal piece on
// a track of the channel, and a vertical piece to each cell below.
type wire struct {
	from        int
	ends        []float64 // x below
	left, right float64
	straight    bool // no horizontal piece
	track       int
}

// channel is the space between two layers.
type channel struct {
	wires  []*wire
	tracks int
	top    float64 // y of the first track
}

// route routes the edges, which decides how far layers are apart, and draws.
func (s *sheet) route() *Drawing {
	entries := s.entries()
	channels := make([]channel, len(s.layers))
	for l := range channels {
		channels[l] = s.channel(l, entries)
	}
	top, bottom := make([]float64, len(s.layers)), make([]float64, len(s.layers))
	y := float64(margin)
	for l, layer := range s.layers {
		height := 0.0
		for _, i := range layer {
			if c := &s.cells[i]; !c.passes() {
				height = max(height, s.sizes[c.box].Height)
			}
		}
		top[l], bottom[l] = y, y+height
		channels[l].top = bottom[l] + gap
		y = bottom[l] + 2*gap + float64(max(channels[l].tracks-1, 0))*track
	}
	left, right := math.Inf(1), math.Inf(-1)
	for i, c := range s.cells {
		left, right = min(left, s.x[i]-c.width/2), max(right, s.x[i]+c.width/2)
	}
	d := &Drawing{Width: right - left + 2*margin, Height: bottom[len(bottom)-1] + margin}
	shift := margin - left
	for i, size := range s.sizes {
		l := s.cells[i].layer
		d.Boxes = append(d.Boxes, Box{s.x[i] - size.Width/2 + shift, (top[l] + bottom[l] - size.Height) / 2, size.Width, size.Height})
	}
	wires := map[int]*wire{}
	for l := range channels {
		for _, w := range channels[l].wires {
			wires[w.from] = w
		}
	}
	for _, e := range s.edges {
		way := s.way(e)
		x := s.x[e[0]] + shift
		points := []Point{{x, d.Boxes[e[0]].Y + d.Boxes[e[0]].Height}}
		for k, from := range way[:len(way)-1] {
			l := s.cells[from].layer
			next := entries[[2]int{from, way[k+1]}] + shift
			if w := wires[from]; !w.straight && next != x {
				at := channels[l].top + float64(w.track)*track
				points = append(points, Point{x, at}, Point{next, at})
			}
			x = next
		}
		points = append(points, Point{x, d.Boxes[e[1]].Y})
		d.Edges = append(d.Edges, Edge{e[0], e[1], points})
	}
	return d
}

// entries returns the x at which a join enters the lower of its cells: of a box
// straight below where it comes from, where that is possible.
func (s *sheet) entries() map[[2]int]float64 {
	entries := map[[2]int]float64{}
	for i := range s.cells {
		c := &s.cells[i]
		if c.passes() {
			entries[[2]int{c.up[0], i}] = s.x[i]
			continue
		}
		ups := slices.Clone(c.up)
		slices.SortFunc(ups, func(a, b int) int { return cmp.Compare(s.x[a], s.x[b]) })
		for k, x := range spread(ups, func(up int) float64 { return s.x[up] }, s.x[i]-c.width/2+inset, s.x[i]+c.width/2-inset) {
			entries[[2]int{ups[k], i}] = x
		}
	}
	return entries
}

// spread places what would be at those x, from left to right, within bounds and
// apart from each other.
func spread(list []int, wanted func(int) float64, low, high float64) []float64 {
	x := make([]float64, len(list))
	if len(list) == 0 {
		return x
	}
	if high < low {
		low, high = (low+high)/2, (low+high)/2
	}
	step := float64(track)
	if len(list) > 1 {
		step = min(step, (high-low)/float64(len(list)-1))
	}
	for k, i := range list {
		x[k] = max(wanted(i), low+float64(k)*step)
		if k > 0 {
			x[k] = max(x[k], x[k-1]+step)
		}
	}
	for k := len(x) - 1; k >= 0; k-- {
		most := high - float64(len(x)-1-k)*step
		if k < len(x)-1 {
			most = min(most, x[k+1]-step)
		}
		x[k] = min(x[k], most)
	}
	return x
}

// channel gives the wires below a layer their tracks.
func (s *sheet) channel(l int, entries map[[2]int]float64) channel {
	var c channel
	var bent []*wire
	for _, i := range s.layers[l] {
		if len(s.cells[i].down) == 0 {
			continue
		}
		w := &wire{from: i, left: s.x[i], right: s.x[i], straight: true}
		for _, down := range s.cells[i].down {
			x := entries[[2]int{i, down}]
			w.ends = append(w.ends, x)
			w.left, w.right = min(w.left, x), max(w.right, x)
			w.straight = w.straight && x == s.x[i]
		}
		c.wires = append(c.wires, w)
		if !w.straight {
			bent = append(bent, w)
		}
	}
	slices.SortStableFunc(bent, func(a, b *wire) int { return cmp.Compare(a.left, b.left) })
	above := s.above(bent)
	for len(bent) > 0 {
		var rest []*wire
		end := math.Inf(-1)
		placed := 0
		for k, w := range bent {
			free := !slices.ContainsFunc(bent, func(o *wire) bool { return above[[2]int{o.from, w.from}] })
			// where wires must be above each other in a circle, one goes first
			forced := k == len(bent)-1 && placed == 0
			if (free || forced) && w.left > end {
				w.track, end = c.tracks, w.right+track/2
				placed++
			} else {
				rest = append(rest, w)
			}
		}
		c.tracks++
		bent = rest
	}
	return c
}

// above says which wires must have their track above which others': where one comes
// down to the place at which the other begins, they would lie on each other.
func (s *sheet) above(wires []*wire) map[[2]int]bool {
	above := map[[2]int]bool{}
	for _, w := range wires {
		for _, o := range wires {
			if w == o {
				continue
			}
			for _, x := range o.ends {
				if x != s.x[o.from] && math.Abs(x-s.x[w.from]) < track/2 {
					above[[2]int{w.from, o.from}] = true
				}
			}
		}
	}
	return above
}
