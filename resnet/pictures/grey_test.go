package pictures

import (
	"archive/zip"
	"bytes"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/npy"
)

// greyFiles reads testdata/grey.zip, which tools/keras/grey_pictures.py wrote.
func greyFiles(t *testing.T) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader("testdata/grey.zip")
	require.NoError(t, err)
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		files[f.Name], err = io.ReadAll(r)
		require.NoError(t, err)
	}
	return files
}

func TestGreyPicturesAreThoseOfKeras(t *testing.T) {
	const width, height = 12, 9
	files := greyFiles(t)
	seen := 0
	for name, want := range files {
		rest, ok := strings.CutPrefix(name, "grey/")
		if !ok {
			continue
		}
		file, filter, _ := strings.Cut(strings.TrimSuffix(rest, ".npy"), "/")
		t.Run(rest, func(t *testing.T) {
			a, err := npy.NewReader(bytes.NewReader(want))
			require.NoError(t, err)
			expected := make([]float32, a.Shape.Len())
			require.NoError(t, a.Read(expected))
			got := make([]float32, width*height)
			_, err = Tensor(got, bytes.NewReader(files["files/"+file]), width, height, Options{Filter: Filter(filter), Grey: true})
			require.NoError(t, err)
			// Decoders of JPEG round colours by one step more or less.
			require.InDeltaSlice(t, expected, got, map[bool]float64{true: 2}[strings.HasSuffix(file, ".jpg")])
		})
		seen++
	}
	require.Equal(t, 21, seen)
}

func TestGreyPicturesThatKerasWouldReadOtherwiseAreRefused(t *testing.T) {
	var deep bytes.Buffer
	require.NoError(t, png.Encode(&deep, image.NewGray16(image.Rect(0, 0, 3, 2))))
	dst := make([]float32, 6)
	_, err := Tensor(dst, bytes.NewReader(deep.Bytes()), 3, 2, Options{Grey: true})
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "save it with 8 bits")
	_, err = Tensor(dst, nil, 3, 2, Options{Grey: true, Preset: Caffe})
	require.ErrorContains(t, err, "caffe is for colours")
	_, err = Tensor(make([]float32, 5), nil, 3, 2, Options{Grey: true})
	require.ErrorIs(t, err, ErrSize)
}

func TestGreyPixelsAreResizedAsAFileOfThem(t *testing.T) {
	file := greyFiles(t)["files/colours.png"]
	rgb, _, err := Decode(bytes.NewReader(file), DecodeOptions{})
	require.NoError(t, err)
	want, got := make([]float32, 12*9), make([]float32, 12*9)
	_, err = Tensor(want, bytes.NewReader(file), 12, 9, Options{Filter: Bilinear, Grey: true})
	require.NoError(t, err)
	require.NoError(t, ResizeGrey(got, rgb, 12, 9, Bilinear))
	require.Equal(t, want, got)
	require.ErrorIs(t, ResizeGrey(got, rgb, 12, 8, Bilinear), ErrSize)
}
