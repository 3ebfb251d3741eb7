package pictures

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

// camera returns a scene of waves and fine texture.
func camera(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			texture := uint8((x*7919 ^ y*104729) % 23)
			img.SetRGBA(x, y, color.RGBA{uint8(x/16) + texture, uint8(y/12) + texture, uint8((x+y)/32) + texture, 255})
		}
	}
	return img
}

func BenchmarkDecode(b *testing.B) {
	scene := camera(2048, 1536)
	var asJPEG, asPNG bytes.Buffer
	require.NoError(b, jpeg.Encode(&asJPEG, scene, nil))
	require.NoError(b, png.Encode(&asPNG, scene))
	for _, c := range []struct {
		name string
		data []byte
	}{{"jpeg_420", asJPEG.Bytes()}, {"png_rgb", asPNG.Bytes()}} {
		b.Run(c.name+"_2048x1536", func(b *testing.B) {
			b.SetBytes(3 * 2048 * 1536)
			b.ReportAllocs()
			for b.Loop() {
				_, _, err := Decode(bytes.NewReader(c.data), DecodeOptions{})
				require.NoError(b, err)
			}
		})
	}
	b.Run("jpeg_420_2048x1536_image/jpeg_alone", func(b *testing.B) {
		b.SetBytes(3 * 2048 * 1536)
		b.ReportAllocs()
		for b.Loop() {
			_, err := jpeg.Decode(bytes.NewReader(asJPEG.Bytes()))
			require.NoError(b, err)
		}
	})
}

func BenchmarkResizeFloat(b *testing.B) {
	scene := camera(2048, 1536)
	src := newRGB(2048, 1536)
	for i := range 2048 * 1536 {
		copy(src.Pix[3*i:3*i+3], scene.Pix[4*i:])
	}
	dst := make([]float32, 224*224*3)
	for _, f := range Filters() {
		b.Run(fmt.Sprintf("%s/2048x1536to224x224", f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, ResizeFloat(dst, src, 224, 224, f))
			}
		})
	}
}

func BenchmarkTensor(b *testing.B) {
	data := demoPicture(b, "one_3.jpg")
	dst := make([]float32, 64*64*3)
	for _, f := range []Filter{Nearest, Bilinear} {
		b.Run(string(f)+"/jpeg256x256to64x64", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := Tensor(dst, bytes.NewReader(data), 64, 64, Options{Filter: f, Preset: Exercise})
				require.NoError(b, err)
			}
		})
	}
}
