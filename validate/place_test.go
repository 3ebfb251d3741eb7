package validate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu"
	"github.com/vkeras/vkeras/internal/optest"
	"github.com/vkeras/vkeras/nn"
)

var loose = Tolerance{NMSE: 1e-9, MaxOverRMS: 1e-3}

// spoiled returns a random tensor and a copy in which f changed elements, given
// their value and coordinates.
func spoiled(f func(v float32, n, h, w, c int) float32, shape ...int) (got, want *nn.Tensor) {
	want = optest.Normal(rand.New(rand.NewPCG(11, 4)), 0, 1, shape...)
	got = want.Clone()
	n, h, w, c := axes(want.Shape)
	for i := range got.Data {
		got.Data[i] = f(got.Data[i], i/(h*w*c)%max(n, 1), i/(w*c)%h, i/c%w, i%c)
	}
	return got, want
}

// where returns a change of the elements that wrong says are.
func where(wrong func(n, h, w, c int) bool) func(float32, int, int, int, int) float32 {
	return func(v float32, n, h, w, c int) float32 {
		if wrong(n, h, w, c) {
			return v + 1
		}
		return v
	}
}

func TestLocateNamesTheKindOfPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 8))
	for name, c := range map[string]struct {
		change func(float32, int, int, int, int) float32
		shape  []int
		kind   Kind
		where  string
	}{
		"nothing":                          {where(func(n, h, w, c int) bool { return false }), []int{2, 8, 8, 8}, Nowhere, "no element"},
		"the bottom row":                   {where(func(n, h, w, c int) bool { return h == 7 }), []int{2, 8, 8, 8}, Border, "row 7"},
		"the bottom and the right":         {where(func(n, h, w, c int) bool { return h == 7 || w == 7 }), []int{2, 8, 8, 8}, Border, "row 7 and column 7"},
		"two columns on the left":          {where(func(n, h, w, c int) bool { return w < 2 }), []int{2, 8, 8, 8}, Border, "columns 0 and 1"},
		"every second column":              {where(func(n, h, w, c int) bool { return w%2 == 1 }), []int{2, 8, 8, 8}, Grid, "column 1 of every 2"},
		"every third row":                  {where(func(n, h, w, c int) bool { return h%3 == 0 }), []int{2, 9, 8, 8}, Grid, "row 0 of every 3"},
		"a lattice":                        {where(func(n, h, w, c int) bool { return h%2 == 1 && w%2 == 1 }), []int{2, 8, 8, 8}, Grid, "1 of the 4 positions of every 2x2"},
		"the second half of tiles of 32":   {where(func(n, h, w, c int) bool { return (h*9+w)%32 >= 16 }), []int{2, 15, 9, 4}, Tile, "positions 16 to 31 of every 32"},
		"one lane":                         {where(func(n, h, w, c int) bool { return c%4 == 3 }), []int{2, 8, 8, 12}, OneOfFour, "channels 3, 7 and 11"},
		"one channel":                      {where(func(n, h, w, c int) bool { return c == 5 }), []int{2, 8, 8, 12}, OneChannel, "channel 5"},
		"the rest behind the fours":        {where(func(n, h, w, c int) bool { return c >= 8 }), []int{2, 8, 8, 10}, ChannelTail, "channels 8 and 9"},
		"the last of 65 channels":          {where(func(n, h, w, c int) bool { return c == 64 }), []int{2, 4, 4, 65}, ChannelTail, "channel 64"},
		"the second half of the channels":  {where(func(n, h, w, c int) bool { return c >= 8 }), []int{2, 8, 8, 16}, ChannelTail, "channels 8 to 15"},
		"channels here and there":          {where(func(n, h, w, c int) bool { return c == 2 || c == 5 }), []int{2, 8, 8, 16}, PerChannel, "channels 2 and 5"},
		"noise in some channels":           {func(v float32, n, h, w, c int) float32 { return v + float32(c%7/6)*rng.Float32() }, []int{2, 8, 8, 16}, Channels, "channels 6 and 13"},
		"the images behind the first":      {where(func(n, h, w, c int) bool { return n > 0 }), []int{3, 8, 8, 8}, LaterImages, "images 1 and 2"},
		"the end of memory":                {where(func(n, h, w, c int) bool { return n == 1 && h*8+w >= 52 }), []int{2, 8, 8, 8}, Tail, "the last 96 in memory order"},
		"all but the first position":       {where(func(n, h, w, c int) bool { return h+w > 0 }), []int{2, 8, 8, 8}, AllButFirst, "everything but position (0, 0)"},
		"all but the first row":            {where(func(n, h, w, c int) bool { return h > 0 }), []int{2, 8, 8, 8}, AllButFirst, "everything but the first row"},
		"all but the first column":         {where(func(n, h, w, c int) bool { return w > 0 }), []int{2, 8, 8, 8}, AllButFirst, "everything but the first column"},
		"a factor":                         {func(v float32, n, h, w, c int) float32 { return 1.25 * v }, []int{2, 8, 8, 8}, Scaled, " of 1024 elements"},
		"a factor of a vector":             {func(v float32, n, h, w, c int) float32 { return 1.25 * v }, []int{1, 10}, Scaled, "10 of 10 elements"},
		"a factor a channel":               {func(v float32, n, h, w, c int) float32 { return v * (1 + float32(c)/8) }, []int{2, 8, 8, 8}, PerChannel, "channels 1 to 7"},
		"here and there":                   {func(v float32, n, h, w, c int) float32 { return v + float32(rng.IntN(9)/8) }, []int{2, 8, 8, 8}, Scattered, ""},
		"noise":                            {func(v float32, n, h, w, c int) float32 { return v + float32(rng.NormFloat64()) }, []int{2, 8, 8, 8}, Everywhere, ""},
		"zeros":                            {func(float32, int, int, int, int) float32 { return 0 }, []int{2, 8, 8, 8}, Everywhere, " of 1024"},
		"NaN here and there":               {func(v float32, n, h, w, c int) float32 { return v / float32(rng.IntN(7)/6) * 0 }, []int{2, 8, 8, 8}, NotFinite, "NaN or infinite"},
		"NaN in one channel":               {func(v float32, n, h, w, c int) float32 { return map[bool]float32{true: nan, false: v}[c == 3] }, []int{2, 8, 8, 8}, OneChannel, "channel 3; NaN or infinite, or should be: 128 elements"},
		"one element of a vector":          {where(func(n, h, w, c int) bool { return c == 3 }), []int{1, 10}, Scattered, "1 of 10 elements"},
		"one position of a map of one row": {where(func(n, h, w, c int) bool { return w == 0 }), []int{2, 40, 3}, Border, "column 0"},
		"a single number":                  {where(func(n, h, w, c int) bool { return true }), []int{1, 1}, Everywhere, "1 of 1 element"},
		"nothing is written":               {func(float32, int, int, int, int) float32 { return math.Float32frombits(gpu.Unwritten) }, []int{2, 8, 8, 8}, NotWritten, "never written: 1024 elements"},
		"the last images are never written": {func(v float32, n, h, w, c int) float32 {
			return map[bool]float32{true: math.Float32frombits(gpu.Unwritten), false: v}[n == 1]
		}, []int{2, 8, 8, 8}, LaterImages, "image 1; never written: 512 elements"},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := spoiled(c.change, c.shape...)
			p, err := Locate(want, loose, got)
			require.NoError(t, err)
			require.Equal(t, c.kind, p.Kind, p.Where)
			require.Contains(t, p.Where, c.where)
			require.NotEmpty(t, p.Cause)
		})
	}
}

