package nn_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vkeras/vkeras/nn"
)

// The expected values were read off Keras 3.15 with kernels of a single 1.
func TestSamePadsAsKerasDoes(t *testing.T) {
	for _, c := range []struct{ n, size, stride, dilation, out, before, after int }{
		{1, 1, 1, 1, 1, 0, 0},
		{1, 3, 1, 1, 1, 1, 1},
		{2, 2, 2, 1, 1, 0, 0},
		{2, 1, 3, 1, 1, 0, 0},
		{3, 7, 1, 1, 3, 3, 3},
		{5, 2, 2, 1, 3, 0, 1},
		{5, 3, 1, 3, 5, 3, 3},
		{6, 3, 2, 1, 3, 0, 1},
		{7, 1, 2, 1, 4, 0, 0},
		{7, 3, 1, 1, 7, 1, 1},
		{7, 3, 1, 2, 7, 2, 2},
		{7, 3, 2, 1, 4, 1, 1},
		{8, 2, 1, 1, 8, 0, 1},
		{8, 2, 1, 3, 8, 1, 2},
		{8, 3, 2, 1, 4, 0, 1},
		{9, 5, 3, 1, 3, 1, 1},
		{10, 5, 3, 1, 4, 2, 2},
		{11, 5, 3, 1, 4, 1, 2},
		{13, 7, 2, 1, 7, 3, 3},
		{14, 7, 2, 1, 7, 2, 3},
		{15, 3, 2, 1, 8, 1, 1},
		{16, 3, 2, 1, 8, 0, 1},
		{112, 3, 2, 1, 56, 0, 1},
		{224, 7, 2, 1, 112, 2, 3},
	} {
		w := nn.Square(c.size, c.stride)
		w.Dilation = [2]int{c.dilation, c.dilation}

		tall := w.Same(c.n, 1)
		require.Equal(t, [2]int{c.before, c.after}, [2]int{tall.Pad.Top, tall.Pad.Bottom}, "height %+v", c)
		oh, _, err := tall.Output(c.n, 1)
		require.NoError(t, err)
		require.Equal(t, c.out, oh, "height %+v", c)

		wide := w.Same(1, c.n)
		require.Equal(t, [2]int{c.before, c.after}, [2]int{wide.Pad.Left, wide.Pad.Right}, "width %+v", c)
		_, ow, err := wide.Output(1, c.n)
		require.NoError(t, err)
		require.Equal(t, c.out, ow, "width %+v", c)
	}
}

func TestSameGivesOneOutputForEachStride(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, most int) int { return rapid.IntRange(1, most).Draw(t, name) }
		h, w := draw("height", 300), draw("width", 300)
		window := nn.Window{
			Size:     [2]int{draw("size", 11), draw("size", 11)},
			Stride:   [2]int{draw("stride", 5), draw("stride", 5)},
			Dilation: [2]int{draw("dilation", 3), draw("dilation", 3)},
		}.Same(h, w)
		oh, ow, err := window.Output(h, w)
		require.NoError(t, err)
		require.Equal(t, (h+window.Stride[0]-1)/window.Stride[0], oh)
		require.Equal(t, (w+window.Stride[1]-1)/window.Stride[1], ow)
		for _, extra := range []int{window.Pad.Bottom - window.Pad.Top, window.Pad.Right - window.Pad.Left} {
			require.Contains(t, []int{0, 1}, extra, "the odd position goes to the bottom or right")
		}
	})
}

func TestSameLeavesToOutputWhatItRefuses(t *testing.T) {
	for _, w := range []nn.Window{{}, nn.Square(3, 0), nn.Square(0, 1), nn.Square(math.MaxInt, 1), nn.Square(1, math.MaxInt), nn.Square(-1, -1)} {
		require.Equal(t, w, w.Same(7, 7))
		_, _, err := w.Same(7, 7).Output(7, 7)
		require.ErrorContains(t, err, "size and stride must be at least 1")
	}
}

func TestSameForgetsEarlierPadding(t *testing.T) {
	w := nn.Square(1, 1)
	w.Pad = nn.Pad{Top: 5, Bottom: 5, Left: 5, Right: 5}
	require.Equal(t, nn.Pad{}, w.Same(9, 9).Pad)
}

func TestOutputRefusesWindowsThatDoNotFit(t *testing.T) {
	for _, c := range []struct {
		name   string
		window nn.Window
		want   string
	}{
		{"larger than the height", nn.Square(5, 1), "a window of 5 does not fit a height of 4 with 0 of padding"},
		{"larger than the width", nn.Window{Size: [2]int{4, 10}, Stride: [2]int{1, 1}}, "a window of 10 does not fit a width of 9 with 0 of padding"},
		{
			"larger with its padding",
			nn.Window{Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{3, 3}, Pad: nn.Pad{Top: 1, Bottom: 1}},
			"a window of 7 does not fit a height of 4 with 2 of padding",
		},
		{"no taps", nn.Window{Stride: [2]int{1, 1}}, "size and stride must be at least 1"},
		{"no stride", nn.Window{Size: [2]int{1, 1}}, "size and stride must be at least 1"},
		{"negative dilation", nn.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{-1, 1}}, "size and stride must be at least 1"},
		{"negative padding", nn.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Pad: nn.Pad{Left: -1}}, "padding must not be negative"},
		{"the largest int", nn.Square(math.MaxInt, 1), "size and stride must be at least 1 and at most 2147483647"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := c.window.Output(4, 9)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestWindowsAreWrittenInShort(t *testing.T) {
	dilated := nn.Square(3, 1)
	dilated.Dilation = [2]int{2, 1}
	for want, w := range map[string]nn.Window{
		"1x1":                 nn.Square(1, 1),
		"7x7/2":               nn.Square(7, 2),
		"3x1/1x2":             {Size: [2]int{3, 1}, Stride: [2]int{1, 2}},
		"3x3/2 pad 0,1,0,1":   nn.Square(3, 2).Same(8, 8),
		"3x3 dilation 2x1":    dilated,
		"2x3/3x2 pad 0,1,0,2": {Size: [2]int{2, 3}, Stride: [2]int{3, 2}, Pad: nn.Pad{Bottom: 1, Right: 2}},
	} {
		require.Equal(t, want, w.String())
	}
}
