package pictures

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/internal/hostile"
)

func decodeFile(t *testing.T, data []byte, o DecodeOptions) (*RGB, Info) {
	t.Helper()
	p, info, err := Decode(bytes.NewReader(data), o)
	require.NoError(t, err)
	require.Len(t, p.Pix, 3*p.Width*p.Height)
	require.Equal(t, [2]int{p.Width, p.Height}, [2]int{info.Width, info.Height})
	return p, info
}

func TestDecodeGivesThePixelsOfPillow(t *testing.T) {
	c := openCorpus(t)
	names := c.names("files")
	require.Greater(t, len(names), 160)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			got, info := decodeFile(t, c.file(t, name), DecodeOptions{})
			want := c.picture(t, "decoded/"+name)
			if d := distanceOf(t, want, got); info.Decoder != goDecoder {
				assert.Zero(t, d.most, "mean %v, by %q", d.mean, info.Decoder)
			}
			if !strings.HasSuffix(name, ".jpg") {
				return
			}
			got, info = decodeFile(t, c.file(t, name), DecodeOptions{Decoder: GoDecoder})
			assert.Equal(t, goDecoder, info.Decoder)
			d := distanceOf(t, want, got)
			// What is left is the rounding of the inverse DCT; see doc.go.
			assert.LessOrEqual(t, d.most, 3)
			if got.Width*got.Height >= 500 {
				assert.Less(t, d.mean, 0.06)
			}
		})
	}
}

func TestDecodeRefusesWhatPillowRefuses(t *testing.T) {
	c := openCorpus(t)
	names := c.names("refused")
	require.Len(t, names, 32)
	for _, name := range names {
		_, info, err := Decode(bytes.NewReader(c["refused/"+name]), DecodeOptions{})
		require.ErrorIs(t, err, ErrFormat, "%s: %q", name, info.Warnings)
	}
}

func TestPicturesOfKindsThatAreNotReadAreNamed(t *testing.T) {
	for head, kind := range map[string]string{
		"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic":       "HEIC",
		"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1":           "HEIF",
		"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1":       "AVIF",
		"\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 ": "JPEG 2000",
		"\xff\x4f\xff\x51\x00\x2f":                               "JPEG 2000",
		"\x00\x00\x00\x0cJXL \r\n\x87\n\x00\x00\x00\x14ftypjxl ": "JPEG XL",
		"\xff\x0a\xfa\x1f":                         "JPEG XL",
		"P6\n2 2\n255\n............":               "PPM",
		"\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00": "ICO, icons",
		"8BPS\x00\x01\x00\x00\x00\x00":             "PSD",
	} {
		_, _, err := Decode(strings.NewReader(head), DecodeOptions{})
		require.EqualError(t, err, "not a readable picture: "+kind+", which is not read: save it as JPEG or PNG")
		require.ErrorIs(t, err, ErrFormat)
	}
}

func TestDecodeTurnsUprightOnlyIfAsked(t *testing.T) {
	c := openCorpus(t)
	for _, name := range c.names("turned") {
		name := strings.TrimSuffix(name, ".npy")
		t.Run(name, func(t *testing.T) {
			stored, info := decodeFile(t, c.file(t, name), DecodeOptions{})
			assert.LessOrEqual(t, distanceOf(t, c.picture(t, "decoded/"+name), stored).most, 3)
			assert.Equal(t, name[5]-'0', byte(info.Orientation))
			assert.Equal(t, info.Orientation > 1, len(info.Warnings) == 1, "%q", info.Warnings)

			turned, info := decodeFile(t, c.file(t, name), DecodeOptions{EXIF: true})
			assert.LessOrEqual(t, distanceOf(t, c.picture(t, "turned/"+name), turned).most, 3)
			assert.Empty(t, info.Warnings)
		})
	}
}

