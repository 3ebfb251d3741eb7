package hdf5

import "fmt"

// fillValue is what elements are that were never written (IV.A.2.e and f).
type fillValue struct {
	value     []byte // none where it is zero
	never     bool   // elements are left alone, value or not
	undefined bool   // there is none, not even zero
}

// Times of writing the fill value.
const fillNever = 1

// fill sets all elements to the fill value. With nothing stored at all it fails
// where that is undefined, as the library does.
func (d *Dataset) fill(dst []float32, decode decodeFunc, nothingStored bool) error {
	f, err := d.fillValue()
	if err != nil {
		return fmt.Errorf("fill value: %w", err)
	}
	if f.undefined && !f.never && nothingStored {
		return malformed("no data were written, and there is no fill value")
	}
	if len(f.value) == 0 || f.never {
		clear(dst)
		return nil
	}
	if len(f.value) != d.typ.size {
		return malformed("fill value of %d bytes for %v", len(f.value), d.typ)
	}
	decode(dst[:1], append([]byte(nil), f.value...))
	for i := range dst {
		dst[i] = dst[0]
	}
	return nil
}

// fillValue reads the fill value message, or the old one, which is only there
// in the oldest files.
func (d *Dataset) fillValue() (fillValue, error) {
	var f fillValue
	body, err := d.find(msgFill)
	if err != nil {
		return f, err
	}
	if body == nil {
		if body, err = d.find(msgFillOld); body == nil || err != nil {
			return f, err
		}
		m := d.f.decoder(body)
		f.value = m.bytes(uint64(m.u32()))
		return f, m.err
	}
	m := d.f.decoder(body)
	version := m.u8()
	hasValue := false
	switch version {
	case 1, 2:
		m.skip(1) // time of allocating
		f.never = m.u8() == fillNever
		f.undefined = m.u8() == 0
		// Version 1 has a size even where there is no value.
		hasValue = !f.undefined || version == 1
	case 3:
		flags := m.u8()
		f.never = flags>>2&3 == fillNever
		f.undefined = flags&(1<<4) != 0
		hasValue = flags&(1<<5) != 0
	default:
		return f, unsupported("message version %d", version)
	}
	if m.err != nil || !hasValue {
		return f, m.err
	}
	f.value = m.bytes(uint64(m.u32()))
	return f, m.err
}
