package study

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet"
)

func variant(t *testing.T, name string, o resnet.Options) *nn.Graph {
	t.Helper()
	g, err := resnet.Variant(name, resnet.ExerciseOptions{Options: o})
	require.NoError(t, err)
	return g
}

// The figures follow from the windows: a 1x1/2 reads ceil(n / 2) rows and
// columns of n, a 3x3/2 and a pool all of them.
func TestHowMuchOfAStagesInputEachVariantReads(t *testing.T) {
	for _, size := range []struct{ input, map3 int }{{64, 15}, {224, 55}} {
		o := resnet.Options{Input: nn.Shape{size.input, size.input, 3}, WidthDivisor: 16}
		for _, c := range []struct {
			variant           string
			main, shortcut    bool // reads every position
			never, once, more bool // are there such positions
		}{
			{"a", false, false, true, false, true},
			{"option-a", false, false, true, false, true}, // what zeros are made of is not read
			{"v1.5", true, false, false, true, true},
			{"c", true, false, false, true, true},
			{"d", true, true, false, false, true},
			{"blurpool", true, true, false, false, true},
			{"maxpool", true, true, false, true, false},
			{"avgpool", true, true, false, true, false},
			{"maxpool-after", true, true, false, false, true},
			{"avgpool-after", true, true, false, false, true},
		} {
			t.Run(c.variant, func(t *testing.T) {
				g := variant(t, c.variant, o)
				trace, err := NewTrace(g)
				require.NoError(t, err)
				halvings := Halvings(g)
				require.Len(t, halvings, 3)
				n := size.map3
				for i, h := range halvings {
					require.Equal(t, []string{"res3a", "res4a", "res5a"}[i], h.Block)
					require.Equal(t, n, h.Input.Shape[0])
					all, half := n*n, (n+1)/2*((n+1)/2)
					cover, readers := trace.Coverage(h)
					require.Equal(t, all, cover.Positions)
					require.Len(t, readers, all)
					switch {
					case c.main && c.shortcut:
						require.Equal(t, [3]int{0, 0, all}, [3]int{cover.Main, cover.Shortcut, cover.Both})
					case c.main:
						require.Equal(t, [3]int{all - half, 0, half}, [3]int{cover.Main, cover.Shortcut, cover.Both})
					default:
						require.Equal(t, [3]int{0, 0, half}, [3]int{cover.Main, cover.Shortcut, cover.Both})
						require.Equal(t, half*h.Input.Shape[2], cover.ValuesRead)
					}
					require.Equal(t, [3]bool{c.never, c.once, c.more}, [3]bool{cover.Never > 0, cover.Once > 0, cover.More > 0})
					require.Equal(t, all, cover.Never+cover.Once+cover.More)
					n = (n + 1) / 2
				}
				require.Equal(t, 1.0, trace.CoverageOf(g.Inputs[0]).ReadShare, "every pixel is read")
			})
		}
	}
}

// 483 for ResNet-50 as its authors strode it, 427 with the stride in the 3x3, by
// hand: r grows by (k - 1) j at a window of k positions where neighbours are j
// pixels apart. 1 + 6 (conv1) + 2 2 (pool), then 2 j for each 3x3 with j = 4, 8,
// 16, 32 in stages 2 to 5 of 3, 4, 6 and 3 blocks: 11 + 24 + 64 + 192 + 192 = 483.
// With the stride in the 3x3 the first block of stages 3 to 5 still has the j of
// the stage before: 8, 16 and 32 less.
func TestReceptiveFieldsAreThoseCountedByHand(t *testing.T) {
	for name, want := range map[string]int{"a": 483, "v1.5": 427} {
		g := variant(t, name, resnet.Options{WidthDivisor: 64})
		fields, err := Fields(g)
		require.NoError(t, err)
		ends := stageEnds(g)
		f := fields[ends[len(ends)-1]]
		require.Equal(t, [2]int{want, want}, [2]int{f.Size(0), f.Size(1)}, name)
		require.Equal(t, [2]int{32, 32}, f.Jump)
	}
}

func TestAReceptiveFieldHoldsWhatOnePositionReads(t *testing.T) {
	for _, name := range []string{"a", "v1.5", "d", "maxpool", "blurpool"} {
		g := variant(t, name, resnet.Options{Input: nn.Shape{97, 120, 3}, WidthDivisor: 64})
		fields, err := Fields(g)
		require.NoError(t, err)
		for _, end := range stageEnds(g) {
			one := gridOf(end.Shape)
			row, column := end.Shape[0]/2, end.Shape[1]/2
			one.N[row*one.Width+column] = 1
			top, bottom, left, right, ok := walk(g, map[*nn.Node]*Grid{end: one}, nil).Reads(g.Inputs[0]).box()
			require.True(t, ok)
			fromRow, toRow := fields[end].At(0, row, 97)
			fromColumn, toColumn := fields[end].At(1, column, 120)
			require.Equal(t, [4]int{fromRow, toRow, fromColumn, toColumn}, [4]int{top, bottom, left, right}, "%s %s", name, end.Name)
		}
	}
}

func TestPlacesOfTheExerciseAreItsStridesAndItsFirstPool(t *testing.T) {
	places, err := Places(variant(t, "a", resnet.Options{WidthDivisor: 64}))
	require.NoError(t, err)
	var got []string
	for _, p := range places {
		require.Len(t, p.Why, 1)
		got = append(got, p.Block+" "+p.Shape.String()+" "+p.Why[0])
	}
	require.Equal(t, []string{
		"conv1 (70, 70, 3) edge", // 7x7/2 on 64 + 6: the last row and column
		"conv1 (32, 32, 1) edge", // 3x3/2 without padding
		"res2c (15, 15, 4) gaps", "res3d (8, 8, 8) gaps", "res4f (4, 4, 16) gaps",
	}, got)
	require.Equal(t, 225-64, places[2].Unread)
	require.Len(t, places[2].Readers, 2)
}

func TestAMarginWiderThanTheGapsIsAnEdge(t *testing.T) {
	line := func(n ...int32) *Grid { return &Grid{1, len(n), n} }
	require.Equal(t, []string{Gaps}, why(line(1, 0, 1, 0)))
	require.Equal(t, []string{Gaps, Edge}, why(line(1, 0, 1, 0, 0)))
	require.Equal(t, []string{Edge}, why(line(1, 1, 0)))
	require.Equal(t, []string{Edge}, why(line(0, 0)))
}

func TestANetThatReadsEverythingHasNoPlaces(t *testing.T) {
	b := nn.NewBuilder("plain")
	x := b.Add("conv", &nn.Conv2D{Window: nn.Square(3, 1).Same(8, 8), Filters: 2}, b.Input("x", nn.Shape{8, 8, 1}))
	x = b.Add("pool", &nn.MaxPool{Window: nn.Square(2, 2)}, x)
	g, err := b.Graph(b.Add("mean", &nn.GlobalAvgPool{}, x))
	require.NoError(t, err)
	places, err := Places(g)
	require.NoError(t, err)
	require.Empty(t, places)
}
