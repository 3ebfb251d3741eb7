package explore

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/study"
)

type halvingsAnswer struct {
	Net    string          `json:"net"`
	Input  nn.Shape        `json:"input_shape"`
	Pixels study.Coverage  `json:"pixels"` // of the input
	Blocks []halvingAnswer `json:"blocks"`
	Places []placeAnswer   `json:"places"` // every feature map of which positions are dropped, whatever the net
}

// halvingAnswer is what a halving block reads of its input.
type halvingAnswer struct {
	Block    string         `json:"block"`
	Name     string         `json:"name"` // of the node that the block reads
	Node     int            `json:"node"`
	Input    nn.Shape       `json:"input_shape"`
	Output   nn.Shape       `json:"output_shape"`
	Windows  []strider      `json:"windows"` // that move by more than one position
	Read     study.Coverage `json:"read"`
	Grid     grid           `json:"grid"` // a digit a position: 0 nobody reads it, 1 the main path, 2 the shortcut, 3 both
	Skipping bool           `json:"skipping"`
}

type strider struct {
	Node   int    `json:"node"`
	Name   string `json:"name"`
	Path   string `json:"path"`   // main or shortcut
	Window string `json:"window"` // 1x1/2
}

type grid struct {
	Height int      `json:"height"`
	Width  int      `json:"width"`
	Rows   []string `json:"rows"`
	Over   *over    `json:"over"` // null where no windows lead from the input to it
}

// over is where the positions of a feature map lie on the net's input, in its pixels:
// each in the middle of what it sees, as far apart as the windows before it move.
type over struct {
	Y     float64 `json:"y"` // the upper left corner of position (0, 0)
	X     float64 `json:"x"`
	StepY int     `json:"step_y"`
	StepX int     `json:"step_x"`
}

func overOf(n *nn.Node, fields map[*nn.Node]study.Field) *over {
	f, ok := fields[n]
	if !ok {
		return nil
	}
	corner := func(axis int) float64 { return float64(f.Low[axis]+f.High[axis]+1-f.Jump[axis]) / 2 }
	return &over{corner(0), corner(1), f.Jump[0], f.Jump[1]}
}

type placeAnswer struct {
	study.Place
	ID   int  `json:"node"`
	Grid grid `json:"grid"` // 0: nobody reads the position, 1: somebody does
}

// mostDrawn is how many positions of a feature map a grid shows.
const mostDrawn = 512 * 512

// halvings is who reads which positions, of the model or of one of the variants.
func (x *Explorer) halvings(r *http.Request) (any, error) {
	g, fields := x.graph, x.fields
	if name := r.URL.Query().Get("variant"); name != "" {
		var err error
		if g, err = x.variant(name); err != nil {
			return nil, err
		}
		if fields, err = study.Fields(g); err != nil {
			return nil, err
		}
	}
	t, err := study.NewTrace(g)
	if err != nil {
		return nil, err
	}
	a := halvingsAnswer{Net: g.Name, Input: g.Inputs[0].Shape, Blocks: []halvingAnswer{}, Places: []placeAnswer{}, Pixels: t.CoverageOf(g.Inputs[0])}
	for _, h := range study.Halvings(g) {
		b := halvingOf(t, h)
		b.Grid.Over = overOf(h.Input, fields)
		a.Blocks = append(a.Blocks, b)
	}
	places, err := study.Places(g)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		n, ok := g.Node(p.Node)
		if !ok || p.Grid == nil || p.Grid.Positions() > mostDrawn {
			continue
		}
		q := placeAnswer{Place: p, ID: n.Index, Grid: grid{Height: p.Grid.Height, Width: p.Grid.Width, Over: overOf(n, fields)}}
		q.Grid.fill(func(i int) byte { return '0' + byte(min(p.Grid.N[i], 1)) })
		a.Places = append(a.Places, q)
	}
	return a, nil
}

func halvingOf(t *study.Trace, h study.Halving) halvingAnswer {
	cover, readers := t.Coverage(h)
	a := halvingAnswer{
		Block: h.Block, Name: h.Input.Name, Node: h.Input.Index, Input: h.Input.Shape, Output: h.Output.Shape, Read: cover, Skipping: cover.Never > 0,
		Grid: grid{Height: h.Input.Shape[0], Width: h.Input.Shape[1]}, Windows: []strider{},
	}
	if len(readers) <= mostDrawn {
		a.Grid.fill(func(i int) byte { return '0' + byte(readers[i]) })
	}
	for _, path := range []struct {
		name string
		end  *nn.Node
	}{{"main", h.Main}, {"shortcut", h.Shortcut}} {
		for n := path.end; n != h.Input && len(n.Inputs) > 0; n = n.Inputs[0] {
			if w, ok := nn.WindowOf(n.Op); ok && w.Stride != [2]int{1, 1} {
				a.Windows = append(a.Windows, strider{n.Index, n.Name, path.name, w.String()})
			}
		}
	}
	return a
}