func TestDecodeTellsWhatItDropped(t *testing.T) {
	c := openCorpus(t)
	decoder, _ := AutoDecoder.JPEG()
	for name, want := range map[string]Info{
		"photo.png":                {Format: "png", Width: 61, Height: 47},
		"photo_420.jpg":            {Format: "jpeg", Decoder: decoder, Width: 61, Height: 47},
		"mode_RGBA.png":            {Format: "png", Width: 37, Height: 23, Warnings: []string{warnAlpha}},
		"palette_one_clear.png":    {Format: "png", Width: 37, Height: 23, Warnings: []string{warnAlpha}},
		"one_clear.gif":            {Format: "gif", Width: 31, Height: 21, Warnings: []string{warnAlpha}},
		"animated.gif":             {Format: "gif", Width: 31, Height: 21, Warnings: []string{warnFrames}},
		"plain.gif":                {Format: "gif", Width: 31, Height: 21},
		"grey_16bit.png":           {Format: "png", Width: 17, Height: 13, Warnings: []string{warnGrey16}},
		"grey_16bit_one_clear.png": {Format: "png", Width: 17, Height: 13, Warnings: []string{warnGrey16}},
		"grey_16bit_big.tif":       {Format: "tiff", Width: 17, Height: 13, Orientation: 1, Warnings: []string{warnGrey16}},
		"rgb_16bit.png":            {Format: "png", Width: 17, Height: 13},
		"turned_6.tif":             {Format: "tiff", Width: 8, Height: 12, Orientation: 6},
		"lossy_alpha.webp":         {Format: "webp", Width: 37, Height: 23, Warnings: []string{warnAlpha}},
		"animated.webp":            {Format: "webp", Width: 32, Height: 22, Warnings: []string{warnFrames}},
		"animated.png":             {Format: "png", Width: 31, Height: 21, Warnings: []string{warnFrames}},
		"pages.tif":                {Format: "tiff", Width: 31, Height: 21, Warnings: []string{warnPages}},
		"top_down.bmp":             {Format: "bmp", Width: 37, Height: 23},
	} {
		t.Run(name, func(t *testing.T) {
			_, info := decodeFile(t, c.file(t, name), DecodeOptions{})
			assert.Equal(t, want, info)
		})
	}
}

func TestDecodeRefusesWhatIsCutShort(t *testing.T) {
	c := openCorpus(t)
	for _, name := range c.names("files") {
		if strings.HasPrefix(name, "animated") || strings.HasPrefix(name, "made_") || name == "pages.tif" {
			continue // its first frame, or page, or its pixels, may well be whole
		}
		t.Run(name, func(t *testing.T) {
			whole := c.file(t, name)
			for _, n := range []int{0, 1, 12, 20, len(whole) / 4, len(whole) / 2, len(whole) * 3 / 4} {
				p, _, err := Decode(bytes.NewReader(whole[:min(n, len(whole)-1)]), DecodeOptions{})
				if err == nil && strings.HasSuffix(name, ".png") { // what is missing is behind the pixels
					require.Equal(t, c.picture(t, "decoded/"+name).Pix, p.Pix, "first %d of %d bytes", n, len(whole))
					continue
				}
				require.ErrorIs(t, err, ErrFormat, "first %d of %d bytes", n, len(whole))
			}
		})
	}
}

func TestDecodeRefusesWhatIsNoPicture(t *testing.T) {
	for name, content := range map[string]string{
		"nothing":       "",
		"text":          "a letter to a friend",
		"hdf5":          "\x89HDF\r\n\x1a\n and more of it",
		"only a magic":  "\xff\xd8\xff",
		"gif no frame":  "GIF89a\x05\x00\x05\x00\x00\x00\x00;",
		"bmp no pixels": "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00" + strings.Repeat("\x00", 8) + "\x01\x00\x18\x00" + strings.Repeat("\x00", 24),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Decode(strings.NewReader(content), DecodeOptions{})
			require.ErrorIs(t, err, ErrFormat)
		})
	}
}

// Their header may state a palette of any size, of which none is read.
func TestRunsOfWidePixelsAreRefusedBeforeTheirPaletteIsRead(t *testing.T) {
	header := "BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x20\x00\x01\x00\x00\x00" +
		strings.Repeat("\x00", 12) + "\xff\xff\xff\xff" + strings.Repeat("\x00", 4)
	_, _, err := Decode(strings.NewReader(header+strings.Repeat("\x00", 4000)), DecodeOptions{})
	require.ErrorContains(t, err, "runs of pixels of 32 bits; read are 4 and 8")
}

func TestDecodeStopsAtAnEndlessStream(t *testing.T) {
	_, _, err := Decode(endless(0), DecodeOptions{})
	require.ErrorIs(t, err, ErrFormat)
}

func TestDecodeHandsOnTheReadersError(t *testing.T) {
	broken := errors.New("line is dead")
	data := demoPicture(t, "one_1.png")
	for _, after := range []int{0, 1000} {
		_, _, err := Decode(io.MultiReader(bytes.NewReader(data[:after]), iotest.ErrReader(broken)), DecodeOptions{})
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, ErrFormat)
	}
}

