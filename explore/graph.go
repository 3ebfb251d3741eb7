package explore

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vkeras/vkeras/explore/layout"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/study"
)

// group is nodes that are shown as one box until they are opened: a block, or a part
// of one that others' nodes interrupt. Nodes of a group follow each other, so that
// groups depend on each other in no circle.
type group struct {
	name  string
	nodes []*nn.Node
}

// groupsOf cuts a graph into groups.
func groupsOf(g *nn.Graph) []group {
	var groups []group
	parts := map[string]int{}
	for _, n := range g.Nodes {
		if k := len(groups); k > 0 && groups[k-1].nodes[0].Block == n.Block {
			groups[k-1].nodes = append(groups[k-1].nodes, n)
			continue
		}
		parts[n.Block]++
		name := n.Block
		if parts[n.Block] > 1 {
			name += " (" + strconv.Itoa(parts[n.Block]) + ")"
		}
		groups = append(groups, group{name, []*nn.Node{n}})
	}
	return groups
}

type graphAnswer struct {
	Nodes  []nodeAnswer  `json:"nodes"`
	Blocks []blockAnswer `json:"blocks"`
	Layout layoutAnswer  `json:"layout"`
}

type nodeAnswer struct {
	ID         int         `json:"id"`
	Name       string      `json:"name"`
	Layer      string      `json:"layer"` // of Keras
	Class      string      `json:"class"` // of that layer
	Op         string      `json:"op"`
	Block      int         `json:"block"`
	Inputs     []int       `json:"inputs"`
	Shape      nn.Shape    `json:"shape"` // NHWC without N
	Parameters int64       `json:"parameters"`
	MACs       int64       `json:"macs"`
	Details    [][2]string `json:"details"`
}

type blockAnswer struct {
	ID         int      `json:"id"`
	Name       string   `json:"name"`
	Nodes      []int    `json:"nodes"`
	Shape      nn.Shape `json:"shape"` // of the last node
	Parameters int64    `json:"parameters"`
	MACs       int64    `json:"macs"`
	Halving    bool     `json:"halving"`
}

type layoutAnswer struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Boxes  []box   `json:"boxes"`
	Frames []frame `json:"frames"`
	Edges  []edge  `json:"edges"`
}

type box struct {
	Kind   string  `json:"kind"` // block or layer
	ID     int     `json:"id"`   // of the block or node
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Label  string  `json:"label"`
	Sub    string  `json:"sub"`
}

