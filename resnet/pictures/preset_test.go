package pictures

import (
	"bytes"
	"slices"
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
