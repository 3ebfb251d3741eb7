package classify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/vkeras/vkeras/internal/infile"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Reader reads pictures as a net takes them: (Height, Width, 3), HWC, or, where
// Pictures.Grey says so, (Height, Width, 1), or, where Pictures.Planes does, CHW.
type Reader struct {
	Height, Width int
	Pictures      pictures.Options
	// Stdin is what [StandardInput] stands for; nil where nothing does.
	Stdin io.Reader
}

// errNoStdin is standard input where there is none.
var errNoStdin = errors.New("there is no standard input to read a picture from")

// Shape returns the shape of a picture as the net takes it.
func (r *Reader) Shape() nn.Shape {
	channels := 3
	if r.Pictures.Grey {
		channels = 1
	}
	if r.Pictures.Planes {
		return nn.Shape{channels, r.Height, r.Width}
	}
	return nn.Shape{r.Height, r.Width, channels}
}

// File reads a picture from a file into dst, as many floats as Shape has. Errors are
// the system's and those of [pictures.Tensor]. A pipe is read until ctx ends.
func (r *Reader) File(ctx context.Context, dst []float32, path string) (pictures.Info, error) {
	f, err := infile.Open(ctx, path)
	if err != nil {
		return pictures.Info{}, err
	}
	defer f.Close()
	return pictures.Tensor(dst, f, r.Width, r.Height, r.Pictures)
}

// Picture is File where [StandardInput] stands for Stdin.
func (r *Reader) Picture(ctx context.Context, dst []float32, name string) (pictures.Info, error) {
	if name == StandardInput {
		return r.stdin(ctx, dst)
	}
	return r.File(ctx, dst, name)
}

// Batch reads pictures into one batch, (N, ...) of Shape. The error names the picture.
func (r *Reader) Batch(ctx context.Context, names []string) (*nn.Tensor, error) {
	x := nn.NewTensor(r.Shape().Batch(len(names))...)
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := r.Picture(ctx, x.Image(i), name); err != nil {
			return nil, fmt.Errorf("%s: %w", DisplayName(name), withoutPath(err))
		}
	}
	return x, nil
}

// Whole is a picture as the net takes it, and as it is.
type Whole struct {
	Input *nn.Tensor // (Height, Width, channels)
	Image image.Image
}

// Whole reads a picture that is to be drawn on: it is decoded twice. Name may be
// [StandardInput].
func (r *Reader) Whole(ctx context.Context, name string) (Whole, error) {
	source := r.Stdin
	if name != StandardInput {
		f, err := infile.Open(ctx, name)
		if err != nil {
			return Whole{}, err
		}
		defer f.Close()
		source = f
	} else if source == nil {
		return Whole{}, errNoStdin
	}
	file, err := io.ReadAll(source)
	if err != nil {
		return Whole{}, err
	}
	rgb, _, err := pictures.Decode(bytes.NewReader(file), r.Pictures.DecodeOptions)
	if err != nil {
		return Whole{}, err
	}
	x := nn.NewTensor(r.Shape()...)
	_, err = pictures.Tensor(x.Data, bytes.NewReader(file), r.Width, r.Height, r.Pictures)
	return Whole{x, rgb.Image()}, err
}

// stdin reads what may wait for ever, so who gives up leaves it behind.
func (r *Reader) stdin(ctx context.Context, dst []float32) (pictures.Info, error) {
	if r.Stdin == nil {
		return pictures.Info{}, errNoStdin
	}
	type result struct {
		info pictures.Info
		err  error
	}
	done := make(chan result, 1)
	x := make([]float32, len(dst)) // which may be used for another picture when ctx has ended
	go func() {
		info, err := pictures.Tensor(x, r.Stdin, r.Width, r.Height, r.Pictures)
		done <- result{info, err}
	}()
	select {
	case r := <-done:
		copy(dst, x)
		return r.info, r.err
	case <-ctx.Done():
		return pictures.Info{}, ctx.Err()
	}
}
