package tfjs

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/x448/float16"
)

// Weight is an array of a group's.
type Weight struct {
	name  string
	shape []int
	float bool

	stored     string // the type in the shards
	min, scale float64
}

// Name returns the weight's name: "conv1/kernel".
func (w *Weight) Name() string { return w.name }

// Shape returns the dimensions; nil for a scalar.
func (w *Weight) Shape() []int { return w.shape }

// Float reports whether the elements are floats, perhaps quantised ones.
func (w *Weight) Float() bool { return w.float }

// width returns the bytes of an element in the shards, 0 for types that are not
// read.
func width(typ string) int {
	switch typ {
	case "float32", "int32":
		return 4
	case "float16", "uint16":
		return 2
	case "uint8", "bool":
		return 1
	}
	return 0
}

// Shard is an open file of a group's weights.
type Shard struct {
	io.ReaderAt
	Size int64
}

// Array is a weight in its place, safe to read from several goroutines.
type Array struct {
	Weight
	r      *shards
	offset int64
}

// Arrays finds the weights of a group in its shards, which they must fill.
func (g *Group) Arrays(files []Shard) ([]Array, error) {
	r := &shards{files: files}
	for _, f := range files {
		r.ends = append(r.ends, r.size()+f.Size)
	}
	var all []Array
	offset := int64(0)
	for _, w := range g.Weights {
		all = append(all, Array{Weight: w, r: r, offset: offset})
		offset += int64(elements(w.shape)) * int64(width(w.stored))
	}
	if offset != r.size() {
		return nil, malformed("%d bytes of weights in shards of %d bytes (%d files from %q on): a shard is cut, or of another model", offset, r.size(), len(files), first(g.Shards))
	}
	return all, nil
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// shards are files that are one.
type shards struct {
	files []Shard
	ends  []int64 // where each ends
}

func (s *shards) size() int64 {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

// ReadAt fills p, or fails.
func (s *shards) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for i := sort.Search(len(s.ends), func(i int) bool { return s.ends[i] > off }); done < len(p) && i < len(s.files); i++ {
		f := s.files[i]
		at := off + int64(done) - (s.ends[i] - f.Size)
		n := int(min(int64(len(p)-done), f.Size-at))
		read, err := f.ReadAt(p[done:done+n], at)
		if done += read; read < n {
			return done, err
		}
	}
	if done < len(p) {
		return done, io.ErrUnexpectedEOF
	}
	return done, nil
}

// blockBytes is how much is read before it is converted.
const blockBytes = 64 << 10

// ReadFloat32 reads all elements in row-major order into dst, whose length must be
// their number. Quantised ones become scale * q + min, computed in float64 and
// rounded, as TensorFlow.js does.
func (a *Array) ReadFloat32(dst []float32) error {
	if len(dst) != elements(a.shape) {
		return fmt.Errorf("%s: %d elements do not fit a slice of %d", a.name, elements(a.shape), len(dst))
	}
	size := width(a.stored)
	block := make([]byte, min(len(dst)*size, blockBytes))
	at := a.offset
	for len(dst) > 0 {
		n := min(len(dst), len(block)/size)
		b := block[:n*size]
		if _, err := a.r.ReadAt(b, at); err != nil {
			return malformed("%s: %w", a.name, err)
		}
		a.decode(dst[:n], b)
		dst, at = dst[n:], at+int64(len(b))
	}
	return nil
}

func (a *Array) decode(dst []float32, src []byte) {
	switch a.stored {
	case "float32":
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case "float16":
		for i := range dst {
			dst[i] = float16.Frombits(binary.LittleEndian.Uint16(src[2*i:])).Float32()
		}
	case "uint16":
		for i := range dst {
			dst[i] = float32(float64(binary.LittleEndian.Uint16(src[2*i:]))*a.scale + a.min)
		}
	case "uint8":
		for i := range dst {
			dst[i] = float32(float64(src[i])*a.scale + a.min)
		}
	case "int32":
		for i := range dst {
			dst[i] = float32(int32(binary.LittleEndian.Uint32(src[4*i:])))
		}
	}
}
