package explore_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/engine"
	"github.com/vkeras/vkeras/explore"
	"github.com/vkeras/vkeras/loader"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/resnet/pictures"
	"github.com/vkeras/vkeras/testdata/demo"
)

// devices returns the words of all devices here that compute.
func devices(t testing.TB) []string {
	t.Helper()
	list, err := engine.Devices()
	require.NoError(t, err)
	var words []string
	for _, d := range list {
		words = append(words, d.Selector)
	}
	return words
}

// right computes every node's result for the photo, by the reference.
func right(t testing.TB, g *nn.Graph, w, h int) []*nn.Tensor {
	t.Helper()
	x := nn.NewTensor(g.Inputs[0].Shape.Batch(1)...)
	_, err := pictures.Tensor(x.Data, strings.NewReader(string(pngOf(t, photo(w, h)))), x.Shape[2], x.Shape[1], pictures.Options{Preset: pictures.TF})
	require.NoError(t, err)
	all := make([]*nn.Tensor, len(g.Nodes))
	_, err = reference.Run(t.Context(), g, []*nn.Tensor{x}, func(n *nn.Node, y *nn.Tensor) error {
		all[n.Index] = y
		return nil
	})
	require.NoError(t, err)
	return all
}

type classesAnswer struct {
	Classes []struct {
		Index       int
		Label       string
		Probability float64
	}
	MS           float64
	Device, Word string
	Precision    string
}

func TestEveryDeviceAnswersAsTheReference(t *testing.T) {
	g := branched(t)
	c := start(t, g, nil)
	want := right(t, g, 50, 40)[len(g.Nodes)-1].Data
	id := c.upload(photo(50, 40))
	for _, word := range devices(t) {
		for path, body := range map[string][]byte{"api/pictures/" + id + "/classify": nil, "api/frame": pngOf(t, photo(50, 40))} {
			var a classesAnswer
			c.json(http.MethodPost, path+"?top=3&device="+word, body, &a)
			require.Len(t, a.Classes, 3)
			require.Equal(t, word, a.Word)
			require.Positive(t, a.MS)
			for i, class := range a.Classes {
				require.InDelta(t, want[class.Index], class.Probability, 1e-5, word)
				require.Equal(t, fmt.Sprintf("class %d", class.Index), class.Label)
				if i > 0 {
					require.LessOrEqual(t, class.Probability, a.Classes[i-1].Probability)
				}
			}
		}
	}
	var a classesAnswer
	c.json(http.MethodPost, "api/pictures/"+id+"/classify?precision=fp16w", nil, &a)
	require.Equal(t, "fp16w", a.Precision)
}

func TestTheDemoModelTellsAHand(t *testing.T) {
	hand, err := os.ReadFile("../testdata/demo/pictures/five_3.jpg")
	require.NoError(t, err)
	m, err := loader.Read(demo.Model(), demo.Model().Size())
	require.NoError(t, err)
	c := start(t, m.Graph, func(o *explore.Options) { o.Task.Pictures.Preset = pictures.Exercise })
	var p pictureAnswer
	c.json(http.MethodPost, "api/pictures", hand, &p)
	var a classesAnswer
	c.json(http.MethodPost, "api/pictures/"+p.ID+"/classify", nil, &a)
	require.Equal(t, "5", a.Classes[0].Label)
	require.Greater(t, a.Classes[0].Probability, 0.9)
}

func TestFeatureMapsAreThoseOfTheReference(t *testing.T) {
	g := branched(t)
	c := start(t, g, nil)
	want := right(t, g, 50, 40)
	id := c.upload(photo(50, 40))
	for _, word := range devices(t) {
		for _, n := range g.Nodes {
			k := n.Shape.Channels() - 1
			var v struct {
				Channel, Height, Width int
				Min, Max               float64
				Values                 []float64
			}
			c.get(fmt.Sprintf("api/pictures/%s/values/%d?channel=%d&device=%s", id, n.Index, k, word), &v)
			require.Equal(t, k, v.Channel)
			positions := n.Shape.Len() / n.Shape.Channels()
			require.Len(t, v.Values, positions)
			require.Equal(t, positions, v.Height*v.Width)
			for i, got := range v.Values {
				w := float64(want[n.Index].Data[i*n.Shape.Channels()+k])
				require.InDelta(t, w, got, 1e-4*max(1, math.Abs(w)), "%s on %s, position %d", n.Name, word, i)
				require.True(t, got >= v.Min && got <= v.Max)
			}
		}
	}
}

