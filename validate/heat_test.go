package validate

import (
	"bytes"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/nn"
)

// allowing is a tolerance of 0.1 where the root mean square is 1.
var allowing = Tolerance{NMSE: 1, MaxOverRMS: 0.1}

// plane returns two images of h x w and 2 channels: of ones, and with errors.
func plane(t testing.TB, h, w int, errors map[[4]int]float32) *HeatMap {
	t.Helper()
	want := nn.NewTensor(2, h, w, 2)
	for i := range want.Data {
		want.Data[i] = 1
	}
	got := want.Clone()
	for at, e := range errors {
		got.Data[((at[0]*h+at[1])*w+at[2])*2+at[3]] += e
	}
	m, err := Heat(got, want, allowing)
	require.NoError(t, err)
	return m
}

func TestHeatShowsTheLargestErrorOverTheChannels(t *testing.T) {
	m := plane(t, 3, 4, map[[4]int]float32{{1, 2, 3, 0}: 0.5, {1, 2, 3, 1}: -20, {0, 0, 1, 1}: 0.05})
	require.InEpsilon(t, 200, m.At(1, 2, 3), 1e-5)
	require.InEpsilon(t, 0.5, m.At(0, 0, 1), 1e-5)
	require.Zero(t, m.At(0, 2, 3))
	require.Equal(t, 2, m.Tiles())
	require.Equal(t, 1, m.Worst())
}

func TestDigitsAreThePowersOfTenBeyondTheTolerance(t *testing.T) {
	m := plane(t, 2, 5, map[[4]int]float32{{0, 0, 0, 0}: 0.09, {0, 0, 1, 0}: 0.5, {0, 0, 2, 0}: 5, {0, 1, 3, 0}: 5000, {0, 1, 4, 0}: inf})
	require.Equal(t, "..."+"", m.Digits(1, 5)[:3])
	require.Equal(t, ".01..\n...4!\n", m.Digits(0, 5))
	require.Equal(t, ".4!\n", reduced(m.Digits(0, 3)), "each cell shows the worst that it covers")
}

// reduced keeps the first line, with 0 and 1 of its covered cells drowned.
func reduced(s string) string { return strings.NewReplacer("0", ".", "14", "4").Replace(s) }

func TestTextHasTwoRowsALine(t *testing.T) {
	m := plane(t, 5, 4, map[[4]int]float32{{0, 4, 0, 0}: nan})
	text := m.Text(0, 80)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	require.Len(t, lines, 3)
	for _, l := range lines {
		require.Equal(t, 4, strings.Count(l, "▀"))
		require.True(t, strings.HasSuffix(l, "\x1b[0m"))
	}
	require.Contains(t, lines[2], "\x1b[38;2;255;0;255m", "NaN is magenta")
	require.NotContains(t, lines[2], "\x1b[48;2", "there is no sixth row")
}

func TestThePictureIsAPNGWithATileAnImage(t *testing.T) {
	m := plane(t, 4, 4, map[[4]int]float32{{0, 0, 0, 0}: nan})
	var b bytes.Buffer
	require.NoError(t, m.PNG(&b))
	p, err := png.Decode(&b)
	require.NoError(t, err)
	require.Equal(t, 2*256+8, p.Bounds().Dx())
	require.Equal(t, 256, p.Bounds().Dy())
	require.Equal(t, color.RGBA{255, 0, 255, 255}, color.RGBAModel.Convert(p.At(3, 3)))
	require.Equal(t, scale[0], color.RGBAModel.Convert(p.At(300, 3)), "the second image is right")
}

func TestAFailureIsNeverBlue(t *testing.T) {
	blue := func(c color.RGBA) bool { return c.B > c.R && c.B > c.G }
	require.True(t, blue(heatColor(0.999)))
	for _, m := range []float64{1.000001, 1.5, 10, 1e6, 1e300} {
		require.False(t, blue(heatColor(m)), "%v", m)
	}
}

func TestAVectorIsDrawnAsASquare(t *testing.T) {
	want := nn.NewTensor(1, 10)
	got := want.Clone()
	got.Data[9] = 1
	m, err := Heat(got, want, loose)
	require.NoError(t, err)
	require.Equal(t, "....\n....\n.!..\n", m.Digits(0, 80))
}

func TestManyImagesAreNotAllDrawn(t *testing.T) {
	m, err := Heat(nn.NewTensor(100, 2, 2, 1), nn.NewTensor(100, 2, 2, 1), loose)
	require.NoError(t, err)
	require.Equal(t, heatTiles, m.Tiles())
	_, err = Heat(nn.NewTensor(1, 2), nn.NewTensor(2, 1), loose)
	require.Error(t, err)
}
