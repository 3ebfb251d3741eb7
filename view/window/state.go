package window

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/gpu/draw"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/plan"
	"github.com/vkeras/vkeras/study"
	"github.com/vkeras/vkeras/view"
)

// state is what is shown. Events change it; paint draws it.
type state struct {
	options Options
	device  string
	blocks  []*block
	fields  map[*nn.Node]study.Field // receptive fields; nil: none are known

	files []string
	at    int     // of files
	shown *result // the last that came; nil: none yet
	block int     // of blocks

	size   image.Point // of the canvas, in pixels
	dots   float32     // pixels a point of text's size: the monitor's scale
	cursor image.Point
	drag   bool

	zoom         float32 // 1: all channels fit
	fromX, fromY float32 // the place in the grid, in pixels, in the corner
	covered      bool    // the coverage overlay is on
	message      string  // what went wrong last
}

// nowhere is the cursor's place outside of the window.
var nowhere = image.Pt(-1, -1)

// block is a block whose feature map can be shown.
type block struct {
	name     string
	node     *nn.Node
	value    *plan.Value
	coverage *coverage // made when it is asked for
}

// coverage is what can still matter at a block, by the study's traces.
type coverage struct {
	pixels []bool // of the input, row by row: some position of the block's output depends on it
	later  []bool // positions of the block's output that a later layer reads
	err    error
}

func newState(o Options, p *plan.Program, device string) *state {
	s := &state{options: o, device: device, files: o.Files, zoom: 1, dots: 1, cursor: nowhere}
	for _, name := range view.Blocks(o.Graph) {
		n, _ := view.BlockOutput(o.Graph, name)
		if v := valueOf(p, n); v != nil {
			s.blocks = append(s.blocks, &block{name: name, node: n, value: v})
		}
	}
	s.fields, _ = study.Fields(o.Graph) // without them none is outlined
	return s
}

// move goes to the n-th picture from here, round and round; it reports whether
// that is another one.
func (s *state) move(n int) bool {
	if len(s.files) < 2 {
		return false
	}
	s.at = ((s.at+n)%len(s.files) + len(s.files)) % len(s.files)
	return true
}

// drop replaces the pictures by those that were dropped.
func (s *state) drop(paths []string) bool {
	files, err := s.options.List(paths)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no pictures were dropped")
	}
	s.message = ""
	if err != nil {
		s.message = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	if len(files) == 0 {
		return false
	}
	s.files, s.at = files, 0
	return true
}

// take shows a result instead of the one before, which it releases. A picture
// that failed leaves the one before in place, and a message.
func (s *state) take(r *result) {
	if r.err != nil {
		s.message = fmt.Sprintf("%s: %s", r.file, r.err)
		return
	}
	s.shown.release()
	s.shown, s.message = r, ""
}

// choose goes to the n-th block from here.
func (s *state) choose(n int) {
	s.block = max(0, min(s.block+n, len(s.blocks)-1))
	s.whole()
}

// whole shows all channels.
func (s *state) whole() { s.zoom, s.fromX, s.fromY = 1, 0, 0 }

// chosen returns the block whose maps are shown, nil for a network without.
func (s *state) chosen() *block {
	if len(s.blocks) == 0 {
		return nil
	}
	return s.blocks[s.block]
}

// magnify zooms by a factor around the cursor.
func (s *state) magnify(factor float32) {
	const most = 64
	zoom := max(1, min(s.zoom*factor, most))
	area := s.layout().maps
	x, y := float32(s.cursor.X-area.Min.X), float32(s.cursor.Y-area.Min.Y)
	s.fromX = (s.fromX+x)*zoom/s.zoom - x
	s.fromY = (s.fromY+y)*zoom/s.zoom - y
	s.zoom = zoom
	s.keep()
}

// point moves the cursor, and the maps with it while they are dragged.
func (s *state) point(at image.Point) {
	if s.drag {
		s.fromX -= float32(at.X - s.cursor.X)
		s.fromY -= float32(at.Y - s.cursor.Y)
		s.keep()
	}
	s.cursor = at
}

// keep keeps the maps in their area.
func (s *state) keep() {
	area := s.layout().maps
	s.fromX = max(0, min(s.fromX, float32(area.Dx())*(s.zoom-1)))
	s.fromY = max(0, min(s.fromY, float32(area.Dy())*(s.zoom-1)))
}