type mapsAnswer struct {
	Shape         []int
	Height, Width int
	Channels      []struct {
		Channel                  int
		Min, Max, Mean, Strength float64
	}
	Page, Pages, Total int
}

func TestChannelsComeInPagesByStrength(t *testing.T) {
	g := branched(t)
	c := start(t, g, nil)
	id, n := c.upload(photo(50, 40)), c.node("joined")
	want := right(t, g, 50, 40)[n]
	var seen []int
	last := math.Inf(1)
	for page := range 4 {
		var a mapsAnswer
		c.get(fmt.Sprintf("api/pictures/%s/maps/%d?per=5&page=%d", id, n, page), &a)
		require.Equal(t, []int{20, 24, 16}, a.Shape)
		require.Equal(t, [2]int{4, 16}, [2]int{a.Pages, a.Total})
		for _, k := range a.Channels {
			var squares float64
			for i := k.Channel; i < len(want.Data); i += 16 {
				squares += float64(want.Data[i]) * float64(want.Data[i])
			}
			require.InDelta(t, math.Sqrt(squares/(20*24)), k.Strength, 1e-4)
			require.LessOrEqual(t, k.Strength, last)
			last = k.Strength
			seen = append(seen, k.Channel)
		}
	}
	slices.Sort(seen)
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, seen)
	var a mapsAnswer
	c.get(fmt.Sprintf("api/pictures/%s/maps/%d?sort=channel", id, n), &a)
	for i, k := range a.Channels {
		require.Equal(t, i, k.Channel)
	}
	b := c.picture(fmt.Sprintf("api/pictures/%s/maps/%d/3.png?scale=4", id, n)).Bounds()
	require.Equal(t, [2]int{96, 80}, [2]int{b.Dx(), b.Dy()})
	vector := c.node("classes")
	c.get(fmt.Sprintf("api/pictures/%s/maps/%d", id, vector), &a)
	require.Equal(t, [3]int{1, 1, 5}, [3]int{a.Height, a.Width, a.Total})
	var v struct{ Values []float64 }
	c.get(fmt.Sprintf("api/pictures/%s/values/%d?channel=all", id, vector), &v)
	require.Len(t, v.Values, 5)
}

func TestHostileNumbersAreRefused(t *testing.T) {
	c := start(t, branched(t), nil)
	id := c.upload(photo(30, 20))
	for path, status := range map[string]int{
		"maps/-1": 404, "maps/999": 404, "maps/x": 404, "maps/99999999999999999999": 404,
		"maps/1?page=-1": 400, "maps/1?page=99": 400, "maps/1?per=0": 400, "maps/1?per=97": 400, "maps/1?per=1e9": 400, "maps/1?sort=x": 400,
		"maps/1/99.png": 404, "maps/1/-1.png": 404, "maps/1/x.png": 404, "maps/1/0.png?scale=65": 400, "maps/1/0.png?scale=0": 400, "maps/1/0.png?range=x": 400,
		"values/1?channel=8": 404, "values/1?channel=-1": 404, "values/1?channel=all": 404,
		"maps/1?device=nothing": 400, "maps/1?device=../../x": 400, "maps/1?precision=fp8": 400, "maps/1?device=reference&precision=fp16": 400,
		"field/5?y=20": 400, "field/5?y=-1": 400, "field/5?x=24": 400, "field/5?channel=99": 400, "field/0": 400, "field/99": 404,
		"heat?class=5": 400, "heat?class=-2": 400, "heat?method=x": 400, "heat.png?class=NaN": 400,
	} {
		t.Run(path, func(t *testing.T) { c.refused(status, "GET", "api/pictures/"+id+"/"+path, nil) })
	}
	for _, path := range []string{"api/field/5?y=99999999999", "api/profile?batch=65", "api/profile?runs=100000", "api/profile?device=reference", "api/program?device=x"} {
		c.refused(400, "GET", path, nil)
	}
	c.refused(404, "GET", "api/halvings?variant=x", nil)
	c.refused(404, "GET", "api/pictures/nobody/maps/1", nil)
	for _, query := range []string{"top=0", "top=1001", "device=x", "precision=x"} {
		c.refused(400, "POST", "api/pictures/"+id+"/classify?"+query, nil)
	}
	for _, query := range []string{"device=reference", "planned=2", "precision=x"} {
		c.refused(400, "POST", "api/validate?"+query, nil)
	}
	c.refused(404, "POST", "api/validate?picture=x", nil)
	c.refused(404, "GET", "api/validate/maps/1.png", nil)
}

