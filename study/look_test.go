package study

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

// What counting says is read, and what changing pixels one by one on the reference
// shows, are found in different ways. A rectifier may hide a pixel that is read, but
// not the corners of what is.
func TestLooksSeeWhatIsRead(t *testing.T) {
	g := variant(t, "v1.5", resnet.Options{Input: nn.Shape{48, 41, 3}, WidthDivisor: 16})
	resnet.Initialise(g, 3)
	fields, err := Fields(g)
	require.NoError(t, err)
	x := nn.NewTensor(1, 48, 41, 3)
	for i := range x.Data {
		x.Data[i] = float32(i%7)/7 - 0.5
	}
	o := Options{Open: Reference, Picture: x, Low: -1, High: 1}
	for _, c := range []struct {
		block       string
		row, column int
	}{{"conv1", 3, 2}, {"conv1", 0, 0}, {"res2a", 2, 4}} {
		var n *nn.Node
		for _, node := range g.Nodes {
			if node.Block == c.block {
				n = node
			}
		}
		fromRow, toRow := fields[n].At(0, c.row, 48)
		fromColumn, toColumn := fields[n].At(1, c.column, 41)
		// and two pixels around it, which must not matter
		l := Look{Node: n, Row: c.row, Column: c.column, Channel: -1, Top: max(0, fromRow-2), Left: max(0, fromColumn-2), Side: 1}
		l.Height, l.Width = min(48, toRow+3)-l.Top, min(41, toColumn+3)-l.Left
		seen, err := o.Looks(t.Context(), g, l)
		require.NoError(t, err)
		require.Equal(t, [2]int{l.Height, l.Width}, [2]int{seen.Rows, seen.Columns})
		one := gridOf(n.Shape)
		one.N[c.row*one.Width+c.column] = 1
		reads := walk(g, map[*nn.Node]*Grid{n: one}, nil).Reads(g.Inputs[0])
		changed := newGrid(48, 41)
		for i, v := range seen.Effect {
			if at := (l.Top+i/l.Width)*41 + l.Left + i%l.Width; v > 0 {
				changed.N[at] = 1
				require.Positive(t, reads.N[at], "%s: pixel %d changes what does not read it", n.Name, at)
			}
		}
		require.Greater(t, changed.Read(), reads.Read()/2, n.Name)
		top, bottom, left, right, ok := changed.box()
		require.True(t, ok)
		require.Equal(t, [4]int{fromRow, toRow, fromColumn, toColumn}, [4]int{top, bottom, left, right}, n.Name)
	}
}

func TestLooksInSquaresSeeAllThatPixelsSee(t *testing.T) {
	g := variant(t, "a", resnet.Options{Input: nn.Shape{41, 41, 3}, WidthDivisor: 64})
	resnet.Initialise(g, 3)
	x := nn.NewTensor(1, 41, 41, 3)
	o := Options{Open: Reference, Picture: x, Low: -1, High: 1}
	conv1, ok := g.Node("conv1")
	require.True(t, ok)
	look := Look{Node: conv1, Row: 8, Column: 8, Channel: 0, Top: 10, Left: 12, Height: 21, Width: 20, Side: 4}
	seen, err := o.Looks(t.Context(), g, look)
	require.NoError(t, err)
	require.Equal(t, [2]int{6, 5}, [2]int{seen.Rows, seen.Columns})
	look.Side = 1
	each, err := o.Looks(t.Context(), g, look)
	require.NoError(t, err)
	for y := range seen.Rows {
		for x := range seen.Columns {
			some := false
			for dy := range 4 {
				for dx := range 4 {
					if r, c := 4*y+dy, 4*x+dx; r < each.Rows && c < each.Columns {
						some = some || each.Effect[r*each.Columns+c] > 0
					}
				}
			}
			require.Equal(t, some, seen.Effect[y*seen.Columns+x] > 0, "square %d, %d", y, x)
		}
	}
}

func TestLooksThatMakeNoSense(t *testing.T) {
	g := variant(t, "a", resnet.Options{Input: nn.Shape{41, 41, 3}, WidthDivisor: 64})
	resnet.Initialise(g, 3)
	n, ok := g.Node("conv1")
	require.True(t, ok)
	o := Options{Open: Reference, Picture: nn.NewTensor(1, 41, 41, 3)}
	good := Look{Node: n, Height: 41, Width: 41, Side: 41}
	for name, change := range map[string]func(*Look){
		"a row beyond":     func(l *Look) { l.Row = n.Shape[0] },
		"a column before":  func(l *Look) { l.Column = -1 },
		"a channel beyond": func(l *Look) { l.Channel = n.Shape[2] },
		"no side":          func(l *Look) { l.Side = 0 },
		"cells beyond":     func(l *Look) { l.Top = 1 },
		"no cells":         func(l *Look) { l.Width = 0 },
	} {
		l := good
		change(&l)
		_, err := o.Looks(t.Context(), g, l)
		require.Error(t, err, name)
	}
}
