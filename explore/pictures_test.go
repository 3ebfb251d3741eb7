package explore_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/color"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/explore"
	"github.com/vkeras/vkeras/resnet/pictures"
)

type pictureAnswer struct {
	ID            string
	Name, Format  string
	Width, Height int
}

func TestAPictureIsSentAndSeenAsTheNetGetsIt(t *testing.T) {
	c := start(t, branched(t), nil)
	img := photo(300, 200)
	var p pictureAnswer
	c.json(http.MethodPost, "api/pictures?name=a%20photo.png", pngOf(t, img), &p)
	require.Equal(t, pictureAnswer{p.ID, "a photo.png", "png", 300, 200}, p)
	var again pictureAnswer
	c.get("api/pictures/"+p.ID, &again)
	require.Equal(t, p, again)
	original := c.picture("api/pictures/" + p.ID + "/original.png")
	require.Equal(t, img.Bounds(), original.Bounds())
	want := make([]float32, 20*24*3)
	_, err := pictures.Tensor(want, bytes.NewReader(pngOf(t, img)), 24, 20, pictures.Options{})
	require.NoError(t, err)
	got := c.picture("api/pictures/" + p.ID + "/input.png")
	require.Equal(t, 24, got.Bounds().Dx())
	require.Equal(t, 20, got.Bounds().Dy())
	for y := range 20 {
		for x := range 24 {
			at := 3 * (24*y + x)
			require.Equal(t, color.NRGBA{uint8(want[at]), uint8(want[at+1]), uint8(want[at+2]), 255}, color.NRGBAModel.Convert(got.At(x, y)), "%d, %d", x, y)
		}
	}
	c.json(http.MethodDelete, "api/pictures/"+p.ID, nil, &struct{}{})
	require.Contains(t, c.refused(404, "GET", "api/pictures/"+p.ID+"/input.png", nil), "send it again")
	c.refused(404, "DELETE", "api/pictures/"+p.ID, nil)
}

func TestLargePicturesAreShownSmaller(t *testing.T) {
	c := start(t, branched(t), nil)
	id := c.upload(photo(2600, 300))
	b := c.picture("api/pictures/" + id + "/original.png").Bounds()
	require.Equal(t, [2]int{1024, 118}, [2]int{b.Dx(), b.Dy()})
}

func TestMemoryHoldsSomePictures(t *testing.T) {
	c := start(t, branched(t), nil)
	first := c.upload(photo(30, 20))
	var last string
	for range 60 {
		last = c.upload(photo(30, 20))
		c.picture("api/pictures/" + last + "/input.png")
	}
	c.refused(404, "GET", "api/pictures/"+first+"/input.png", nil)
	c.picture("api/pictures/" + last + "/input.png")
}

func TestSamplesAreReadWhenTheyAreAskedFor(t *testing.T) {
	folder := t.TempDir()
	good, bad := filepath.Join(folder, "good.jpg"), filepath.Join(folder, "bad.jpg")
	require.NoError(t, os.WriteFile(good, jpegOf(t, photo(40, 30)), 0o600))
	require.NoError(t, os.WriteFile(bad, []byte("no picture"), 0o600))
	c := start(t, branched(t), func(o *explore.Options) {
		o.Samples = []explore.Sample{explore.File(good), explore.File(bad), explore.File(filepath.Join(folder, "none.jpg"))}
	})
	var p pictureAnswer
	c.get("api/pictures/s0", &p)
	require.Equal(t, pictureAnswer{"s0", "good.jpg", "jpeg", 40, 30}, p)
	require.Contains(t, c.refused(415, "GET", "api/pictures/s1", nil), "bad.jpg")
	message := c.refused(404, "GET", "api/pictures/s2", nil)
	require.Contains(t, message, "none.jpg")
	require.NotContains(t, message, folder)
	c.refused(404, "GET", "api/pictures/s3", nil)
}

func TestBadPicturesAreRefused(t *testing.T) {
	c := start(t, branched(t), nil)
	whole := pngOf(t, photo(40, 30))
	huge := bytes.Clone(whole)
	copy(huge[16:24], []byte{0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff}) // its width and height
	binary.BigEndian.PutUint32(huge[29:33], crc32.ChecksumIEEE(huge[12:29]))
	for name, bad := range map[string]struct {
		body   []byte
		status int
	}{
		"nothing":      {nil, 400},
		"text":         {[]byte("<script>alert(1)</script>"), 415},
		"cut short":    {whole[:len(whole)/2], 415},
		"huge by name": {huge, 413},
	} {
		t.Run(name, func(t *testing.T) {
			c.refused(bad.status, "POST", "api/pictures?name="+strings.Repeat("x", 500), bad.body)
			c.refused(bad.status, "POST", "api/frame", bad.body)
		})
	}
	c.refused(413, "POST", "api/pictures", make([]byte, 64<<20+1))
}
