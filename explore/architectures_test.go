package explore

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
)

// applications returns the graphs of keras.applications by name, from the configs
// that tools/keras/graphs.py wrote; they have no weights.
func applications(t testing.TB) map[string]*nn.Graph {
	t.Helper()
	f, err := os.Open("testdata/applications.json.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var configs map[string]json.RawMessage
	require.NoError(t, json.NewDecoder(z).Decode(&configs))
	graphs := map[string]*nn.Graph{}
	for name, config := range configs {
		graphs[name], err = loader.ParseConfig(config)
		if errors.Is(err, loader.ErrInputSize) {
			graphs[name], err = loader.ParseConfig(config, loader.WithInputShape(nn.Shape{224, 224, 3}))
		}
		require.NoError(t, err, name)
	}
	return graphs
}

// crosses reports whether a piece of an edge runs through the inside of a box.
func crosses(a, b [2]float64, box box) bool {
	return max(a[0], b[0]) > box.X && min(a[0], b[0]) < box.X+box.Width && max(a[1], b[1]) > box.Y && min(a[1], b[1]) < box.Y+box.Height
}

// checkDrawing fails the test unless boxes are apart, every edge runs down from box
// to box past all others, and every connection of the graph is drawn.
func checkDrawing(t *testing.T, x *Explorer, open []bool) layoutAnswer {
	t.Helper()
	a := x.layOut(open)
	for i, p := range a.Boxes {
		for _, q := range a.Boxes[:i] {
			if p.X+p.Width > q.X && q.X+q.Width > p.X && p.Y+p.Height > q.Y && q.Y+q.Height > p.Y {
				require.Fail(t, "boxes overlap", "%q and %q", p.Label, q.Label)
			}
		}
	}
	drawn := map[[2]int]bool{}
	for _, e := range a.Edges {
		drawn[[2]int{e.From, e.To}] = true
		from, to := a.Boxes[e.From], a.Boxes[e.To]
		require.InDelta(t, from.Y+from.Height, e.Points[0][1], 1e-6)
		require.InDelta(t, to.Y, e.Points[len(e.Points)-1][1], 1e-6)
		for k, end := range e.Points[1:] {
			begin := e.Points[k]
			if (begin[0] != end[0] || begin[1] >= end[1]) && begin[1] != end[1] {
				require.Fail(t, "an edge goes neither down nor sideways", "%q to %q: from %v to %v", from.Label, to.Label, begin, end)
			}
			for _, b := range a.Boxes {
				if crosses(begin, end, b) {
					require.Fail(t, "an edge runs through a box", "from %q to %q through %q", from.Label, to.Label, b.Label)
				}
			}
		}
	}
	at := make([]int, len(x.graph.Nodes))
	for i, b := range a.Boxes {
		if b.Kind == "layer" {
			at[b.ID] = i
			continue
		}
		for _, n := range x.groups[b.ID].nodes {
			at[n.Index] = i
		}
	}
	for _, n := range x.graph.Nodes {
		for _, in := range n.Inputs {
			from, to := at[in.Index], at[n.Index]
			if from != to && !drawn[[2]int{from, to}] {
				require.Fail(t, "an edge is not drawn", "%q to %q", in.Name, n.Name)
			}
		}
	}
	return a
}

func TestAllOfKerasApplicationsAreDrawnSoundly(t *testing.T) {
	graphs := applications(t)
	require.Len(t, graphs, 40)
	for name, g := range graphs {
		t.Run(name, func(t *testing.T) {
			x := &Explorer{graph: g, groups: groupsOf(g)}
			open := make([]bool, len(x.groups))
			checkDrawing(t, x, open)
			open[len(open)/2] = true
			a := checkDrawing(t, x, open)
			if !strings.HasPrefix(name, "NASNet") { // whose blocks lie side by side
				require.Len(t, a.Frames, 1)
			}
			for i := range open {
				open[i] = true
			}
			checkDrawing(t, x, open)
		})
	}
}
