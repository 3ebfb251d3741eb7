package tensorbundle

import (
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxShards bounds the data files of a bundle.
const maxShards = 512

// OpenShard opens data file i of n, and returns its size.
type OpenShard func(i, n int) (io.ReaderAt, int64, error)

// ShardName names data file i of n of the bundle with this prefix:
// x.data-00000-of-00001.
func ShardName(prefix string, i, n int) string {
	return fmt.Sprintf("%s.data-%05d-of-%05d", prefix, i, n)
}

// Bundle is an open tensor bundle, safe for concurrent use. The data files stay
// whoever opened them's to close.
type Bundle struct {
	entries map[string][]byte // by key: BundleEntryProto
	names   []string
	shards  []shard
	table   table
}

type shard struct {
	r    io.ReaderAt
	size int64
}

// Open reads an index of size bytes and opens the data files.
func Open(index io.ReaderAt, size int64, open OpenShard) (*Bundle, error) {
	return openBundle(index, size, open, false)
}

func openBundle(index io.ReaderAt, size int64, open OpenShard, unverified bool) (*Bundle, error) {
	if size > maxIndexBytes {
		return nil, unsupported("an index of %d bytes, above %d", size, maxIndexBytes)
	}
	b := &Bundle{entries: map[string][]byte{}, table: table{file: make([]byte, max(size, 0)), unverified: unverified}}
	if n, err := io.ReadFull(io.NewSectionReader(index, 0, size), b.table.file); err != nil {
		return nil, malformed("an index of %d bytes, of which %d can be read: %w", size, n, err)
	}
	header := false
	err := b.table.entries(func(key, value []byte) error {
		if len(key) == 0 {
			header = true
			return b.header(value)
		}
		b.entries[string(key)] = value
		if key[0] != 0 { // not a slice's
			b.names = append(b.names, string(key))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !header {
		return nil, malformed("a table without a header: not a checkpoint of TensorFlow 2, perhaps one of its first format (V1)")
	}
	for i := range b.shards {
		s := &b.shards[i]
		if s.r, s.size, err = open(i, len(b.shards)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Names returns the names of all tensors, sorted.
func (b *Bundle) Names() []string { return slices.Clone(b.names) }

// Has reports whether there is a tensor of the name.
func (b *Bundle) Has(name string) bool { return name != "" && name[0] != 0 && b.entries[name] != nil }

// The numbers of BundleHeaderProto's fields.
const (
	headerShards     = 1
	headerEndianness = 2
)

func (b *Bundle) header(value []byte) error {
	var shards uint64
	err := fields(value, func(f field) error {
		switch f.number {
		case headerShards:
			shards = f.varint
		case headerEndianness:
			if f.varint != 0 {
				return unsupported("numbers whose first byte is the highest (big endian)")
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if shards < 1 || shards > maxShards {
		return malformed("header: %d data files", shards)
	}
	b.shards = make([]shard, shards)
	return nil
}

// field is a field of a protobuf message.
type field struct {
	number protowire.Number
	typ    protowire.Type
	varint uint64 // of fixed numbers too
	bytes  []byte
}

// fields visits the fields of a message; those in groups are passed over.
func fields(b []byte, visit func(field) error) error {
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return malformed("%w", protowire.ParseError(n))
		}
		b = b[n:]
		f := field{number: number, typ: typ}
		switch typ {
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.varint = uint64(v)
		case protowire.Fixed64Type:
			f.varint, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, typ, b)
		}
		if n < 0 {
			return malformed("%w", protowire.ParseError(n))
		}
		b = b[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// The numbers of BundleEntryProto's fields.
const (
	entryType   = 1
	entryShape  = 2
	entryShard  = 3
	entryOffset = 4
	entrySize   = 5
	entrySum    = 6
	entrySlices = 7
)

// entry says where a tensor is, or a slice of one.
type entry struct {
	typ          DataType
	shape        []int
	shard        uint64
	offset, size uint64
	sum          uint32
	slices       [][]byte // TensorSliceProto, of a tensor that is stored in them
}

func parseEntry(value []byte) (entry, error) {
	var e entry
	err := fields(value, func(f field) (err error) {
		switch f.number {
		case entryType:
			e.typ = DataType(f.varint)
		case entryShape:
			e.shape, err = parseShape(f.bytes)
		case entryShard:
			e.shard = f.varint
		case entryOffset:
			e.offset = f.varint
		case entrySize:
			e.size = f.varint
		case entrySum:
			e.sum = uint32(f.varint)
		case entrySlices:
			if e.slices = append(e.slices, f.bytes); len(e.slices) > maxSlices {
				return unsupported("more than %d slices", maxSlices)
			}
		}
		return err
	})
	return e, err
}

// maxRank bounds the axes of a tensor: weights have five at most, TensorFlow's
// tensors 254.
const maxRank = 16

// maxElements bounds the elements of a tensor.
const maxElements = 1 << 40

// parseShape reads TensorShapeProto: dim = 2, each with size = 1, and unknown_rank = 3.
func parseShape(b []byte) ([]int, error) {
	var shape []int
	elements := uint64(1)
	err := fields(b, func(f field) error {
		if f.number == 3 && f.varint != 0 {
			return malformed("a tensor of unknown rank")
		}
		if f.number != 2 {
			return nil
		}
		var size uint64
		if err := fields(f.bytes, func(f field) error {
			if f.number == 1 {
				size = f.varint
			}
			return nil
		}); err != nil {
			return err
		}
		if size > maxElements || size > 0 && elements > maxElements/size {
			return malformed("a tensor with too many elements")
		}
		elements *= max(size, 1)
		if shape = append(shape, int(size)); len(shape) > maxRank {
			return malformed("a tensor of more than %d axes", maxRank)
		}
		return nil
	})
	return shape, err
}

// Tensor finds a tensor by its name; nothing of it is read yet.
func (b *Bundle) Tensor(name string) (*Tensor, error) {
	if !b.Has(name) {
		return nil, fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	t, err := b.tensor(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

func (b *Bundle) tensor(name string) (*Tensor, error) {
	e, err := parseEntry(b.entries[name])
	if err != nil {
		return nil, err
	}
	t := &Tensor{name: name, typ: e.typ, shape: e.shape, unverified: b.table.unverified}
	if e.slices != nil {
		t.parts, err = b.slices(name, e)
		return t, err
	}
	p, err := b.part(e)
	t.parts = []part{p}
	return t, err
}

// part finds the data that an entry leads to, and checks the entry.
func (b *Bundle) part(e entry) (part, error) {
	if e.shard >= uint64(len(b.shards)) {
		return part{}, malformed("in data file %d of %d", e.shard, len(b.shards))
	}
	s := b.shards[e.shard]
	if end := e.offset + e.size; e.offset > 1<<62 || e.size > 1<<62 || end > uint64(s.size) {
		return part{}, malformed("its data file is cut: %d bytes, and the tensor's %d end at %d", s.size, e.size, end)
	}
	if width := e.typ.width(); width > 0 && uint64(elements(e.shape))*uint64(width) != e.size {
		return part{}, malformed("shape %v of %v in %d bytes", e.shape, e.typ, e.size)
	}
	return part{r: io.NewSectionReader(s.r, int64(e.offset), int64(e.size)), extent: e.shape, sum: e.sum}, nil
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
