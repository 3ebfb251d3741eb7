package classify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Reader reads pictures as a net takes them: (Height, Width, 3), HWC.
type Reader struct {
	Height, Width int
	Pictures      pictures.Options
	// Stdin is what [StandardInput] stands for; nil where nothing does.
	Stdin io.Reader
}

// errNoStdin is standard input where there is none.
var errNoStdin = errors.New("there is no standard input to read a picture from")

// File reads a picture from a file into dst, Height·Width·3 floats. Errors are
// the system's and those of [pictures.Tensor].
func (r *Reader) File(dst []float32, path string) (pictures.Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return pictures.Info{}, err
	}
	defer f.Close()
	return pictures.Tensor(dst, f, r.Width, r.Height, r.Pictures)
}

// Picture is File where [StandardInput] stands for Stdin.
func (r *Reader) Picture(dst []float32, name string) (pictures.Info, error) {
	if name == StandardInput {
		return r.stdin(dst)
	}
	return r.File(dst, name)
}

// Batch reads pictures into one batch, (N, Height, Width, 3). The error names the
// picture.
func (r *Reader) Batch(ctx context.Context, names []string) (*nn.Tensor, error) {
	x := nn.NewTensor(len(names), r.Height, r.Width, 3)
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := r.Picture(x.Image(i), name); err != nil {
			return nil, fmt.Errorf("%s: %w", DisplayName(name), withoutPath(err))
		}
	}
	return x, nil
}

// withoutPath drops the path that package os puts into its errors.
func withoutPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (r *Reader) stdin(dst []float32) (pictures.Info, error) {
	if r.Stdin == nil {
		return pictures.Info{}, errNoStdin
	}
	return pictures.Tensor(dst, r.Stdin, r.Width, r.Height, r.Pictures)
}
