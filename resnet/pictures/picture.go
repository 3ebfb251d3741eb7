package pictures

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Classes of failure; test with [errors.Is].
var (
	// ErrFormat is a file that is no picture, one of a kind that is not read, or
	// one that is damaged or cut short. The wrapped text says which.
	ErrFormat = errors.New("not a readable picture")
	// ErrTooLarge is a picture, or a file, beyond [DecodeOptions.MaxPixels].
	ErrTooLarge = errors.New("picture too large")
	// ErrSize is a resize from, or to, a size with no pixels, or a destination
	// slice of the wrong length.
	ErrSize = errors.New("wrong picture size")
)

// DefaultMaxPixels is where Pillow raises DecompressionBombError: twice its
// MAX_IMAGE_PIXELS.
const DefaultMaxPixels = 2 * (1024 * 1024 * 1024 / 4 / 3)

// RGB is a picture of 8-bit red, green, blue triples: row-major, no padding,
// len(Pix) = 3·Width·Height.
type RGB struct {
	Width, Height int
	Pix           []byte
}

func newRGB(width, height int) *RGB {
	return &RGB{Width: width, Height: height, Pix: make([]byte, 3*width*height)}
}

// row returns the bytes of row y.
func (p *RGB) row(y int) []byte {
	return p.Pix[3*p.Width*y : 3*p.Width*(y+1)]
}

// Info tells what a decoded file was.
type Info struct {
	Format        string   // "jpeg", "png", "gif", "bmp", "tiff" or "webp"
	Decoder       string   // of a JPEG file: "libturbojpeg.so.0.2.0 (TurboJPEG 2)", "Go"
	Width, Height int      // of the picture that was returned, in pixels
	Shrunk        int      // 2, 4 or 8 where a JPEG file was decoded to that part of its size
	Orientation   int      // EXIF orientation 1..8, 0 where the file states none
	Warnings      []string // what a reader of the result should know, in whole sentences
}

func (i *Info) warn(text string) { i.Warnings = append(i.Warnings, text) }

// DecodeOptions bounds and steers [Decode]. The zero value does as Keras does.
type DecodeOptions struct {
	// MaxPixels is the largest Width·Height that is decoded; 0 means
	// [DefaultMaxPixels]. It is checked before the pixels are allocated. The file
	// itself may have 8 bytes for each of these pixels, and 64 MiB.
	MaxPixels int64
	// EXIF turns the picture upright by its EXIF orientation, as
	// PIL.ImageOps.exif_transpose. Keras does not do this.
	EXIF bool
	// Decoder says what decodes JPEG files.
	Decoder Decoder
	// Shrink lets libjpeg-turbo decode to a half, a quarter or an eighth of a JPEG
	// picture's size where that still covers these pixels, as PIL.Image.draft; the
	// other decoder always decodes whole pictures. Keras does not. The zero value does
	// not either.
	Shrink struct{ Width, Height int }
	// Admit, if given, is called with the number of pixels before they are decoded
	// and may wait; release is called when they are no longer held. With it, callers
	// that decode side by side bound what all of them hold. Its error is returned.
	Admit func(pixels int64) (release func(), err error)
}

// Decode reads one picture, its kind told by its content, and returns what
// PIL.Image.open(r).convert("RGB") holds: alpha is dropped, not blended; of an
// animation the first frame is taken; 16-bit grey saturates at 255, 16-bit colour
// keeps its high bytes; a TIFF is turned upright, everything else only if
// [DecodeOptions.EXIF] says so.
//
// Errors wrap [ErrFormat], [ErrTooLarge] or [ErrDecoder], or are the reader's own.
func Decode(r io.Reader, o DecodeOptions) (*RGB, Info, error) {
	var p *RGB
	info, err := open(r, o, func(s source) error { p = s.rgb(); return nil })
	if err != nil {
		return nil, info, err
	}
	return p, info, nil
}

// open decodes one picture and hands it to use, within what o admits. What use
// does wrong counts as the file's fault.
func open(r io.Reader, o DecodeOptions, use func(source) error) (Info, error) {
	if o.MaxPixels <= 0 {
		o.MaxPixels = DefaultMaxPixels
	}
	data, c, err := readAll(r, o.MaxPixels)
	if err != nil {
		return Info{}, err
	}
	info := Info{Format: c.name}
	size, err := guard(c.name, func() (point, error) { return c.size(data) })
	if err != nil {
		return info, err
	}
	if err := size.check(o.MaxPixels); err != nil {
		return info, fmt.Errorf("%s: %w", c.name, err)
	}
	if o.Admit != nil {
		release, err := o.Admit(int64(size.x) * int64(size.y))
		if err != nil {
			return info, err
		}
		defer release()
	}
	_, err = guard(c.name, func() (source, error) {
		s, err := c.decode(data, &info, o)
		if err != nil {
			return s, err
		}
		if info.Orientation > 1 {
			if o.EXIF || c.turns {
				s = orient(s.rgb(), info.Orientation).source()
			} else {
				info.warn(fmt.Sprintf("EXIF orientation %d is not applied, as in Keras", info.Orientation))
			}
		}
		info.Width, info.Height = s.size.x, s.size.y
		return s, use(s)
	})
	return info, err
}

