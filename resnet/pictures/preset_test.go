package pictures

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPresetsGiveTheFloatsOfPreprocessInput(t *testing.T) {
	c := openCorpus(t)
	input, _ := array[float32](t, c, "presets/input")
	for _, p := range Presets() {
		t.Run(string(p), func(t *testing.T) {
			want, _ := array[float32](t, c, "presets/"+string(p))
			got := slices.Clone(input)
			p.Apply(got)
			assert.Equal(t, want, got, "to the bit")
		})
	}
}

func TestDescribeNamesEveryConstantOfThePreset(t *testing.T) {
	for _, p := range Presets() {
		s := p.Scaling()
		constants := append(append(s.Subtract[:], s.DivideAfter[:]...), s.Divide)
		for _, v := range constants {
			if v != 0 && v != 1 {
				assert.Contains(t, p.Describe(), strconv.FormatFloat(float64(v), 'g', -1, 32), string(p))
			}
		}
		assert.Contains(t, p.Describe(), s.Channels, string(p))
		if p != Exercise {
			assert.Contains(t, p.Describe(), p.Equals())
		}
	}
}

func TestTheRangeOfAPresetIsThatOfAllColours(t *testing.T) {
	for _, p := range Presets() {
		var all []float32
		for v := range 256 {
			all = append(all, float32(v), float32(v), float32(v))
		}
		p.Apply(all)
		low, high := p.Range()
		assert.Equal(t, slices.Min(all), low, string(p))
		assert.Equal(t, slices.Max(all), high, string(p))
	}
}

func TestAPresetDoubtsWhatItCannotHaveScaled(t *testing.T) {
	for _, c := range []struct {
		preset    Preset
		low, high float32
		doubtful  bool
	}{
		{Caffe, 0, 1, true}, // divided by 255
		{Caffe, -1, 1, true},
		{Caffe, 0, 255, true}, // not scaled at all
		{Caffe, -123.68, 151.061, false},
		{Caffe, -20, 0.5, false},
		{None, 0, 1, true},
		{None, 0, 255, false},
		{None, 0, 0, false}, // a black picture
		{None, -1, 1, true},
		{Exercise, 0, 255, true},
		{Exercise, -1, 1, true},
		{Exercise, 0, 1, false},
		{Exercise, 0.2, 0.7, false},
		{TF, 0, 255, true},
		{TF, -1, 1, false},
		{TF, -2.1, 2.6, true},
		{Torch, -2.1, 2.6, false},
		{Torch, 0, 255, true},
	} {
		assert.Equal(t, c.doubtful, c.preset.Doubt(c.low, c.high) != "", "%+v", c)
	}
}

func TestPresetsAreFoundByName(t *testing.T) {
	for _, want := range Presets() {
		got, err := ParsePreset(string(want))
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.NotContains(t, want.Describe(), "unknown")
		assert.NotContains(t, want.Describe(), "\n")
	}
	p, err := ParsePreset("")
	require.NoError(t, err)
	assert.Equal(t, None, p)
	_, err = ParsePreset("imagenet")
	require.ErrorContains(t, err, "have none, exercise, caffe, tf, torch")
}

func TestTensorReadsTheDemoPicturesAsKerasDoes(t *testing.T) {
	c := openCorpus(t)
	entries := c.names("demo")
	require.NotEmpty(t, entries)
	for _, entry := range entries {
		t.Run(entry, func(t *testing.T) {
			r := parseCase(t, entry)
			want := c.picture(t, strings.TrimSuffix("demo/"+entry, ".npy"))
			got := make([]float32, 3*r.width*r.height)
			info, err := Tensor(got, bytes.NewReader(demoPicture(t, r.file)), r.width, r.height, Options{Filter: r.filter})
			require.NoError(t, err)
			levels := &RGB{Width: r.width, Height: r.height, Pix: make([]byte, len(got))}
			for i, v := range got {
				levels.Pix[i] = byte(v)
			}
			d := distanceOf(t, want, levels)
			if info.Format == "png" {
				assert.Zero(t, d.most)
			}
			assert.LessOrEqual(t, d.most, 2)
			assert.Less(t, d.mean, 0.06)
		})
	}
}

func TestTensorScalesAfterResizing(t *testing.T) {
	c := openCorpus(t)
	src := c.picture(t, "decoded/photo.png")
	for _, p := range Presets() {
		for _, f := range Filters() {
			want := make([]float32, 3*8*9)
			require.NoError(t, ResizeFloat(want, src, 9, 8, f))
			p.Apply(want)
			got := make([]float32, len(want))
			_, err := Tensor(got, bytes.NewReader(c.file(t, "photo.png")), 9, 8, Options{Filter: f, Preset: p})
			require.NoError(t, err)
			require.Equal(t, want, got, "%s %s", f, p)
		}
	}
}

func TestTensorIsDecodeThenResize(t *testing.T) {
	c := openCorpus(t)
	for _, name := range c.names("files") {
		t.Run(name, func(t *testing.T) {
			p, _ := decodeFile(t, c.file(t, name), DecodeOptions{EXIF: true})
			sizes := []point{{7, 5}, {p.Width, p.Height}, {40, 3}, {p.Width, 4}, {3, p.Height}, {50, 60}}
			for i, f := range Filters() {
				to := sizes[i%len(sizes)]
				want, got := make([]float32, 3*to.x*to.y), make([]float32, 3*to.x*to.y)
				require.NoError(t, ResizeFloat(want, p, to.x, to.y, f))
				_, err := Tensor(got, bytes.NewReader(c.file(t, name)), to.x, to.y, Options{Filter: f, DecodeOptions: DecodeOptions{EXIF: true}})
				require.NoError(t, err)
				require.Equal(t, want, got, "%s to %v", f, to)
			}
		})
	}
}

func TestTensorRefusesWhatItCannotDo(t *testing.T) {
	data := demoPicture(t, "one_1.png")
	dst := make([]float32, 12)
	_, err := Tensor(dst, bytes.NewReader(data), 2, 2, Options{Preset: "imagenet"})
	require.ErrorContains(t, err, "imagenet")
	_, err = Tensor(dst, bytes.NewReader(data), 2, 2, Options{Filter: "cubic"})
	require.ErrorContains(t, err, "cubic")
	_, err = Tensor(dst[:11], bytes.NewReader(data), 2, 2, Options{})
	require.ErrorIs(t, err, ErrSize)
	_, err = Tensor(dst, strings.NewReader("hello"), 2, 2, Options{})
	require.ErrorIs(t, err, ErrFormat)
}
