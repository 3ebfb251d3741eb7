package nn

import "fmt"

// Tensor is a dense float32 array in row-major order: the last axis of Shape
// is the one whose neighbours lie side by side.
type Tensor struct {
	Shape Shape
	Data  []float32

	begin   func() func(dst []float32, from int) error // to read a deferred tensor: the elements from one on
	inParts bool                                       // the elements need not be read at once
}

// NewTensor returns a tensor of zeros. It panics, as make does, on a negative
// extent; shapes that come from files are checked with Shape.Elements first.
func NewTensor(shape ...int) *Tensor {
	s := Shape(shape).Clone()
	return &Tensor{Shape: s, Data: make([]float32, s.Len())}
}

// Deferred returns a tensor whose elements are somewhere else, such as in a
// file: it has no Data, and read fills a slice with them. Several goroutines
// may call read at the same time, and each of them may do so several times.
func Deferred(shape Shape, read func(dst []float32) error) *Tensor {
	whole := func(dst []float32, _ int) error { return read(dst) }
	return &Tensor{Shape: shape.Clone(), begin: func() func([]float32, int) error { return whole }}
}

// DeferredInParts is Deferred where elements can be read part by part: begin returns
// a function that sets dst to the elements from one on, in row-major order. It is
// called by one goroutine at a time, for one part after the other.
func DeferredInParts(shape Shape, begin func() func(dst []float32, from int) error) *Tensor {
	return &Tensor{Shape: shape.Clone(), begin: begin, inParts: true}
}

// IsDeferred reports whether the tensor's elements are yet to be read.
func (t *Tensor) IsDeferred() bool { return t.begin != nil }

// Load returns the tensor with its elements in Data: itself, or, where they
// were deferred, a copy that has read them into a slice from alloc. t is not
// changed.
func (t *Tensor) Load(alloc func(n int) []float32) (*Tensor, error) {
	if t.begin == nil {
		return t, nil
	}
	loaded := &Tensor{Shape: t.Shape, Data: alloc(t.Shape.Len())}
	if err := t.begin()(loaded.Data, 0); err != nil {
		return nil, err
	}
	return loaded, nil
}

// Pieces returns a function that gives the tensor's elements in row-major order,
// with each call the next n, which are good until the next call. What is deferred is
// read into slices from alloc: piece by piece where that can be, and so into memory
// that a processor's cache keeps, else all of it.
func (t *Tensor) Pieces(alloc func(n int) []float32) func(n int) ([]float32, error) {
	from, all := 0, t.Data
	var piece []float32
	var read func(dst []float32, from int) error
	return func(n int) ([]float32, error) {
		at := from
		from += n
		if t.begin != nil && read == nil {
			read = t.begin()
		}
		switch {
		case t.inParts:
			if cap(piece) < n {
				piece = alloc(n)
			}
			piece = piece[:n]
			return piece, read(piece, at)
		case all == nil && read != nil:
			all = alloc(t.Shape.Len())
			if err := read(all, 0); err != nil {
				return nil, err
			}
		}
		return all[at:from], nil
	}
}

// FromSlice returns a tensor that uses data as its elements.
// The length of data must be the number of elements of shape.
func FromSlice(data []float32, shape ...int) (*Tensor, error) {
	n, err := Shape(shape).Elements()
	if err != nil {
		return nil, err
	}
	if n != len(data) {
		return nil, fmt.Errorf("shape %v has %d elements, the slice has %d", Shape(shape), n, len(data))
	}
	return &Tensor{Shape: Shape(shape).Clone(), Data: data}, nil
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return len(t.Data) }

// Images returns the elements of images from..to of a batch, (N, ...).
func (t *Tensor) Images(from, to int) []float32 {
	each := len(t.Data) / t.Shape[0]
	return t.Data[from*each : to*each]
}

// Image returns the elements of one image of a batch: those with first index i.
func (t *Tensor) Image(i int) []float32 {
	n := Shape(t.Shape[1:]).Len()
	return t.Data[i*n : (i+1)*n]
}

// Clone returns a copy that shares no memory with t.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{Shape: t.Shape.Clone(), Data: append([]float32(nil), t.Data...)}
}
