package study

import "github.com/vkeras/vkeras/nn"

// Why positions are dropped.
const (
	Gaps = "gaps" // a stride larger than the window: positions between those that are read
	Edge = "edge" // rows or columns at an edge that no window reaches, or that a crop removes
)

// Place is a feature map of which some positions are read by nobody, although
// everything that its readers make is wanted: where a network throws away what
// it has computed.
type Place struct {
	Node      string   `json:"layer"`
	Class     string   `json:"class"`
	Block     string   `json:"block"`
	Shape     nn.Shape `json:"shape"`
	Why       []string `json:"why"`     // Gaps, Edge
	Readers   []string `json:"readers"` // the layers that read the rest, with their windows
	Positions int      `json:"positions"`
	Unread    int      `json:"unread"`
	Share     float64  `json:"unread_share"`

	Grid *Grid `json:"-"` // how often each position is read
}

// Places lists every place of the graph where positions are dropped. The graph's
// outputs are read by the caller.
func Places(g *nn.Graph) ([]Place, error) {
	if err := countable(g); err != nil {
		return nil, err
	}
	output := map[*nn.Node]bool{}
	for _, n := range g.Outputs {
		output[n] = true
	}
	var places []Place
	consumers := g.Consumers()
	for _, n := range g.Nodes {
		if len(n.Shape) != 3 || output[n] || len(consumers[n.Index]) == 0 {
			continue
		}
		reads := readByAll(n, consumers[n.Index])
		if unread := reads.Positions() - reads.Read(); unread > 0 {
			places = append(places, Place{
				Node: n.Name, Class: n.Class, Block: n.Block, Shape: n.Shape, Why: why(reads), Readers: describe(consumers[n.Index]),
				Positions: reads.Positions(), Unread: unread, Share: float64(unread) / float64(reads.Positions()), Grid: reads,
			})
		}
	}
	return places, nil
}

// readByAll counts the reads of n if everything that its readers make is wanted.
func readByAll(n *nn.Node, consumers []*nn.Node) *Grid {
	reads := gridOf(n.Shape)
	seen := map[*nn.Node]bool{}
	for _, c := range consumers {
		if seen[c] {
			continue // listed once a use
		}
		seen[c] = true
		for i, in := range c.Inputs {
			if in == n {
				reads.add(readsOf(c, i, gridOf(c.Shape).filled(1)))
			}
		}
	}
	return reads
}

// why tells gaps from edges: a gap has positions that are read on both sides. A
// margin no wider than the gaps is one more of them.
func why(reads *Grid) []string {
	top, bottom, left, right, ok := reads.box()
	if !ok {
		return []string{Edge}
	}
	var list []string
	rows, columns := 0, 0 // positions that are skipped
	if (bottom-top+1)*(right-left+1) > reads.Read() {
		list = append(list, Gaps)
		rows, columns = reads.gaps()
	}
	if top > rows || left > columns || reads.Height-1-bottom > rows || reads.Width-1-right > columns {
		list = append(list, Edge)
	}
	return list
}

// gaps returns the most rows, and the most columns, without a position above 0
// between two with one.
func (g *Grid) gaps() (rows, columns int) {
	row, column := make([]bool, g.Height), make([]bool, g.Width)
	for i, n := range g.N {
		if n > 0 {
			row[i/g.Width], column[i%g.Width] = true, true
		}
	}
	return widest(row), widest(column)
}

// widest returns the most neighbours that are false between two that are true.
func widest(line []bool) int {
	most, last := 0, -1
	for i, set := range line {
		if set && last >= 0 {
			most = max(most, i-last-1)
		}
		if set {
			last = i
		}
	}
	return most
}

// describe names readers with their windows.
func describe(nodes []*nn.Node) []string {
	var list []string
	for _, n := range nodes {
		text := n.Name + " " + n.Op.Kind()
		if w, ok := nn.WindowOf(n.Op); ok {
			text += " " + w.String()
		}
		list = append(list, text)
	}
	return list
}

// Unneeded is a layer that computes positions that nobody reads, because of a
// place further on.
type Unneeded struct {
	Node   string   `json:"layer"`
	Block  string   `json:"block"`
	Shape  nn.Shape `json:"shape"`
	Share  float64  `json:"needed_share"` // of its positions
	MACs   int64    `json:"macs"`         // as written
	Needed int64    `json:"macs_needed"`  // at the positions that are read
}

// Unneeded lists the layers with multiply-accumulates at positions that nobody
// reads.
func (t *Trace) Unneeded() []Unneeded {
	var list []Unneeded
	for _, n := range t.graph.Nodes {
		macs, needed := n.MACs(), t.MACs(n)
		if needed < macs {
			reads := t.Reads(n)
			list = append(list, Unneeded{n.Name, n.Block, n.Shape, float64(reads.Read()) / float64(reads.Positions()), macs, needed})
		}
	}
	return list
}
