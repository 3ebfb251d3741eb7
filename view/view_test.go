package view_test

import (
	"context"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/reference"
	"github.com/vkeras/vkeras/resnet"
	"github.com/vkeras/vkeras/view"
)

func run(t *testing.T, g *nn.Graph, x *nn.Tensor) []*nn.Tensor {
	t.Helper()
	out, err := reference.Run(t.Context(), g, []*nn.Tensor{x}, nil)
	require.NoError(t, err)
	return out
}

// weighted sets random weights.
func weighted(t *testing.T, g *nn.Graph, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, p := range g.Params() {
		w := nn.NewTensor(p.Shape...)
		for i := range w.Data {
			w.Data[i] = float32(rng.NormFloat64() / 4)
		}
		*p.Value = w
	}
}

func TestAPartComputesWhatTheWholeComputesThere(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 7))
		g := optest.Graph(rng)
		in := optest.Inputs(rng, g, 2)
		want := map[string]*nn.Tensor{}
		_, err := reference.Run(t.Context(), g, in, func(n *nn.Node, y *nn.Tensor) error {
			want[n.Name] = y
			return nil
		})
		require.NoError(t, err)
		n := g.Nodes[rng.IntN(len(g.Nodes))]
		part := view.Upto(g, n)
		require.LessOrEqual(t, len(part.Nodes), n.Index+1+len(g.Inputs))
		for i, c := range part.Nodes {
			require.Equal(t, i, c.Index)
		}
		out, err := reference.Run(t.Context(), part, in, nil)
		require.NoError(t, err)
		require.Equal(t, want[n.Name], out[0], n.Name)
	}
}

func TestBlocksAreThoseThatEndInFeatureMaps(t *testing.T) {
	g, err := resnet.Build("exercise", resnet.Options{})
	require.NoError(t, err)
	blocks := view.Blocks(g)
	require.Equal(t, []string{"conv1", "res2a", "res2b"}, blocks[:3])
	require.Equal(t, "res5c", blocks[len(blocks)-1])
	n, ok := view.BlockOutput(g, "res3a")
	require.True(t, ok)
	require.Equal(t, nn.Shape{8, 8, 512}, n.Shape)
	_, ok = view.BlockOutput(g, "res9z")
	require.False(t, ok)
}

func TestASheetShowsEachChannelWhereItsGridSays(t *testing.T) {
	x := nn.NewTensor(2, 3, 5) // H, W, C
	x.Data[(1*3+2)*5+4] = 7    // the last position of the last channel
	x.Data[(0*3+1)*5+1] = float32(math.NaN())
	o := view.SheetOptions{Columns: 2, Cell: 9}
	picture, err := view.Sheet(x, o)
	require.NoError(t, err)
	g := view.GridOf(2, 3, 5, o)
	require.Equal(t, view.Grid{Columns: 2, Rows: 3, Scale: 3}, g)
	require.Equal(t, image.Rect(0, 0, 2*(9+2)-2, 3*(6+2)-2), picture.Bounds())
	light, magenta, white, dark := 0, 0, 0, 0
	for y := range picture.Bounds().Dy() {
		for px := range picture.Bounds().Dx() {
			channel, row, column, inside := g.At(2, 3, 5, px, y)
			c := color.RGBAModel.Convert(picture.At(px, y))
			switch {
			case !inside:
				require.Equal(t, color.RGBA{255, 255, 255, 255}, c)
				white++
			case channel == 4 && row == 1 && column == 2:
				require.Equal(t, view.Colour(1), c)
				light++
			case channel == 1 && row == 0 && column == 1:
				require.Equal(t, color.RGBA{255, 0, 255, 255}, c)
				magenta++
			default:
				require.Equal(t, view.Colour(0), c)
				dark++
			}
		}
	}
	require.Equal(t, []int{9, 9, 28 * 9}, []int{light, magenta, dark})
	require.Positive(t, white)
}