func TestReceptiveFields(t *testing.T) {
	g := branched(t)
	c := start(t, g, nil)
	id := c.upload(photo(50, 40))
	var f struct {
		Whole          bool
		Y0, X0, Y1, X1 int
		Height, Width  int
	}
	// stem 3x3, then 1x1 and 3x3: five pixels across; at the corner three of them.
	right2 := c.node("right2")
	c.get(fmt.Sprintf("api/field/%d?y=10&x=11", right2), &f)
	require.Equal(t, [6]int{8, 9, 12, 13, 5, 5}, [6]int{f.Y0, f.X0, f.Y1, f.X1, f.Height, f.Width})
	require.False(t, f.Whole)
	c.get(fmt.Sprintf("api/field/%d", right2), &f)
	require.Equal(t, [6]int{0, 0, 2, 2, 5, 5}, [6]int{f.Y0, f.X0, f.Y1, f.X1, f.Height, f.Width})
	c.get(fmt.Sprintf("api/field/%d", c.node("classes")), &f)
	require.True(t, f.Whole)
	require.Equal(t, [4]int{0, 0, 19, 23}, [4]int{f.Y0, f.X0, f.Y1, f.X1})
	for _, word := range devices(t) {
		var m struct {
			Y0, X0, Height, Width, Step int
			Values                      []float64
			Most                        float64
		}
		c.get(fmt.Sprintf("api/pictures/%s/field/%d?y=10&x=11&device=%s", id, right2, word), &m)
		require.Equal(t, [5]int{8, 9, 5, 5, 1}, [5]int{m.Y0, m.X0, m.Height, m.Width, m.Step})
		require.Len(t, m.Values, 25)
		require.Equal(t, 1.0, slices.Max(m.Values))
		require.Positive(t, slices.Min(m.Values), "no weight is 0")
		c.get(fmt.Sprintf("api/pictures/%s/field/%d?channel=2&device=%s", id, c.node("classes"), word), &m)
		require.Equal(t, [5]int{0, 0, 10, 12, 2}, [5]int{m.Y0, m.X0, m.Height, m.Width, m.Step})
	}
}

func TestHeatMaps(t *testing.T) {
	g := branched(t)
	c := start(t, g, nil)
	id := c.upload(photo(50, 40))
	type heat struct {
		Method, Label string
		Class         int
		Rows, Cols    int
		Values        []float64
		Score         float64
	}
	for query, want := range map[string]struct {
		method     string
		rows, cols int
	}{"": {"cam", 10, 12}, "method=cam&class=3": {"cam", 10, 12}, "method=occlusion&class=3": {"occlusion", 20, 24}} {
		var h heat
		c.get("api/pictures/"+id+"/heat?"+query, &h)
		require.Equal(t, want.method, h.Method)
		require.Equal(t, [2]int{want.rows, want.cols}, [2]int{h.Rows, h.Cols})
		require.Len(t, h.Values, h.Rows*h.Cols)
		if query != "" {
			require.Equal(t, 3, h.Class)
		}
		b := c.picture("api/pictures/" + id + "/heat.png?" + query).Bounds()
		require.Equal(t, 512, b.Dx())
	}
	// Every position adds its value to the score before softmax: the mean is the score
	// without its bias.
	var h heat
	c.get("api/pictures/"+id+"/heat?method=cam&class=3", &h)
	sum := 0.0
	for _, v := range h.Values {
		sum += v
	}
	classes := c.node("classes")
	dense := g.Nodes[classes].Op.(*nn.Dense)
	want := float64(right(t, g, 50, 40)[classes].Data[3] - dense.Bias.Data[3])
	require.InDelta(t, want, sum/float64(len(h.Values)), 1e-4)
}