func (g *grid) fill(digit func(i int) byte) {
	for y := range g.Height {
		row := make([]byte, g.Width)
		for x := range row {
			row[x] = digit(y*g.Width + x)
		}
		g.Rows = append(g.Rows, string(row))
	}
}

type variantsAnswer struct {
	Variants []variantAnswer `json:"variants"`
	Input    nn.Shape        `json:"input"` // that costs are of
	Honest   string          `json:"honest"`
	Recipe   *study.Recipe   `json:"recipe"` // of the accuracies
}

type variantAnswer struct {
	Name       string        `json:"name"`
	Title      string        `json:"title"`
	Paper      string        `json:"paper"`
	Source     string        `json:"source"`
	This       bool          `json:"this"` // the model is built so
	Parameters int64         `json:"parameters"`
	MACs       int64         `json:"macs"`
	Demanded   int64         `json:"macs_after_demand"` // at positions that are read
	Coverage   []variantRead `json:"coverage"`
	Accuracy   *study.Spread `json:"accuracy"` // of small nets, trained alike; null where none was
	Shift      *study.Spread `json:"consistency"`
	Note       string        `json:"note"`
}

type variantRead struct {
	Block string  `json:"block"`
	Read  int     `json:"read"`
	Of    int     `json:"of"`
	Share float64 `json:"share"`
}

// variant builds a way to halve, for pictures of the model's size where the model is
// one of them. Nothing needs its weights, which it does not have.
func (x *Explorer) variant(name string) (*nn.Graph, error) {
	all := study.Variants()
	i := slices.IndexFunc(all, func(a resnet.Architecture) bool { return a.Variant == name })
	if i < 0 {
		return nil, missing("variant %s: api/variants lists them", shorten(name, 40))
	}
	return resnet.Build(all[i].Name, resnet.Options{Input: x.variantInput()})
}

func (x *Explorer) variantInput() nn.Shape {
	in := x.graph.Inputs[0].Shape
	if strings.HasPrefix(x.options.Task.Known.Architecture, "exercise") {
		return in
	}
	return study.Variants()[0].Input
}

// variants compares the ways to halve a feature map: what they cost and read, which
// needs no weights, and how well small ones did that were trained alike.
func (x *Explorer) variants(*http.Request) (any, error) {
	trained, err := study.Trained()
	if err != nil {
		return nil, err
	}
	a := variantsAnswer{Input: x.variantInput(), Variants: []variantAnswer{}}
	r := trained.Recipe
	a.Recipe = &r
	a.Honest = fmt.Sprintf("Cost and coverage are counted exactly, of nets of this size. There are no trained weights of them: "+
		"the accuracies are of nets of 1/%d of the widths, %d runs each, trained alike for %d steps on %d pictures, and say no more than that.",
		r.Divisor, runsOf(trained), r.Steps, r.Train)
	for _, arch := range study.Variants() {
		g, err := x.variant(arch.Variant)
		if err != nil {
			return nil, err
		}
		t, err := study.NewTrace(g)
		if err != nil {
			return nil, err
		}
		v := variantAnswer{
			Name: arch.Variant, Title: arch.Summary, Paper: strings.TrimSpace(arch.Paper + " " + arch.Section), Source: arch.Source,
			This: arch.Name == x.options.Task.Known.Architecture, MACs: g.MACs(), Coverage: []variantRead{},
		}
		v.Parameters, _ = g.Parameters()
		for _, n := range g.Nodes {
			v.Demanded += t.MACs(n)
		}
		for _, h := range study.Halvings(g) {
			cover, _ := t.Coverage(h)
			v.Coverage = append(v.Coverage, variantRead{h.Block, cover.Once + cover.More, cover.Positions, cover.ReadShare})
		}
		for _, s := range trained.Variants {
			if s.Variant == arch.Variant {
				v.Accuracy, v.Shift = &s.Accuracy, &s.Consistency
			}
		}
		if v.Accuracy == nil {
			v.Note = "none was trained"
		}
		a.Variants = append(a.Variants, v)
	}
	return a, nil
}

func runsOf(a *study.Accuracy) int {
	most := 0
	for _, s := range a.Variants {
		most = max(most, len(s.Accuracy.Runs))
	}
	return most
}
