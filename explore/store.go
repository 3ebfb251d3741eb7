package explore

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/image/draw"

	"github.com/vkeras/vkeras/classify"
	"github.com/vkeras/vkeras/nn"
	"github.com/vkeras/vkeras/resnet/pictures"
)

// Bounds of what is held, so that memory is the same after any number of pictures.
const (
	mostPictures = 24       // in the store; the one that was not used for longest goes
	mostSamples  = 1000     // files that are offered
	mostBytes    = 64 << 20 // of a picture that is sent
	longest      = 1024     // pixels of a side of the original as it is kept
)

// picture is a picture that was read.
type picture struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Width    int      `json:"width"` // of the file
	Height   int      `json:"height"`
	Format   string   `json:"format"`
	Warnings []string `json:"warnings,omitempty"`

	original encoded     // at most longest pixels wide and high
	pixels   image.Image // what the net got, before its values were scaled
	input    *nn.Tensor  // (H, W, C)
}

// Sample is a picture that is offered; it is read when somebody asks for it.
type Sample struct {
	Name string
	Read func() ([]byte, error)
}

// File returns a file as a sample, named without its folder, which is nobody's
// business: errors do not tell it either.
func File(path string) Sample {
	name := filepath.Base(path)
	return Sample{name, func() ([]byte, error) { return readSample(path, name) }}
}

// sample is a Sample with its id.
type sample struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	read func() ([]byte, error)
}

// store holds pictures by their ids.
type store struct {
	task    *classify.Task
	samples []sample

	mu   sync.Mutex
	list []*picture // the latest used last
	sent int
}

func newStore(task *classify.Task, samples []Sample) *store {
	s := &store{task: task, samples: []sample{}}
	for i, offered := range samples[:min(len(samples), mostSamples)] {
		s.samples = append(s.samples, sample{"s" + strconv.Itoa(i), offered.Name, offered.Read})
	}
	return s
}

// add reads a picture that was sent.
func (s *store) add(name string, file []byte) (*picture, error) {
	p, err := s.read(name, file)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	p.ID = "p" + strconv.Itoa(s.sent)
	s.keep(p)
	return p, nil
}

// keep puts a picture behind all others. The caller holds mu.
func (s *store) keep(p *picture) {
	if len(s.list) >= mostPictures {
		s.list = slices.Delete(s.list, 0, 1)
	}
	s.list = append(s.list, p)
}

// get returns a picture, and reads it where it is a sample's that is not held.
func (s *store) get(id string) (*picture, error) {
	s.mu.Lock()
	at := slices.IndexFunc(s.list, func(p *picture) bool { return p.ID == id })
	if at >= 0 {
		p := s.list[at]
		s.list = append(slices.Delete(s.list, at, at+1), p)
		s.mu.Unlock()
		return p, nil
	}
	s.mu.Unlock()
	at = slices.IndexFunc(s.samples, func(f sample) bool { return f.ID == id })
	if at < 0 {
		return nil, missing("picture %s: it is not here, or no more; send it again", shorten(id, 40))
	}
	file, err := s.samples[at].read()
	if err != nil {
		return nil, err
	}
	p, err := s.read(s.samples[at].Name, file)
	if err != nil {
		return nil, err
	}
	p.ID = id
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(p)
	return p, nil
}

func readSample(path, name string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, refuse("%s: not a file", name)
	}
	if err == nil && info.Size() > mostBytes {
		return nil, problem{http.StatusRequestEntityTooLarge, fmt.Sprintf("%s: more than %d bytes", name, mostBytes)}
	}
	var file []byte
	if err == nil {
		file, err = os.ReadFile(path)
	}
	var bare *fs.PathError
	if errors.As(err, &bare) {
		return nil, missing("%s: %v", name, bare.Err)
	}
	return file, err
}

// drop forgets a picture that was sent.
func (s *store) drop(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.list, func(p *picture) bool { return p.ID == id })
	if at < 0 {
		return missing("picture %s: it is not here", shorten(id, 40))
	}
	s.list = slices.Delete(s.list, at, at+1)
	return nil
}

// read decodes a picture, for people and for the net.
func (s *store) read(name string, file []byte) (*picture, error) {
	rgb, info, err := pictures.Decode(bytes.NewReader(file), s.task.Pictures.DecodeOptions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shorten(name, 200), err)
	}
	p := &picture{Name: shorten(name, 200), Width: info.Width, Height: info.Height, Format: info.Format, Warnings: info.Warnings}
	var original bytes.Buffer
	if err := quick.Encode(&original, smaller(rgb.Image())); err != nil {
		return nil, err
	}
	p.original = original.Bytes()
	if p.input, err = s.input(file); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	p.pixels = pixels(p.input)
	s.task.Pictures.Preset.Apply(p.input.Data)
	return p, nil
}

// input resizes a picture for the net, as Keras does; its values stay 0 to 255.
func (s *store) input(file []byte) (*nn.Tensor, error) {
	x := nn.NewTensor(s.task.Shape()...)
	o := s.task.Pictures
	o.Preset = pictures.None
	_, err := pictures.Tensor(x.Data, bytes.NewReader(file), s.task.Width, s.task.Height, o)
	return x, err
}

// pixels draws (H, W, 3) or (H, W, 1) of values 0 to 255.
func pixels(x *nn.Tensor) image.Image {
	h, w, c := x.Shape[0], x.Shape[1], x.Shape[2]
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		for k := range 3 {
			img.Pix[4*i+k] = uint8(min(max(x.Data[i*c+min(k, c-1)]+0.5, 0), 255))
		}
		img.Pix[4*i+3] = 0xff
	}
	return img
}

// smaller reduces a picture for people to longest pixels.
func smaller(img image.Image) image.Image {
	b := img.Bounds()
	side := max(b.Dx(), b.Dy())
	if side <= longest {
		return img
	}
	to := image.NewNRGBA(image.Rect(0, 0, max(1, b.Dx()*longest/side), max(1, b.Dy()*longest/side)))
	draw.ApproxBiLinear.Scale(to, to.Bounds(), img, b, draw.Src, nil)
	return to
}