func TestTheProgramAccountsForEveryNode(t *testing.T) {
	g := branched(t)
	c := start(t, g, nil)
	for _, word := range devices(t) {
		var p struct {
			Layerwise bool
			Steps     []struct {
				Name    string
				Kernels []string
				Nodes   []int
				MACs    int64
				Skipped int64 `json:"macs_skipped"`
				Read    *struct {
					Rows struct{ Step, Count, Of int }
				}
			}
			Folded, Fused, Renamed []int
			Memory                 int64 `json:"memory_bytes"`
			MACs                   int64
			Before                 int64 `json:"macs_before"`
		}
		c.get("api/program?device="+word, &p)
		require.Equal(t, g.MACs(), p.Before)
		if word == engine.Reference {
			require.True(t, p.Layerwise)
			require.Empty(t, p.Steps)
			continue
		}
		seen := map[int]bool{0: true}
		var macs, skipped int64
		some := false
		for _, s := range p.Steps {
			require.NotEmpty(t, s.Kernels, s.Name)
			for _, n := range s.Nodes {
				seen[n] = true
			}
			macs += s.MACs
			skipped += s.Skipped
			some = some || s.Read != nil && s.Read.Rows.Step == 2 && s.Read.Rows.Count == 10 && s.Read.Rows.Of == 20
		}
		for _, n := range p.Renamed {
			seen[n] = true
		}
		require.Len(t, seen, len(g.Nodes))
		require.Equal(t, p.MACs, macs)
		require.Equal(t, p.Before-p.MACs, skipped)
		require.True(t, some, "what the two 1x1/2 do not read is left out")
		require.Contains(t, p.Folded, c.node("stem_bn"))
		require.Contains(t, p.Fused, c.node("stem_relu"))
		require.Positive(t, p.Memory)
	}
}

func TestHalvingsShowWhoReadsWhat(t *testing.T) {
	c := start(t, branched(t), nil)
	var a struct {
		Blocks []struct {
			Block   string
			Node    int
			Windows []struct{ Path, Window string }
			Read    struct {
				Positions int
				Never     int `json:"never_read"`
				Both      int `json:"both_paths"`
			}
			Grid struct {
				Height, Width int
				Rows          []string
				Over          *struct {
					Y, X  float64
					StepY int `json:"step_y"`
					StepX int `json:"step_x"`
				}
			}
			Skipping bool
		}
		Places []struct {
			Node   int
			Unread int
			Grid   struct{ Rows []string }
		}
	}
	c.get("api/halvings", &a)
	require.Len(t, a.Blocks, 1)
	b := a.Blocks[0]
	require.Equal(t, c.node("gated"), b.Node)
	require.True(t, b.Skipping)
	require.Equal(t, [3]int{480, 360, 120}, [3]int{b.Read.Positions, b.Read.Never, b.Read.Both})
	require.Len(t, b.Windows, 2)
	require.Equal(t, "1x1/2", b.Windows[0].Window)
	require.Equal(t, [2]int{20, 24}, [2]int{b.Grid.Height, b.Grid.Width})
	require.Len(t, b.Grid.Rows, 20)
	for y, row := range b.Grid.Rows {
		if y%2 == 1 {
			require.Equal(t, strings.Repeat("0", 24), row)
		} else {
			require.Equal(t, strings.Repeat("30", 12), row)
		}
	}
	require.Len(t, a.Places, 1)
	require.Equal(t, b.Node, a.Places[0].Node)
	require.Equal(t, 360, a.Places[0].Unread)
	require.Equal(t, [4]float64{0, 0, 1, 1}, [4]float64{b.Grid.Over.Y, b.Grid.Over.X, float64(b.Grid.Over.StepY), float64(b.Grid.Over.StepX)}, "nothing has strided yet")
	c.get("api/halvings?variant=v1.5", &a)
	require.Len(t, a.Blocks, 3)
	// By hand: a 7 x 7 window of stride 2 around pixel 0, then 3 x 3 of stride 2 from
	// there: the middle of what (0, 0) sees is pixel 2, 2.5 from the edge.
	require.Equal(t, [4]float64{0.5, 0.5, 4, 4}, [4]float64{a.Blocks[0].Grid.Over.Y, a.Blocks[0].Grid.Over.X, float64(a.Blocks[0].Grid.Over.StepY), float64(a.Blocks[0].Grid.Over.StepX)})
	require.Equal(t, [2]float64{-1.5, 8}, [2]float64{a.Blocks[1].Grid.Over.Y, float64(a.Blocks[1].Grid.Over.StepY)})
	require.False(t, a.Blocks[0].Skipping)
}