// Options is the whole picture path of one network. The zero value is
// keras.utils.img_to_array(keras.utils.load_img(f, target_size=(height, width))).
type Options struct {
	Filter Filter // "" means Nearest, which is load_img's default
	Preset Preset // "" means None; of Grey pictures one for which Preset.Grey holds
	// Grey makes pictures of one channel, as load_img(color_mode="grayscale") does.
	Grey bool
	// Planes puts the channels first, (channels, H, W), for nets that take them so.
	Planes bool
	// FastJPEG sets Shrink to the size that [Tensor] is called with.
	FastJPEG bool
	DecodeOptions
}

// Tensor decodes, resizes and scales one picture into dst, which holds
// height·width·3 floats: HWC, one picture of an NHWC batch, or CHW where o.Planes
// says so; height·width where it shall be grey. Channels are in the preset's order. Beside the file it holds a picture only as its decoder stores it,
// in the case of a JPEG its planes.
//
// Errors are those of [Decode], [ResizeFloat] and [ParsePreset]; dst is undefined
// after one.
func Tensor(dst []float32, r io.Reader, width, height int, o Options) (Info, error) {
	preset, err := ParsePreset(string(o.Preset))
	if err != nil {
		return Info{}, err
	}
	filter, err := ParseFilter(string(o.Filter))
	if err != nil {
		return Info{}, err
	}
	if o.FastJPEG {
		o.Shrink.Width, o.Shrink.Height = width, height
	}
	if o.Grey {
		return greyTensor(dst, r, width, height, preset, filter, o.DecodeOptions)
	}
	if err := checkTarget(dst, width, height); err != nil {
		return Info{}, err
	}
	info, err := open(r, o.DecodeOptions, func(s source) error {
		resizeFloat(dst, s, width, height, filter)
		return nil
	})
	if err == nil {
		preset.Apply(dst)
		if o.Planes {
			toPlanes(dst)
		}
	}
	return info, err
}

// toPlanes puts the three channels of each pixel one after the other.
func toPlanes(x []float32) {
	plane := len(x) / 3
	for i, v := range slices.Clone(x) {
		x[i%3*plane+i/3] = v
	}
}

// point is a size or a position in pixels.
type point struct{ x, y int }

func (s point) check(maxPixels int64) error {
	if s.x < 1 || s.y < 1 {
		return fmt.Errorf("%w: %d x %d pixels", ErrFormat, s.x, s.y)
	}
	if int64(s.x) > maxPixels/int64(s.y) {
		return fmt.Errorf("%w: %d x %d pixels, limit %d", ErrTooLarge, s.x, s.y, maxPixels)
	}
	return nil
}

// readAll reads the file once its first bytes name a known kind, so that an
// endless stream of anything else ends here.
func readAll(r io.Reader, maxPixels int64) ([]byte, codec, error) {
	head := make([]byte, 16)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, codec{}, fmt.Errorf("read picture: %w", err)
	}
	head = head[:n]
	if n == 0 {
		return nil, codec{}, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	c, ok := sniff(head)
	if kind := unreadKind(head); !ok && kind != "" {
		return nil, codec{}, fmt.Errorf("%w: %s, which is not read: save it as JPEG or PNG", ErrFormat, kind)
	}
	if !ok {
		return nil, codec{}, fmt.Errorf("%w: the first bytes %q are of no known kind", ErrFormat, head)
	}
	// The widest pixel stored is 16-bit RGBA, 8 bytes; metadata gets 64 MiB.
	limit := 8*min(maxPixels, 1<<40) + 64<<20
	data, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(head), r), limit+1))
	if err != nil {
		return nil, codec{}, fmt.Errorf("read picture: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, codec{}, fmt.Errorf("%w: the file is over %d bytes", ErrTooLarge, limit)
	}
	return data, c, nil
}

// guard runs a library's decoder and makes each of its failures an [ErrFormat].
// Panics too: image/jpeg and golang.org/x/image index with numbers read from the
// file, and a stranger's picture must never end a server.
func guard[T any](format string, f func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %s: decoder panicked: %v", ErrFormat, format, p)
		}
	}()
	v, err = f()
	switch {
	case err == nil, errors.Is(err, ErrFormat), errors.Is(err, ErrTooLarge), errors.Is(err, ErrDecoder):
	case strings.HasPrefix(err.Error(), format+": "): // some libraries name it themselves
		err = fmt.Errorf("%w: %w", ErrFormat, err)
	default:
		err = fmt.Errorf("%w: %s: %w", ErrFormat, format, err)
	}
	return v, err
}