func TestChannelsShareARangeWhenAsked(t *testing.T) {
	x := &nn.Tensor{Shape: nn.Shape{1, 2, 2}, Data: []float32{0, 0, 1, 10}}
	at := func(o view.SheetOptions, channel int) color.Color {
		o.Columns, o.Cell = 2, 2
		p, err := view.Sheet(x, o)
		require.NoError(t, err)
		return color.RGBAModel.Convert(p.At(channel*(2+2)+1, 0))
	}
	require.Equal(t, view.Colour(1), at(view.SheetOptions{}, 0))
	require.Equal(t, view.Colour(0.1), at(view.SheetOptions{Together: true}, 0))
	require.Equal(t, view.Colour(1), at(view.SheetOptions{Together: true}, 1))
}

func TestASheetOfWhatIsNoFeatureMapIsRefused(t *testing.T) {
	for _, shape := range []nn.Shape{{5}, {2, 2, 2, 2}, {0, 2, 2}} {
		_, err := view.Sheet(&nn.Tensor{Shape: shape, Data: make([]float32, shape.Len())}, view.SheetOptions{})
		require.ErrorContains(t, err, "expected a feature map (H, W, C)")
	}
}

func TestColoursGetLighterAllTheWay(t *testing.T) {
	luminance := func(v float64) float64 {
		c := view.Colour(v)
		return 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)
	}
	for i := 1; i <= 100; i++ {
		require.GreaterOrEqual(t, luminance(float64(i)/100), luminance(float64(i-1)/100))
	}
	require.Equal(t, view.Colour(0), view.Colour(-3))
	require.Equal(t, view.Colour(1), view.Colour(3))
}

// nets that end in global average pooling and a dense layer, in the ways in
// which Keras's users write that.
func camNets(t *testing.T) map[string]*nn.Graph {
	nets := map[string]*nn.Graph{}
	for name, end := range map[string]func(b *nn.Builder, x *nn.Node) *nn.Node{
		"global pooling, softmax": func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Add("pool", &nn.GlobalAvgPool{}, x)
			return b.Add("softmax", &nn.Softmax{}, b.Add("dense", &nn.Dense{Units: 4, UseBias: true}, x))
		},
		"average pooling of all positions, flatten, no bias": func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Add("pool", &nn.AvgPool{Window: nn.Window{Size: [2]int{3, 4}, Stride: [2]int{3, 4}}}, x)
			return b.Add("dense", &nn.Dense{Units: 4}, b.Add("flatten", &nn.Flatten{}, x))
		},
		"global pooling, dropout, logits": func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Add("pool", &nn.GlobalAvgPool{KeepDims: true}, x)
			x = b.Add("dropout", &nn.Identity{}, b.Add("flatten", &nn.Flatten{}, x))
			return b.Add("dense", &nn.Dense{Units: 4, UseBias: true}, x)
		},
	} {
		b := nn.NewBuilder(name)
		x := b.Input("in", nn.Shape{6, 8, 3})
		x = b.Add("conv", &nn.Conv2D{Window: nn.Square(2, 2), Filters: 5, UseBias: true}, x)
		g, err := b.Graph(end(b, x))
		require.NoError(t, err)
		weighted(t, g, 3)
		nets[name] = g
	}
	return nets
}

// The mean of a class's map, with its bias, is the class's score before softmax:
// differences of logarithms of probabilities are differences of scores.
func TestAClassActivationMapAddsUpToTheScore(t *testing.T) {
	for name, g := range camNets(t) {
		t.Run(name, func(t *testing.T) {
			cam, err := view.NewCAM(g)
			require.NoError(t, err)
			require.Equal(t, "conv", cam.Features.Name)
			require.Equal(t, 4, cam.Classes())
			x := optest.Normal(rand.New(rand.NewPCG(5, 6)), 0, 1, 1, 6, 8, 3)
			y := run(t, g, x)[0].Data
			f := run(t, view.Upto(g, cam.Features), x)[0]
			score := make([]float64, 4)
			for class := range score {
				m, err := cam.Map(&nn.Tensor{Shape: f.Shape[1:], Data: f.Data}, class)
				require.NoError(t, err)
				require.Len(t, m.Values, 3*4)
				for _, v := range m.Values {
					score[class] += v / 12
				}
				score[class] += cam.Bias(class)
			}
			for class := range score {
				want := float64(y[class]) - float64(y[0])
				if _, softmax := g.Outputs[0].Op.(*nn.Softmax); softmax {
					want = math.Log(float64(y[class])) - math.Log(float64(y[0]))
				}
				require.InDelta(t, want, score[class]-score[0], 1e-5)
			}
		})
	}
}

