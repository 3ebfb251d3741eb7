package hdf5

import "math"

// dataspace is the shape of a dataset or an attribute.
type dataspace struct {
	null     bool
	dims     []uint64
	maxDims  []uint64 // undefined where there is no limit
	elements uint64
}

// maxRank is the library's own limit.
const maxRank = 32

// parseDataspace reads a dataspace message (IV.A.2.b).
func (f *File) parseDataspace(body []byte) (dataspace, error) {
	d := f.decoder(body)
	version, rank, flags := d.u8(), int(d.u8()), d.u8()
	var s dataspace
	switch version {
	case 1:
		d.skip(5)
	case 2:
		s.null = d.u8() == 2
	default:
		if d.err != nil {
			return s, d.err
		}
		return s, unsupported("dataspace version %d", version)
	}
	if rank > maxRank {
		return s, malformed("%d dimensions", rank)
	}
	for range rank {
		s.dims = append(s.dims, d.length())
	}
	s.maxDims = s.dims
	if flags&1 != 0 {
		s.maxDims = nil
		for range rank {
			n := d.length()
			if n == math.MaxUint64>>(64-8*f.lengthSize) {
				n = undefined
			}
			s.maxDims = append(s.maxDims, n)
		}
	}
	if d.err != nil || s.null {
		return s, d.err
	}
	var ok bool
	if s.elements, ok = product(s.dims...); !ok || s.elements > math.MaxInt {
		return s, malformed("shape %v", s.dims)
	}
	for _, n := range s.dims {
		if n > math.MaxInt {
			return s, malformed("shape %v", s.dims)
		}
	}
	return s, nil
}

// shape returns the dimensions, nil for a scalar or a null dataspace.
func (s dataspace) shape() []int {
	if len(s.dims) == 0 {
		return nil
	}
	shape := make([]int, len(s.dims))
	for i, n := range s.dims {
		shape[i] = int(n)
	}
	return shape
}
