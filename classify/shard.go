package classify

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vkeras/vkeras/internal/npy"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// ErrShard is a file that is no shard, or has changed.
var ErrShard = errors.New("not a shard of pictures, uint8 or float32 of shape (N, H, W, 3) in C order")

// shard is a .npy file of pictures that are decoded already, (N, H, W, 3): uint8,
// which stands for files of the same pixels, or float32, as the net gets them. It
// is read picture by picture, by several goroutines side by side.
type shard struct {
	file          *os.File
	head          npy.Header
	start         int64 // of the first picture
	count         int   // pictures
	width, height int
	floats        bool
	bytes         int64 // of a picture
	size          int64
	modified      time.Time

	users  atomic.Int64
	broken atomic.Bool // one of its pictures could not be read
}

// openShard opens a shard that k's net can take. Errors wrap ErrShard, or are the
// system's own.
func openShard(path string, k *Reader) (*shard, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening others may block
		return nil, fmt.Errorf("%w: it is no regular file", ErrShard)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &shard{file: f}
	if err := s.open(k); err != nil {
		f.Close()
		return nil, err
	}
	s.users.Store(1)
	return s, nil
}

func (s *shard) open(k *Reader) error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	s.size, s.modified = info.Size(), info.ModTime()
	from := io.NewSectionReader(s.file, 0, s.size)
	if s.head, err = npy.ReadHeader(from); err != nil {
		if errors.Is(err, npy.ErrFormat) {
			err = fmt.Errorf("%w: %s", ErrShard, strings.TrimPrefix(err.Error(), npy.ErrFormat.Error()+": "))
		}
		return err
	}
	if s.start, err = from.Seek(0, io.SeekCurrent); err != nil {
		return err
	}
	shape := s.head.Shape
	width := map[npy.Type]int{npy.Uint8: 1, npy.Float32: 4}[s.head.Type]
	switch {
	case width == 0:
		return fmt.Errorf("%w: it has dtype %.40q", ErrShard, s.head.Type)
	case len(shape) != 4 || shape[3] != 3 && !(width == 4 && k.Pictures.Grey && shape[3] == 1):
		return fmt.Errorf("%w: it has shape %v", ErrShard, shape)
	case slices.Contains(shape, 0):
		return fmt.Errorf("%w: its shape %v has no pixels", ErrShard, shape)
	}
	s.count, s.height, s.width, s.floats = shape[0], shape[1], shape[2], width == 4
	if want := k.Shape(); s.floats && !shape[1:].Equal(want) {
		return fmt.Errorf("%w: float32 is the net's input and so must have shape (N, %d, %d, %d); it has %v", ErrShard, want[0], want[1], want[2], shape)
	}
	if pixels := cmp.Or(k.Pictures.MaxPixels, pictures.DefaultMaxPixels); int64(s.height) > pixels/int64(s.width) {
		return fmt.Errorf("%w: %d x %d pixels, limit %d", pictures.ErrTooLarge, s.width, s.height, pixels)
	}
	values, err := shape.Elements()
	if err != nil || int64(values) > (s.size-s.start)/int64(width) || int64(values)*int64(width) != s.size-s.start {
		return fmt.Errorf("%w: its header, of shape %v, does not fit its %d bytes: it is cut, or still being written", ErrShard, shape, s.size)
	}
	s.bytes = int64(width) * int64(values/s.count)
	return nil
}

// count returns how many pictures a listed file has for the net: 1 if it is no
// shard or cannot be read.
func (r *Reader) count(path string) int {
	if !IsShard(path) {
		return 1
	}
	s, err := openShard(path, r)
	if err != nil {
		return 1
	}
	defer s.release()
	return s.count
}

func (s *shard) retain() { s.users.Add(1) }

// release drops a user; the last one closes the file.
func (s *shard) release() {
	if s.users.Add(-1) == 0 {
		s.file.Close()
	}
}

// tensor reads picture i as k's net gets it: for uint8 what pictures.Tensor makes
// of a file of the same pixels.
func (s *shard) tensor(dst []float32, i int, k *Reader) (pictures.Info, error) {
	info := pictures.Info{Format: "npy", Width: s.width, Height: s.height}
	from := io.NewSectionReader(s.file, s.start+int64(i)*s.bytes, s.bytes)
	var err error
	if s.floats {
		var x *npy.Array
		if x, err = s.head.Array(from); err == nil {
			err = x.Read(dst)
		}
		if i == 0 && err == nil {
			if doubt := k.Pictures.Preset.Doubt(slices.Min(dst), slices.Max(dst)); doubt != "" {
				info.Warnings = append(info.Warnings, doubt)
			}
		}
	} else {
		err = s.resized(dst, from, k)
	}
	return info, s.unchanged(i, err)
}

// resized reads a picture of bytes.
func (s *shard) resized(dst []float32, from io.Reader, k *Reader) error {
	if admit := k.Pictures.Admit; admit != nil {
		release, err := admit(int64(s.width) * int64(s.height))
		if err != nil {
			return err
		}
		defer release()
	}
	pix := make([]byte, s.bytes)
	if _, err := io.ReadFull(from, pix); err != nil {
		return err
	}
	resize := pictures.ResizeFloat
	if k.Pictures.Grey {
		resize = pictures.ResizeGrey
	}
	err := resize(dst, &pictures.RGB{Width: s.width, Height: s.height, Pix: pix}, k.Width, k.Height, k.Pictures.Filter)
	if err == nil {
		k.Pictures.Preset.Apply(dst)
	}
	return err
}

// unchanged returns err, of reading picture i, or that the file has changed since
// it was opened.
func (s *shard) unchanged(i int, err error) error {
	info, failed := s.file.Stat()
	if failed == nil && (info.Size() != s.size || !info.ModTime().Equal(s.modified)) {
		return fmt.Errorf("%w: it was changed while it was read: its pictures from %d on have no answers", ErrShard, i)
	}
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("picture %d of %d, and those after it: %w", i, s.count, err)
	}
	return nil
}