func TestNetsWithAnotherEndHaveNoClassActivationMaps(t *testing.T) {
	for name, end := range map[string]func(b *nn.Builder, x *nn.Node) *nn.Node{
		"no pooling": func(b *nn.Builder, x *nn.Node) *nn.Node {
			return b.Add("dense", &nn.Dense{Units: 4}, b.Add("flatten", &nn.Flatten{}, x))
		},
		"two dense layers": func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Add("hidden", &nn.Dense{Units: 4}, b.Add("pool", &nn.GlobalAvgPool{}, x))
			return b.Add("dense", &nn.Dense{Units: 4}, b.Add("relu", &nn.Activation{Func: nn.ReLU}, x))
		},
		"pooling of a part": func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Add("pool", &nn.AvgPool{Window: nn.Square(2, 2)}, x)
			return b.Add("dense", &nn.Dense{Units: 4}, b.Add("flatten", &nn.Flatten{}, x))
		},
		"the largest": func(b *nn.Builder, x *nn.Node) *nn.Node {
			return b.Add("dense", &nn.Dense{Units: 4}, b.Add("pool", &nn.GlobalMaxPool{}, x))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := nn.NewBuilder("net")
			g, err := b.Graph(end(b, b.Input("in", nn.Shape{6, 8, 3})))
			require.NoError(t, err)
			_, err = view.NewCAM(g)
			require.ErrorIs(t, err, view.ErrNoCAM)
		})
	}
}

// brightness is a network whose output of class 0 is the mean of the input's
// upper left quarter.
func brightness(_ context.Context, batch *nn.Tensor) (*nn.Tensor, error) {
	n, h, w := batch.Shape[0], batch.Shape[1], batch.Shape[2]
	y := nn.NewTensor(n, 2)
	for i := range n {
		for row := range h / 2 {
			for column := range w / 2 {
				y.Data[2*i] += batch.Image(i)[row*w+column] / float32(h/2*w/2)
			}
		}
	}
	return y, nil
}

func TestOcclusionFindsWhatAClassHangsOn(t *testing.T) {
	x := nn.NewTensor(8, 12, 1)
	for i := range x.Data {
		x.Data[i] = float32(i%12) / 100
	}
	x.Data[2*12+3] = 5 // in the upper left quarter
	m, err := view.Occlude(t.Context(), brightness, x, 0, view.Occlusion{Patch: 1, Stride: 1, Batch: 7})
	require.NoError(t, err)
	row, column := m.Peak()
	require.Equal(t, []int{2, 3}, []int{row, column})
	require.Zero(t, m.At(7, 11), "nothing there matters")
	require.Contains(t, m.Method, "squares of 1 x 1, 1 apart")
	require.Equal(t, 8*12, view.Occlusion{Patch: 1, Stride: 1}.Runs(8, 12))

	m, err = view.Occlude(t.Context(), brightness, x, 0, view.Occlusion{Patch: 3, Stride: 2, Batch: 4})
	require.NoError(t, err)
	row, column = m.Peak()
	require.LessOrEqual(t, max(row-2, 2-row, column-3, 3-column), 2)
	_, err = view.Occlude(t.Context(), brightness, x, 2, view.Occlusion{})
	require.ErrorContains(t, err, "class 2")
}

func TestAMapIsDrawnWarmWhereItIsLarge(t *testing.T) {
	m := &view.Map{Height: 2, Width: 2, Values: []float64{0, 1, -4, 0.1}}
	picture := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for i := range picture.Pix {
		picture.Pix[i] = 100
	}
	over := m.Over(picture)
	require.Equal(t, image.Rect(0, 0, 512, 256), over.Bounds())
	red := func(x, y int) int { c := over.RGBAAt(x, y); return int(c.R) - int(c.B) }
	require.Greater(t, red(500, 10), 100, "the upper right speaks for the class")
	require.Zero(t, red(10, 250), "the lower left speaks against it")
	small := m.Small(picture, 20)
	require.Equal(t, 20, small.Bounds().Dx())
}
