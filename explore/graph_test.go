package explore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/explore"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

func TestTheSessionTellsOfModelAndDevices(t *testing.T) {
	g := branched(t)
	c := start(t, g, func(o *explore.Options) { o.Samples = []explore.Sample{explore.File("photos/one.png")} })
	var s struct {
		Version string
		Device  struct{ Word, Kind string }
		Devices []struct {
			Word     string
			Computes bool
		}
		Precisions []string
		Model      struct {
			Name       string
			Input      struct{ Height, Width, Channels int }
			Classes    int
			Labels     []string
			Preset     string
			Trained    bool
			CAM        bool
			Parameters int64
		}
		Samples []struct{ ID, Name string }
	}
	c.get("api/session", &s)
	require.Equal(t, "test", s.Version)
	require.Equal(t, "cpu", s.Device.Word)
	require.Equal(t, []int{20, 24, 3}, []int{s.Model.Input.Height, s.Model.Input.Width, s.Model.Input.Channels})
	require.Equal(t, 5, s.Model.Classes)
	require.Len(t, s.Model.Labels, 5)
	require.Equal(t, "tf", s.Model.Preset)
	require.True(t, s.Model.Trained)
	require.True(t, s.Model.CAM)
	total, _ := g.Parameters()
	require.Equal(t, total, s.Model.Parameters)
	require.Equal(t, "one.png", s.Samples[0].Name, "the folder stays here")
	require.Equal(t, []string{"fp32", "fp16w", "fp16"}, s.Precisions)
	var words []string
	for _, d := range s.Devices {
		words = append(words, d.Word)
	}
	require.Contains(t, words, "cpu")
	require.Contains(t, words, "reference")
	drawn := start(t, branched(t), func(o *explore.Options) { o.Untrained = true })
	drawn.get("api/session", &s)
	require.False(t, s.Model.Trained)
}

func TestTheGraphIsWholeHoweverManyBlocksAreOpen(t *testing.T) {
	g := branched(t)
	c := start(t, g, nil)
	for open, boxes := range map[string]int{"": 0, "open=0": 0, "open=all": len(g.Nodes), "open=0,1": 0} {
		var a graphAnswer
		c.get("api/graph?"+open, &a)
		require.Len(t, a.Nodes, len(g.Nodes))
		var parameters, macs int64
		for i, n := range a.Nodes {
			require.Equal(t, i, n.ID)
			require.Equal(t, g.Nodes[i].Name, n.Name)
			require.Equal(t, []int(g.Nodes[i].Shape), n.Shape)
			require.NotNil(t, n.Details)
			require.Len(t, n.Inputs, len(g.Nodes[i].Inputs))
			require.Contains(t, a.Blocks[n.Block].Nodes, n.ID)
			parameters += n.Parameters
			macs += n.MACs
		}
		total, _ := g.Parameters()
		require.Equal(t, total, parameters)
		require.Equal(t, g.MACs(), macs)
		var halving []string
		for _, b := range a.Blocks {
			parameters -= b.Parameters
			macs -= b.MACs
			if b.Halving {
				halving = append(halving, b.Name)
			}
		}
		require.Zero(t, parameters)
		require.Zero(t, macs)
		require.Equal(t, []string{"res2a"}, halving)
		if boxes > 0 {
			require.Len(t, a.Layout.Boxes, boxes)
		}
		for _, b := range a.Layout.Boxes {
			require.NotEmpty(t, b.Label)
			require.True(t, b.X >= 0 && b.Y >= 0 && b.X+b.Width <= a.Layout.Width && b.Y+b.Height <= a.Layout.Height)
		}
		for _, e := range a.Layout.Edges {
			from, to := a.Layout.Boxes[e.From], a.Layout.Boxes[e.To]
			require.InDelta(t, from.Y+from.Height, e.Points[0][1], 1e-6)
			require.InDelta(t, to.Y, e.Points[len(e.Points)-1][1], 1e-6)
		}
	}
}

// The frame of an open block surrounds its layers and no other box.
func TestAnOpenBlockHasAFrame(t *testing.T) {
	g, err := resnet.Variant("a", resnet.ExerciseOptions{Options: resnet.Options{WidthDivisor: 64}})
	require.NoError(t, err)
	resnet.Initialise(g, 1)
	c := start(t, g, nil)
	var a graphAnswer
	c.get("api/graph?open=2", &a)
	require.Len(t, a.Layout.Frames, 1)
	f := a.Layout.Frames[0]
	require.Equal(t, 2, f.Block)
	inside := 0
	for _, b := range a.Layout.Boxes {
		if b.Kind == "layer" {
			inside++
			require.True(t, b.X >= f.X && b.Y >= f.Y && b.X+b.Width <= f.X+f.Width && b.Y+b.Height <= f.Y+f.Height)
			continue
		}
		require.True(t, b.X >= f.X+f.Width || b.X+b.Width <= f.X || b.Y >= f.Y+f.Height || b.Y+b.Height <= f.Y, b.Label)
	}
	require.Equal(t, len(a.Blocks[2].Nodes), inside)
}

// A block that others' nodes interrupt is shown in parts, since as one box it would
// read what reads it.
func TestABlockInPartsStaysWithoutCircles(t *testing.T) {
	b := nn.NewBuilder("interrupted")
	x := b.Input("x", nn.Shape{8, 8, 3})
	y := b.Add("conv", &nn.Conv2D{Filters: 4, Window: nn.Square(1, 1)}, x)
	gate := b.Add("factor", &nn.Dense{Units: 4}, b.Add("mean", &nn.GlobalAvgPool{}, y))
	y = b.Add("product", &nn.Multiply{}, y, b.Add("as_map", &nn.Reshape{Target: nn.Shape{1, 1, 4}}, gate))
	g, err := b.Graph(b.Add("classes", &nn.Dense{Units: 3}, b.Add("pool", &nn.GlobalAvgPool{}, y)))
	require.NoError(t, err)
	resnet.Initialise(g, 1)
	c := start(t, g, nil)
	var a graphAnswer
	c.get("api/graph", &a)
	var names []string
	for _, b := range a.Blocks {
		names = append(names, b.Name)
	}
	require.Equal(t, []string{"block1", "fc", "block1 (2)", "fc (2)"}, names)
	for _, e := range a.Layout.Edges {
		require.Less(t, a.Layout.Boxes[e.From].Y, a.Layout.Boxes[e.To].Y)
	}
}

func TestHostileRequestsForGraphs(t *testing.T) {
	c := start(t, branched(t), nil)
	for _, open := range []string{"-1", "99999999999999999999", "x", "0,", "0,,1", "1e3", "9"} {
		require.Contains(t, c.refused(400, "GET", "api/graph?open="+open, nil), "open=")
	}
}
