package tensorbundle

import (
	"fmt"
	"math/bits"
	"strings"
)

// maxSlices bounds the slices of a tensor: each is compared with each.
const maxSlices = 1 << 10

// part is a box of a tensor, in row-major order; all of it for most.
type part struct {
	r interface {
		ReadAt(p []byte, off int64) (int, error)
		Size() int64
	}
	start, extent []int // start is nil for all zeros
	sum           uint32
}

// slices finds the slices of a tensor, which must fill it without overlap.
func (b *Bundle) slices(name string, whole entry) ([]part, error) {
	boxes, err := parseBoxes(whole)
	if err != nil {
		return nil, err
	}
	parts := make([]part, len(boxes))
	for i, k := range boxes {
		value, ok := b.entries[k.key(name)]
		if !ok {
			return nil, malformed("no slice at %v of %v", k.start, k.extent)
		}
		e, err := parseEntry(value)
		if err != nil {
			return nil, err
		}
		if e.slices != nil || e.typ != whole.typ || elements(e.shape) != elements(k.extent) {
			return nil, malformed("a slice of shape %v of %v where %v of %v belongs", e.shape, e.typ, k.extent, whole.typ)
		}
		if parts[i], err = b.part(e); err != nil {
			return nil, err
		}
		parts[i].start, parts[i].extent = k.start, k.extent
	}
	return parts, nil
}

// parseBoxes reads where the slices of a tensor are.
func parseBoxes(whole entry) ([]box, error) {
	var boxes []box
	filled := 0
	for _, s := range whole.slices {
		k, err := parseBox(s, whole.shape)
		if err != nil {
			return nil, err
		}
		for _, other := range boxes {
			if k.overlaps(other) {
				return nil, malformed("slices that overlap")
			}
		}
		boxes = append(boxes, k)
		filled += elements(k.extent)
	}
	if filled != elements(whole.shape) {
		return nil, malformed("slices with %d elements of the tensor's %d", filled, elements(whole.shape))
	}
	return boxes, nil
}

// box is where a slice is in its tensor.
type box struct {
	start, extent []int
	full          []bool // the axes of which the slice has all, and says so
}

// parseBox reads TensorSliceProto: extent = 1 an axis, of which start = 1 and
// length = 2; without a length it is all of the axis.
func parseBox(b []byte, shape []int) (box, error) {
	var k box
	err := fields(b, func(f field) error {
		if f.number != 1 {
			return nil
		}
		axis := len(k.start)
		if axis == len(shape) {
			return malformed("a slice of more axes than its tensor")
		}
		start, length, full := uint64(0), uint64(shape[axis]), true
		if err := fields(f.bytes, func(f field) error {
			switch f.number {
			case 1:
				start = f.varint
			case 2:
				length, full = f.varint, false
			}
			return nil
		}); err != nil {
			return err
		}
		size := uint64(shape[axis])
		if start > size || length > size-start {
			return malformed("a slice from %d of %d along an axis of %d", start, length, size)
		}
		k.start, k.extent, k.full = append(k.start, int(start)), append(k.extent, int(length)), append(k.full, full)
		return nil
	})
	if err == nil && len(k.start) < len(shape) {
		err = malformed("a slice of fewer axes than its tensor")
	}
	return k, err
}

func (k box) overlaps(other box) bool {
	for i, start := range k.start {
		if start >= other.start[i]+other.extent[i] || other.start[i] >= start+k.extent[i] {
			return false
		}
	}
	return true
}

// key is that of the slice's entry, in TensorFlow's ordered code: 0, the
// tensor's name, its axes, then each axis's start and length.
func (k box) key(name string) string {
	var b strings.Builder
	b.WriteByte(0) // the number 0, in as many bytes
	escape := strings.NewReplacer("\x00", "\x00\xff", "\xff", "\xff\x00")
	fmt.Fprintf(&b, "%s\x00\x01", escape.Replace(name))
	b.WriteString(orderedUnsigned(uint64(len(k.start))))
	for i, start := range k.start {
		length := int64(k.extent[i])
		if k.full[i] {
			length = -1
		}
		b.WriteString(orderedSigned(int64(start)))
		b.WriteString(orderedSigned(length))
	}
	return b.String()
}

// orderedUnsigned is a number in bytes that sort as numbers do: how many, then
// those of the number from the highest.
func orderedUnsigned(v uint64) string {
	n := (bits.Len64(v) + 7) / 8
	code := []byte{byte(n)}
	for i := n - 1; i >= 0; i-- {
		code = append(code, byte(v>>(8*i)))
	}
	return string(code)
}

// orderedSigned is a number of either sign in bytes that sort as numbers do: in
// two's complement from the highest byte, with as many of the highest bits
// flipped as there are bytes, and room for one bit more, the sign.
func orderedSigned(v int64) string {
	magnitude := uint64(v)
	if v < 0 {
		magnitude = ^magnitude
	}
	n := bits.Len64(magnitude)/7 + 1
	code := make([]byte, n)
	for i := range n {
		code[i] = byte(v >> min(8*(n-1-i), 63))
	}
	for bit := range n {
		code[bit/8] ^= 0x80 >> (bit % 8)
	}
	return string(code)
}
