package pictures

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// resizeCase is an entry NAME/FILTER/WxH of the corpus.
type resizeCase struct {
	file          string
	filter        Filter
	width, height int
}

func parseCase(t *testing.T, entry string) (c resizeCase) {
	t.Helper()
	parts := strings.Split(strings.TrimSuffix(entry, ".npy"), "/")
	require.Len(t, parts, 3, entry)
	c.file, c.filter = parts[0], Filter(parts[1])
	_, err := fmt.Sscanf(parts[2], "%dx%d", &c.width, &c.height)
	require.NoError(t, err, entry)
	return c
}

func TestResizeGivesTheBytesOfLoadImg(t *testing.T) {
	c := openCorpus(t)
	entries := c.names("resized")
	require.Greater(t, len(entries), 100)
	for _, entry := range entries {
		t.Run(entry, func(t *testing.T) {
			r := parseCase(t, entry)
			want := c.picture(t, strings.TrimSuffix("resized/"+entry, ".npy"))
			src := c.picture(t, "decoded/"+r.file)

			got, err := Resize(src, r.width, r.height, r.filter)
			require.NoError(t, err)
			assert.Zero(t, distanceOf(t, want, got).most)

			floats := make([]float32, 3*r.width*r.height)
			require.NoError(t, ResizeFloat(floats, src, r.width, r.height, r.filter))
			for i, v := range want.Pix {
				require.Equal(t, float32(v), floats[i], "value %d", i)
			}
		})
	}
}

func TestResizeFloatGivesTheFloatsOfTensorFlow(t *testing.T) {
	c := openCorpus(t)
	entries := c.names("tf")
	require.Greater(t, len(entries), 30)
	tolerance := map[Filter]float64{TFBilinear: 0, TFBilinearAntialias: 2e-4}
	for _, entry := range entries {
		t.Run(entry, func(t *testing.T) {
			r := parseCase(t, entry)
			want, _ := array[float32](t, c, strings.TrimSuffix("tf/"+entry, ".npy"))
			got := make([]float32, 3*r.width*r.height)
			require.NoError(t, ResizeFloat(got, c.picture(t, "decoded/"+r.file), r.width, r.height, r.filter))
			require.Len(t, want, len(got))
			most := 0.0
			for i := range want {
				most = max(most, math.Abs(float64(want[i]-got[i])))
			}
			assert.LessOrEqual(t, most, tolerance[r.filter])
		})
	}
}

func TestResizeKeepsAPictureOfOneColour(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 40)
		src := newRGB(side.Draw(t, "width"), side.Draw(t, "height"))
		colour := rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, "colour")
		for i := range src.Pix {
			src.Pix[i] = colour[i%3]
		}
		width, height := side.Draw(t, "to width"), side.Draw(t, "to height")
		dst := make([]float32, 3*width*height)
		f := rapid.SampledFrom(Filters()).Draw(t, "filter")
		if err := ResizeFloat(dst, src, width, height, f); err != nil {
			t.Fatal(err)
		}
		for i, v := range dst {
			if math.Abs(float64(v)-float64(colour[i%3])) > 1e-3 {
				t.Fatalf("value %d is %v, want %v", i, v, colour[i%3])
			}
		}
	})
}

func TestResizeRefusesSizesThatDoNotFit(t *testing.T) {
	src := newRGB(4, 4)
	for name, call := range map[string]func() error{
		"no width":            func() error { _, err := Resize(src, 0, 4, Nearest); return err },
		"negative height":     func() error { _, err := Resize(src, 4, -1, Bilinear); return err },
		"beyond all memory":   func() error { _, err := Resize(src, math.MaxInt, math.MaxInt, Box); return err },
		"empty source":        func() error { _, err := Resize(&RGB{}, 4, 4, Nearest); return err },
		"too few bytes":       func() error { _, err := Resize(&RGB{2, 2, nil}, 4, 4, Nearest); return err },
		"short destination":   func() error { return ResizeFloat(make([]float32, 11), src, 2, 2, Nearest) },
		"long destination":    func() error { return ResizeFloat(make([]float32, 13), src, 2, 2, TFBilinear) },
		"float: empty source": func() error { return ResizeFloat(make([]float32, 12), &RGB{}, 2, 2, TFBilinear) },
	} {
		t.Run(name, func(t *testing.T) { require.ErrorIs(t, call(), ErrSize) })
	}
}

func TestResizeRefusesFiltersThatGiveNoBytes(t *testing.T) {
	for _, f := range []Filter{TFBilinear, TFBilinearAntialias, "cubic"} {
		_, err := Resize(newRGB(4, 4), 2, 2, f)
		require.ErrorContains(t, err, string(f))
	}
}

func TestFiltersAreFoundByName(t *testing.T) {
	for _, want := range Filters() {
		got, err := ParseFilter(string(want))
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.NotContains(t, want.Describe(), "unknown")
	}
	f, err := ParseFilter("")
	require.NoError(t, err)
	assert.Equal(t, Nearest, f)
	_, err = ParseFilter("cubic")
	require.ErrorContains(t, err, "have nearest, box, bilinear")
}