// frame surrounds the layers of an open block.
type frame struct {
	Block  int     `json:"block"`
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

type edge struct {
	From   int            `json:"from"` // index of a box
	To     int            `json:"to"`
	Points []layout.Point `json:"points"`
}

func (x *Explorer) showGraph(r *http.Request) (any, error) {
	open, err := x.opened(r.URL.Query().Get("open"))
	if err != nil {
		return nil, err
	}
	a := graphAnswer{Nodes: []nodeAnswer{}}
	seen := map[nn.Op]bool{}
	halving := map[string]bool{}
	for _, h := range study.Halvings(x.graph) {
		halving[h.Block] = true
	}
	for id, g := range x.groups {
		last := g.nodes[len(g.nodes)-1]
		b := blockAnswer{ID: id, Name: g.name, Shape: last.Shape, Halving: halving[last.Block]}
		for _, n := range g.nodes {
			node := nodeAnswer{
				ID: n.Index, Name: n.Name, Layer: n.Layer, Class: n.Class, Op: n.Op.Kind(), Block: id, Inputs: []int{}, Shape: n.Shape, MACs: n.MACs(), Details: details(n),
			}
			if !seen[n.Op] { // a layer that is called twice has its weights once
				seen[n.Op] = true
				for _, p := range n.Params() {
					node.Parameters += int64(p.Shape.Len())
				}
			}
			for _, in := range n.Inputs {
				node.Inputs = append(node.Inputs, in.Index)
			}
			b.Nodes = append(b.Nodes, n.Index)
			b.Parameters += node.Parameters
			b.MACs += node.MACs
			a.Nodes = append(a.Nodes, node)
		}
		a.Blocks = append(a.Blocks, b)
	}
	slices.SortFunc(a.Nodes, func(a, b nodeAnswer) int { return cmp.Compare(a.ID, b.ID) })
	a.Layout = x.layOut(open)
	return a, nil
}

// opened reads which blocks are shown as their layers.
func (x *Explorer) opened(text string) ([]bool, error) {
	open := make([]bool, len(x.groups))
	if text == "" {
		return open, nil
	}
	for _, word := range strings.Split(text, ",") {
		if word == "all" {
			for i := range open {
				open[i] = true
			}
			continue
		}
		i, err := strconv.Atoi(word)
		if err != nil || i < 0 || i >= len(open) {
			return nil, refuse("open=%s: expected all, or blocks' ids below %d with commas between", shorten(text, 40), len(open))
		}
		open[i] = true
	}
	return open, nil
}

// layOut draws the graph with some blocks open.
func (x *Explorer) layOut(open []bool) layoutAnswer {
	of := make([]int, len(x.graph.Nodes)) // the box of a node
	var boxes []box
	for id, g := range x.groups {
		if !open[id] {
			last := g.nodes[len(g.nodes)-1]
			boxes = append(boxes, box{Kind: "block", ID: id, Label: g.name, Sub: extent(last.Shape)})
		}
		for _, n := range g.nodes {
			if open[id] {
				boxes = append(boxes, box{Kind: "layer", ID: n.Index, Label: n.Name, Sub: subtitle(n)})
			}
			of[n.Index] = len(boxes) - 1
		}
	}
	sizes := make([]layout.Size, len(boxes))
	for i, b := range boxes {
		sizes[i] = sizeOf(b)
	}
	var edges [][2]int
	for _, n := range x.graph.Nodes {
		for _, in := range n.Inputs {
			edges = append(edges, [2]int{of[in.Index], of[n.Index]})
		}
	}
	d := layout.Layered(sizes, edges)
	a := layoutAnswer{Width: d.Width, Height: d.Height, Boxes: boxes, Frames: []frame{}, Edges: []edge{}}
	for i, b := range d.Boxes {
		a.Boxes[i].X, a.Boxes[i].Y, a.Boxes[i].Width, a.Boxes[i].Height = b.X, b.Y, b.Width, b.Height
	}
	for id := range open {
		if open[id] {
			a.frame(id, func(b box) bool { return b.Kind == "layer" && x.groups[id].has(b.ID) })
		}
	}
	for _, e := range d.Edges {
		a.Edges = append(a.Edges, edge{e.From, e.To, e.Points})
	}
	return a
}

// has reports whether a node is the group's: its nodes follow each other.
func (g group) has(node int) bool {
	return node >= g.nodes[0].Index && node <= g.nodes[len(g.nodes)-1].Index
}

// frame draws a frame around the layers of an open block, unless another box lies
// between them.
func (a *layoutAnswer) frame(block int, inside func(box) bool) {
	const around = 8
	f := frame{Block: block}
	first := true
	for _, b := range a.Boxes {
		if !inside(b) {
			continue
		}
		left, top, right, bottom := b.X-around, b.Y-around, b.X+b.Width+around, b.Y+b.Height+around
		if !first {
			left, top, right, bottom = min(left, f.X), min(top, f.Y), max(right, f.X+f.Width), max(bottom, f.Y+f.Height)
		}
		f.X, f.Y, f.Width, f.Height, first = left, top, right-left, bottom-top, false
	}
	for _, b := range a.Boxes {
		if !inside(b) && b.X < f.X+f.Width && b.X+b.Width > f.X && b.Y < f.Y+f.Height && b.Y+b.Height > f.Y {
			return
		}
	}
	a.Frames = append(a.Frames, f)
}

// sizeOf returns the extent of a box with room for its text.
func sizeOf(b box) layout.Size {
	const letter, small, around = 7.2, 6, 24
	text := max(letter*float64(len([]rune(b.Label))), small*float64(len([]rune(b.Sub))))
	s := layout.Size{Width: min(max(text+around, 96), 232), Height: 42}
	if b.Kind == "block" {
		s.Width, s.Height = max(s.Width, 132), 48
	}
	return s
}

// extent writes a shape as people do: 56 x 56 x 64.
func extent(s nn.Shape) string {
	words := make([]string, len(s))
	for i, n := range s {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " × ")
}