// resize fits the state to a canvas and the monitor's scale.
func (s *state) resize(size image.Point, dots float32) {
	s.size, s.dots = size, max(dots, 0.5)
	s.keep()
}

// grid returns where the chosen block's positions are.
func (s *state) grid() draw.Grid {
	area := s.layout().maps
	b := s.chosen()
	if b == nil || area.Empty() {
		return draw.Grid{}
	}
	g := fit(area, b.node.Shape, s.dots)
	g.Scale *= s.zoom
	g.Margin *= s.zoom
	g.FromX, g.FromY = s.fromX, s.fromY
	return g
}

// fit returns the grid of the largest scale at which all channels of a feature
// map (H, W, C) are in the area.
func fit(area image.Rectangle, shape nn.Shape, margin float32) draw.Grid {
	const least = 1.0 / 64 // of an area too small for so many channels
	h, w, c := float32(shape[0]), float32(shape[1]), shape[2]
	best := draw.Grid{Area: area, Columns: 1, Scale: least, Margin: margin}
	for columns := 1; columns <= c; columns++ {
		rows := (c + columns - 1) / columns
		scale := min((float32(area.Dx())/float32(columns)-margin)/w, (float32(area.Dy())/float32(rows)-margin)/h)
		if scale > best.Scale {
			best.Scale, best.Columns = scale, columns
		}
	}
	return best
}

// maps returns what the canvas draws, nil: nothing yet.
func (s *state) maps() *draw.Maps {
	b, g := s.chosen(), s.grid()
	if b == nil || s.shown == nil || g.Area.Empty() {
		return nil
	}
	m := &draw.Maps{Held: s.shown.held, Value: b.value, Grid: g}
	if c := s.coverage(); c != nil && c.err == nil {
		m.Needed = c.later
	}
	return m
}

// hover is the element under the cursor.
type hover struct {
	channel, row, column int
	value                float32
}

// under reads the element under the cursor: the one thing that comes back from
// the device besides the scores.
func (s *state) under() (hover, bool, error) {
	b := s.chosen()
	if b == nil || s.shown == nil {
		return hover{}, false, nil
	}
	h, w, c := b.node.Shape[0], b.node.Shape[1], b.node.Shape[2]
	channel, row, column, ok := s.grid().At(h, w, c, s.cursor.X, s.cursor.Y)
	if !ok {
		return hover{}, false, nil
	}
	v, err := s.shown.held.Element(b.value, (row*w+column)*c+channel)
	return hover{channel, row, column, v}, err == nil, err
}

// sees returns the input's rows and columns, to < from for none, that a position
// of the chosen block depends on at most.
func (s *state) sees(h hover) (area image.Rectangle, ok bool) {
	f, ok := s.fields[s.chosen().node]
	if !ok {
		return image.Rectangle{}, false
	}
	in := s.options.Graph.Inputs[0].Shape
	top, bottom := f.At(0, h.row, in[0])
	left, right := f.At(1, h.column, in[1])
	return image.Rect(left, top, right+1, bottom+1), true
}

// coverage returns what can still matter at the chosen block, nil while that is
// not shown.
func (s *state) coverage() *coverage {
	b := s.chosen()
	if b == nil || !s.covered {
		return nil
	}
	if b.coverage == nil {
		b.coverage = cover(s.options.Graph, b.node)
	}
	return b.coverage
}

// cover traces a block.
func cover(g *nn.Graph, n *nn.Node) *coverage {
	whole, err := study.NewTrace(g)
	if err != nil {
		return &coverage{err: err}
	}
	part := view.Upto(g, n)
	upto, err := study.NewTrace(part)
	if err != nil {
		return &coverage{err: err}
	}
	read := func(grid *study.Grid) []bool {
		flags := make([]bool, len(grid.N))
		for i, n := range grid.N {
			flags[i] = n > 0
		}
		return flags
	}
	return &coverage{pixels: read(upto.Reads(part.Inputs[0])), later: read(whole.Reads(n))}
}

// share returns how many of the flags are set, in percent.
func share(flags []bool) float64 {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return 100 * float64(n) / float64(max(1, len(flags)))
}

// best returns the classes with the highest scores, the highest first.
func best(scores []float32, n int) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	return order[:min(n, len(order))]
}
