package hdf5

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Attr is a small named value of a group or a dataset.
type Attr struct {
	f     *File
	name  string
	space dataspace
	typ   Type
	data  []byte
}

// rawAttr is an attribute message in its parts, its type and shape not parsed
// yet: one that cannot be read is no obstacle to the others.
type rawAttr struct {
	sharedType, sharedSpace bool
	datatype, dataspace     []byte
	data                    []byte
}

// Name returns the attribute's name.
func (a *Attr) Name() string { return a.name }

// Shape returns the dimensions; nil for a scalar and for a null dataspace.
func (a *Attr) Shape() []int { return a.space.shape() }

// IsNull says whether the attribute has a type but no value (h5py's Empty).
func (a *Attr) IsNull() bool { return a.space.null }

// Type returns the type of the elements.
func (a *Attr) Type() Type { return a.typ }

// Text returns the attribute's only string. Fixed-length strings are read as
// their padding says, variable-length ones from the global heap; bytes are not
// checked to be UTF-8.
func (a *Attr) Text() (string, error) {
	if a.space.elements != 1 {
		return "", a.wrap(unsupported("%d values where one is wanted", a.space.elements))
	}
	s, err := a.Strings()
	if err != nil {
		return "", err
	}
	return s[0], nil
}

// Strings returns all strings, in row-major order. An attribute without
// elements gives none, whatever its type.
func (a *Attr) Strings() ([]string, error) {
	if a.space.elements == 0 {
		return nil, nil
	}
	var at func([]byte) (string, error)
	switch {
	case a.typ.vlen:
		at = a.heapString(a.f.walk())
	case a.typ.class == classString:
		at = a.fixedString
	default:
		return nil, a.wrap(unsupported("%v as strings", a.typ))
	}
	out := make([]string, a.space.elements)
	for i := range out {
		s, err := at(a.data[i*a.typ.size:][:a.typ.size])
		if err != nil {
			return nil, a.wrap(err)
		}
		out[i] = s
	}
	return out, nil
}

// Float64s returns all numbers, in row-major order; 64-bit integers are rounded.
func (a *Attr) Float64s() ([]float64, error) {
	if a.space.elements == 0 {
		return nil, nil
	}
	decode, err := numberDecoder[float64](a.typ)
	if err != nil {
		return nil, a.wrap(err)
	}
	out := make([]float64, a.space.elements)
	decode(out, slices.Clone(a.data))
	return out, nil
}

func (a *Attr) wrap(err error) error { return fmt.Errorf("attribute %s: %w", a.name, err) }

func (a *Attr) fixedString(b []byte) (string, error) {
	s := string(b)
	switch a.typ.pad {
	case padNullTerminated:
		s, _, _ = strings.Cut(s, "\x00")
	case padNull:
		s = strings.TrimRight(s, "\x00")
	case padSpace:
		s = strings.TrimRight(s, " ")
	default:
		return "", unsupported("string padding %d", a.typ.pad)
	}
	return s, nil
}

// heapString reads elements that are references to the global heap (III.E,
// "Global Heap ID"): a length, the collection's address, the object's index.
func (a *Attr) heapString(w *walk) func([]byte) (string, error) {
	return func(b []byte) (string, error) {
		d := a.f.decoder(b)
		n, addr, index := uint64(d.u32()), d.offset(), d.u32()
		if d.err != nil || n == 0 {
			return "", d.err
		}
		c, err := w.collection(addr)
		if err != nil {
			return "", err
		}
		value, ok := c[uint16(index)]
		if !ok || index > 0xffff || n > uint64(len(value)) {
			return "", malformed("no string of %d bytes at %d in the global heap at %#x", n, index, addr)
		}
		if err := w.spend(n); err != nil {
			return "", err
		}
		s, _, _ := strings.Cut(string(value[:n]), "\x00")
		return s, nil
	}
}

// attr parses the attribute of this name.
func (o *object) attr(name string) (*Attr, error) {
	raw, ok := o.attrs[name]
	if !ok {
		return nil, fmt.Errorf("attribute %s of %s: %w", name, o.path, ErrNotFound)
	}
	a := &Attr{f: o.f, name: name, data: raw.data}
	if err := a.parse(raw); err != nil {
		return nil, fmt.Errorf("attribute %s of %s: %w", name, o.path, err)
	}
	return a, nil
}