func TestVariantsSayWhatIsKnownOfThem(t *testing.T) {
	c := start(t, branched(t), nil)
	var a struct {
		Variants []struct {
			Name       string
			Parameters int64
			MACs       int64
			Demanded   int64 `json:"macs_after_demand"`
			Coverage   []struct{ Read, Of int }
			Accuracy   *struct{ Mean float64 }
			Note       string
		}
		Honest string
	}
	c.get("api/variants", &a)
	require.Greater(t, len(a.Variants), 6)
	require.Contains(t, a.Honest, "no trained weights")
	for _, v := range a.Variants {
		require.Len(t, v.Coverage, 3, v.Name)
		require.LessOrEqual(t, v.Demanded, v.MACs)
		require.True(t, (v.Accuracy == nil) == (v.Note != ""), v.Name)
		if v.Name == "a" { // by hand: three quarters of each input are never read
			require.Equal(t, [2]int{64, 225}, [2]int{v.Coverage[0].Read, v.Coverage[0].Of})
		}
	}
}

func TestProfilesAddUp(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	c := start(t, branched(t), nil)
	var p struct {
		Total  float64 `json:"total_ms"`
		Blocks []struct {
			ID    int
			Name  string
			MS    float64
			Share float64
		}
		Steps []struct {
			ID      int
			Kernels []string
		}
		Roof *struct{ GFLOPS, GBS float64 }
	}
	c.get("api/profile?runs=2&batch=2", &p)
	require.Positive(t, p.Total)
	require.NotNil(t, p.Roof)
	require.Positive(t, p.Roof.GFLOPS)
	share := 0.0
	for _, b := range p.Blocks {
		share += b.Share
		require.GreaterOrEqual(t, b.ID, 0, b.Name)
	}
	require.InDelta(t, 1, share, 1e-6)
	require.NotEmpty(t, p.Steps)
	for _, s := range p.Steps {
		require.GreaterOrEqual(t, s.ID, 0)
		require.NotEmpty(t, s.Kernels)
	}
}

type verdictAnswer struct {
	Passed bool
	Layers []struct {
		Node    int
		Name    string
		Verdict string
		Cause   string
		Map     bool
		Place   *struct{ Where string }
	}
}

// validate runs a validation and returns its lines of progress and its result.
func (c *client) validate(query string) (progress []string, v verdictAnswer) {
	c.t.Helper()
	answer, b := c.do(http.MethodPost, "api/validate?"+query, nil)
	require.Equal(c.t, http.StatusOK, answer.StatusCode, "%s", b)
	require.Equal(c.t, "application/x-ndjson", answer.Header.Get("Content-Type"))
	for line := range strings.Lines(string(b)) {
		var l struct {
			Progress *struct {
				Phase       string
				Done, Total int
			}
			Result *verdictAnswer
			Error  string
		}
		require.NoError(c.t, json.Unmarshal([]byte(line), &l))
		require.Empty(c.t, l.Error)
		if l.Progress != nil {
			require.LessOrEqual(c.t, l.Progress.Done, l.Progress.Total)
			if l.Progress.Done == l.Progress.Total {
				progress = append(progress, l.Progress.Phase)
			}
		}
		if l.Result != nil {
			v = *l.Result
		}
	}
	return progress, v
}

func TestValidationPassesAndTellsItsProgress(t *testing.T) {
	c := start(t, branched(t), nil)
	id := c.upload(photo(50, 40))
	for _, word := range devices(t) {
		if word == engine.Reference {
			continue
		}
		for _, query := range []string{"&picture=" + id, "&planned=0"} {
			progress, v := c.validate("device=" + word + query)
			require.Equal(t, []string{"reference", "in place", "alone", "again"}, progress)
			require.True(t, v.Passed)
			require.NotEmpty(t, v.Layers)
			for _, l := range v.Layers {
				require.Contains(t, []string{"passed", "renamed"}, l.Verdict)
				require.GreaterOrEqual(t, l.Node, 0)
				require.False(t, l.Map)
			}
		}
	}
}

// A kernel that is wrong on purpose.
func TestAWrongKernelIsFoundAndItsErrorsDrawn(t *testing.T) {
	code, err := os.ReadFile("../validate/testdata/faulty/spirv/add.second_ignored.spv")
	require.NoError(t, err)
	c := start(t, branched(t), func(o *explore.Options) { o.SPIRV = map[string][]byte{"add": code} })
	_, v := c.validate("device=0&planned=0")
	require.False(t, v.Passed)
	failed := 0
	for _, l := range v.Layers {
		if l.Verdict == "failed" {
			failed++
			require.Equal(t, "sum", l.Name)
			require.True(t, l.Map)
			require.NotEmpty(t, l.Cause)
			require.NotNil(t, l.Place)
			c.picture(fmt.Sprintf("api/validate/maps/%d.png", l.Node))
		}
	}
	require.Equal(t, 1, failed)
}
