package pictures

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// needTurbo skips where the system has no libjpeg-turbo.
func needTurbo(t testing.TB) {
	if _, err := TurboDecoder.JPEG(); err != nil {
		t.Skip(err)
	}
}

func TestShrinkDecodesAsPillowsDraft(t *testing.T) {
	needTurbo(t)
	c := openCorpus(t)
	seen := map[int]bool{}
	for _, entry := range c.names("draft") {
		name, size, _ := strings.Cut(strings.TrimSuffix(entry, ".npy"), "/")
		var o DecodeOptions
		_, err := fmt.Sscanf(size, "%dx%d", &o.Shrink.Width, &o.Shrink.Height)
		require.NoError(t, err)
		got, info := decodeFile(t, c.file(t, name), o)
		want := c.picture(t, "draft/"+name+"/"+size)
		require.Zero(t, distanceOf(t, want, got).most, "%s for %s", name, size)
		seen[info.Shrunk] = true

		o.Decoder = GoDecoder
		got, info = decodeFile(t, c.file(t, name), o)
		require.Zero(t, info.Shrunk)
		whole := c.picture(t, "decoded/"+name)
		require.Equal(t, [2]int{whole.Width, whole.Height}, [2]int{got.Width, got.Height})
	}
	require.Equal(t, map[int]bool{0: true, 2: true, 4: true, 8: true}, seen)
}

func TestFastJPEGCoversTheSizeAndTurnsWithThePicture(t *testing.T) {
	needTurbo(t)
	data := openCorpus(t).file(t, "exif_6.jpg") // 24 x 16, upright 16 x 24
	dst := make([]float32, 8*12*3)
	for _, c := range []struct {
		exif          bool
		width, height int
		want          Info
	}{
		{true, 8, 12, Info{Width: 8, Height: 12, Shrunk: 2}},
		{false, 8, 12, Info{Width: 24, Height: 16}},
		{false, 12, 8, Info{Width: 12, Height: 8, Shrunk: 2}},
		{true, 12, 8, Info{Width: 16, Height: 24}},
	} {
		info, err := Tensor(dst, bytes.NewReader(data), c.width, c.height, Options{FastJPEG: true, DecodeOptions: DecodeOptions{EXIF: c.exif}})
		require.NoError(t, err)
		require.Equal(t, c.want, Info{Width: info.Width, Height: info.Height, Shrunk: info.Shrunk}, "%+v", c)
	}
}

func TestADecoderThatIsNotThereIsNamed(t *testing.T) {
	for name, want := range map[string]Decoder{"": AutoDecoder, "auto": AutoDecoder, "go": GoDecoder} {
		d, err := ParseDecoder(name)
		require.NoError(t, err)
		require.Equal(t, want, d)
	}
	_, err := ParseDecoder("turbo")
	require.EqualError(t, err, `unknown decoder "turbo": have auto, go, turbojpeg`)
	name, err := GoDecoder.JPEG()
	require.NoError(t, err)
	require.Equal(t, "Go", name)
	data := openCorpus(t).file(t, "grey.jpg")
	_, _, err = Decode(bytes.NewReader(data), DecodeOptions{Decoder: "none"})
	require.ErrorIs(t, err, ErrDecoder)
	require.NotErrorIs(t, err, ErrFormat, "the file is not to blame")

	if _, err := ParseDecoder("turbojpeg"); err != nil { // where there is none, nobody else takes its place
		require.ErrorIs(t, err, ErrDecoder)
		require.ErrorContains(t, err, "apt install libturbojpeg0")
		_, _, err = Decode(bytes.NewReader(data), DecodeOptions{Decoder: TurboDecoder})
		require.ErrorIs(t, err, ErrDecoder)
		name, err = AutoDecoder.JPEG()
		require.ErrorIs(t, err, ErrDecoder)
		require.Equal(t, "Go", name)
		return
	}
	name, err = AutoDecoder.JPEG()
	require.NoError(t, err)
	require.Contains(t, name, "turbojpeg")
}