func (a *Attr) parse(raw rawAttr) (err error) {
	if raw.sharedType {
		if raw.datatype, err = a.f.walk().shared(msgDatatype, raw.datatype); err != nil {
			return err
		}
	}
	if raw.sharedSpace {
		if raw.dataspace, err = a.f.walk().shared(msgDataspace, raw.dataspace); err != nil {
			return err
		}
	}
	if a.typ, err = a.f.parseType(raw.datatype); err != nil {
		return err
	}
	if a.space, err = a.f.parseDataspace(raw.dataspace); err != nil {
		return err
	}
	size, ok := product(a.space.elements, uint64(a.typ.size))
	if !ok || size > uint64(len(a.data)) {
		return malformed("%d bytes for %d elements of %d", len(a.data), a.space.elements, a.typ.size)
	}
	return nil
}

func (o *object) attrNames() []string { return slices.Sorted(maps.Keys(o.attrs)) }

// loadAttrs takes the attribute messages apart, compact and dense ones.
func (o *object) loadAttrs() error {
	o.attrs = map[string]rawAttr{}
	if err := o.readAttrs(o.attrs); err != nil {
		return fmt.Errorf("attributes of %s: %w", o.path, err)
	}
	return nil
}

func (o *object) readAttrs(into map[string]rawAttr) error {
	w := o.f.walk()
	for _, m := range o.messages {
		var err error
		switch m.kind {
		case msgAttribute:
			err = w.attr(m.body, m.flags, into)
		case msgAttributeInfo:
			err = w.denseAttrs(m.body, into)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// attr takes an attribute message apart, from where it is shared if it is.
func (w *walk) attr(body []byte, flags uint8, into map[string]rawAttr) (err error) {
	if flags&flagShared != 0 {
		if body, err = w.shared(msgAttribute, body); err != nil {
			return err
		}
	}
	return w.f.splitAttr(body, into)
}

// splitAttr takes an attribute message apart (IV.A.2.m).
func (f *File) splitAttr(body []byte, into map[string]rawAttr) error {
	d := f.decoder(body)
	version, flags := d.u8(), d.u8()
	nameSize, typeSize, spaceSize := uint64(d.u16()), uint64(d.u16()), uint64(d.u16())
	padding := uint64(1)
	var raw rawAttr
	switch version {
	case 1:
		padding = 8
	case 3:
		d.skip(1) // character set of the name
		fallthrough
	case 2:
		raw.sharedType, raw.sharedSpace = flags&1 != 0, flags&2 != 0
	default:
		return unsupported("attribute message version %d", version)
	}
	part := func(size uint64) []byte {
		b := d.bytes(size)
		d.skip(-size % padding)
		return b
	}
	name, _, _ := strings.Cut(string(part(nameSize)), "\x00")
	raw.datatype, raw.dataspace = part(typeSize), part(spaceSize)
	raw.data = d.b
	if d.err != nil {
		return fmt.Errorf("attribute message: %w", d.err)
	}
	if _, ok := into[name]; ok {
		return malformed("two attributes are named %q", name)
	}
	into[name] = raw
	return nil
}

// denseAttrs follows an attribute info message (IV.A.2.v), if it leads to a heap.
func (w *walk) denseAttrs(body []byte, into map[string]rawAttr) error {
	d := w.f.decoder(body)
	d.version("attribute info message", 0)
	if d.u8()&1 != 0 {
		d.skip(2) // creation order
	}
	heapAddr, index := d.offset(), d.offset()
	if d.err != nil || heapAddr == undefined {
		return d.err
	}
	h, err := w.fractalHeap(heapAddr)
	if err != nil {
		return err
	}
	return w.btree2(index, recordAttributeName, func(record *decoder) error {
		id, flags := record.bytes(h.idLen), record.u8()
		if record.err != nil {
			return record.err
		}
		if flags&flagShared != 0 {
			// The record has the identifier in the heap of shared messages itself.
			body, err := w.inSharedHeap(msgAttribute, id)
			if err != nil {
				return err
			}
			return w.f.splitAttr(body, into)
		}
		body, err := h.object(id)
		if err != nil {
			return err
		}
		return w.f.splitAttr(body, into)
	})
}