func TestDecodeChecksThePixelCountFirst(t *testing.T) {
	c := openCorpus(t)
	for _, name := range []string{"photo.png", "photo_420.jpg", "plain.gif", "mode_RGB.bmp", "mode_RGB.tif", "photo_q90.webp", "animated.webp"} {
		t.Run(name, func(t *testing.T) {
			p := c.picture(t, "decoded/"+name)
			pixels := int64(p.Width * p.Height)
			_, _, err := Decode(bytes.NewReader(c.file(t, name)), DecodeOptions{MaxPixels: pixels})
			require.NoError(t, err)
			_, info, err := Decode(bytes.NewReader(c.file(t, name)), DecodeOptions{MaxPixels: pixels - 1})
			require.ErrorIs(t, err, ErrTooLarge)
			require.NotEmpty(t, info.Format)
		})
	}
	t.Run("a header that claims 60000 x 60000", func(t *testing.T) {
		bomb := c.file(t, "top_down.bmp")
		binary.LittleEndian.PutUint32(bomb[18:], 60000)
		binary.LittleEndian.PutUint32(bomb[22:], 60000)
		_, _, err := Decode(bytes.NewReader(bomb), DecodeOptions{})
		require.ErrorIs(t, err, ErrTooLarge)
	})
	t.Run("a gif frame larger than its small screen", func(t *testing.T) {
		_, _, err := Decode(bytes.NewReader(c.file(t, "beyond_canvas.gif")), DecodeOptions{MaxPixels: 200})
		require.ErrorIs(t, err, ErrTooLarge)
	})
}

func TestDecodeRefusesAJPEGOfVeryManyScans(t *testing.T) {
	data := openCorpus(t).file(t, "photo_420_progressive.jpg")
	scan := bytes.LastIndex(data, []byte("\xff\xda"))
	end := len(data) - 2
	many := append(bytes.Clone(data[:end]), bytes.Repeat(data[scan:end], maxScans)...)
	_, _, err := Decode(bytes.NewReader(append(many, data[end:]...)), DecodeOptions{})
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "scans")
}

func TestDecodeAsksToBeAdmittedBeforeItAllocates(t *testing.T) {
	c := openCorpus(t)
	for _, name := range []string{"photo.png", "photo_420.jpg", "plain.gif", "cmyk.jpg", "photo_q90.webp", "mode_RGB.tif"} {
		p := c.picture(t, "decoded/"+name)
		data := c.file(t, name)
		var admitted []int64
		released := 0
		o := DecodeOptions{Admit: func(pixels int64) (func(), error) {
			admitted = append(admitted, pixels)
			return func() { released++ }, nil
		}}
		_, _, err := Decode(bytes.NewReader(data), o)
		require.NoError(t, err)
		_, _, err = Decode(bytes.NewReader(data[:len(data)*3/4]), o)
		require.ErrorIs(t, err, ErrFormat)
		require.Equal(t, []int64{int64(p.Width * p.Height), int64(p.Width * p.Height)}, admitted, name)
		require.Equal(t, 2, released, name)

		full := errors.New("no room")
		_, _, err = Decode(bytes.NewReader(data), DecodeOptions{Admit: func(int64) (func(), error) { return nil, full }})
		require.ErrorIs(t, err, full)
	}
}

func TestGuardMakesAPanicAnError(t *testing.T) {
	_, err := guard("jpeg", func() (int, error) { panic("unreachable") })
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "unreachable")
}

func TestErrorsNameTheFormatOnce(t *testing.T) {
	c := openCorpus(t)
	for name, format := range map[string]string{
		"photo.png": "png", "photo_420.jpg": "jpeg", "plain.gif": "gif", "photo_q90.webp": "webp", "mode_RGB.tif": "tiff", "top_down.bmp": "bmp",
	} {
		data := c.file(t, name)
		_, _, err := Decode(bytes.NewReader(data[:len(data)/2]), DecodeOptions{})
		require.ErrorContains(t, err, ErrFormat.Error()+": "+format+": ")
		require.Equal(t, 1, strings.Count(err.Error(), format+": "), err.Error())
	}
}

func TestDecodeSaysThatAFileIsEmpty(t *testing.T) {
	_, _, err := Decode(bytes.NewReader(nil), DecodeOptions{})
	require.EqualError(t, err, "not a readable picture: it is empty")
}

// endless is a reader of one byte for ever.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func FuzzDecode(f *testing.F) {
	c := openCorpus(f)
	for _, name := range c.names("files") {
		f.Add(c.file(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p *RGB
		var info Info
		var err error
		hostile.Within(t, len(data), func() {
			p, info, err = Decode(bytes.NewReader(data), DecodeOptions{MaxPixels: 1 << 22, EXIF: true})
		})
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("an error of no class: %v", err)
			}
			return
		}
		if len(p.Pix) != 3*p.Width*p.Height || info.Width != p.Width || info.Height != p.Height || p.Width < 1 || p.Height < 1 {
			t.Fatalf("%d bytes for %d x %d, info %+v", len(p.Pix), p.Width, p.Height, info)
		}
	})
}