func TestLocateFindsValuesThatMoved(t *testing.T) {
	_, want := spoiled(func(v float32, n, h, w, c int) float32 { return v }, 2, 8, 8, 4)
	at := func(n, h, w, c int) float32 { return want.Data[((n*8+(h+8)%8)*8+(w+8)%8)*4+c] }
	moved := func(from func(h, w int) (int, int)) *nn.Tensor {
		got, _ := spoiled(func(_ float32, n, h, w, c int) float32 {
			i, j := from(h, w)
			return at(n, i, j, c)
		}, 2, 8, 8, 4)
		return got
	}
	p, err := Locate(want, loose, moved(func(h, w int) (int, int) { return h + 1, w - 2 }))
	require.NoError(t, err)
	require.Equal(t, Shifted, p.Kind)
	require.Contains(t, p.Where, "that of row i+1, column j-2")
	p, err = Locate(want, loose, moved(func(h, w int) (int, int) { return w, h }))
	require.NoError(t, err)
	require.Equal(t, Transposed, p.Kind)
}

func TestLocateSaysThatResultsDoNotStay(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	noise := func(v float32, n, h, w, c int) float32 { return v + float32(rng.NormFloat64()) }
	first, want := spoiled(noise, 2, 8, 8, 8)
	second, _ := spoiled(noise, 2, 8, 8, 8)
	p, err := Locate(want, loose, first, second)
	require.NoError(t, err)
	require.Equal(t, Unstable, p.Kind)
	require.Contains(t, p.Cause, "barrier")

	border := func(v float32, n, h, w, c int) float32 {
		if h == 0 {
			return noise(v, n, h, w, c)
		}
		return v
	}
	first, want = spoiled(border, 2, 8, 8, 8)
	second, _ = spoiled(border, 2, 8, 8, 8)
	p, err = Locate(want, loose, first, second)
	require.NoError(t, err)
	require.Equal(t, Border, p.Kind, "where they sit tells more")
	require.Contains(t, p.Cause, "Every run gives another result")
}

func TestLocateFindsMuchThatIsALittleWrong(t *testing.T) {
	got, want := spoiled(func(v float32, n, h, w, c int) float32 { return v + 5e-4 }, 2, 8, 8, 8)
	p, err := Locate(want, Tolerance{NMSE: 1e-9, MaxOverRMS: 1e-3}, got)
	require.NoError(t, err)
	require.Equal(t, PerChannel, p.Kind, "no element is beyond 1e-3, but their squares add up")
	require.Contains(t, p.Cause, "off by a constant")
}

func TestLocateRefusesTensorsOfOtherShapes(t *testing.T) {
	_, err := Locate(nn.NewTensor(1, 2), loose, nn.NewTensor(2, 1))
	require.ErrorContains(t, err, "expected shape (1, 2)")
	_, err = Locate(nil, loose, nn.NewTensor(2, 1))
	require.Error(t, err)
	p, err := Locate(nn.NewTensor(1, 2), loose)
	require.NoError(t, err)
	require.Equal(t, Nowhere, p.Kind)
}

// Errors thrown at random must not be taken for a pattern.
func TestLocateSeesNoPatternInNoise(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		share := []int{2, 3, 10, 50, 200}[seed%5]
		got, want := spoiled(func(v float32, n, h, w, c int) float32 {
			if rng.IntN(share) == 0 {
				return v + float32(1+rng.NormFloat64())
			}
			return v
		}, 1+int(seed%3), 4+int(seed%9), 5+int(seed%7), 1+int(seed%13))
		p, err := Locate(want, loose, got)
		require.NoError(t, err)
		require.Contains(t, []Kind{Scattered, Everywhere, Nowhere}, p.Kind, "seed %d: %v", seed, p)
	}
}
